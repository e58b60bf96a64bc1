//! What sources can disagree on.

use serde::Serialize;

use crate::field::Field;

/// What sources can disagree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Which AS announces the address.
    Asn,
    /// Which country the address is in.
    Country,
    /// Which country the network is registered in.
    Registration,
    /// Which RIR it was allocated by.
    Registry,
    /// The geo country by one source, against the registration country by another: two facts that may well differ, so
    /// not a conflict.
    CountryVsRegistration,
    /// The origin AS by one source, against its RPKI validity by the same source: they differ if the announcement is
    /// invalid. The announcement is a fact, authorised or not, so not a conflict.
    Rpki,
}

impl Topic {
    /// Every topic, in the order in which they are reported.
    pub const ALL: [Self; 6] = [
        Self::Asn,
        Self::Country,
        Self::Registration,
        Self::Registry,
        Self::CountryVsRegistration,
        Self::Rpki,
    ];

    /// The name, as in options and output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Asn => "asn",
            Self::Country => "country",
            Self::Registration => "registration",
            Self::Registry => "registry",
            Self::CountryVsRegistration => "country_vs_registration",
            Self::Rpki => "rpki",
        }
    }

    /// Whether at most one of two different values can be true.
    pub const fn is_conflict(self) -> bool {
        !matches!(self, Self::CountryVsRegistration | Self::Rpki)
    }

    /// Whether two statements of one source are compared, instead of those of two sources.
    pub(super) const fn is_within_source(self) -> bool {
        matches!(self, Self::Rpki)
    }

    /// The fields of the left side and of the right side.
    pub(super) const fn fields(self) -> (&'static [Field], &'static [Field]) {
        const REGISTERED: &[Field] = &[Field::REGISTRY_COUNTRY, Field::REGISTERED_COUNTRY];
        match self {
            Self::Asn => (&[Field::ASN], &[Field::ASN]),
            Self::Country => (&[Field::COUNTRY], &[Field::COUNTRY]),
            Self::Registration => (REGISTERED, REGISTERED),
            Self::Registry => (&[Field::REGISTRY], &[Field::REGISTRY]),
            Self::CountryVsRegistration => (&[Field::COUNTRY], REGISTERED),
            Self::Rpki => (&[Field::ASN], &[Field::RPKI]),
        }
    }
}
