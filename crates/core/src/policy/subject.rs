//! What a field is about: the address or its origin AS, which must then be the one that has won.

use crate::asn::Asn;
use crate::field::Field;

/// The subject of a field.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// The address.
    Address,
    /// Its origin AS.
    Origin,
    /// The origin AS, or the prefix if a source names no AS.
    OriginOrPrefix,
}

impl About {
    pub(super) fn of(field: Field) -> Self {
        match field {
            Field::ASN_ORG | Field::ASN_TYPE | Field::RPKI => Self::Origin,
            Field::REGISTRY | Field::REGISTRY_COUNTRY => Self::OriginOrPrefix,
            _ => Self::Address,
        }
    }

    /// Whether a section that names the AS `own` is about `origin`, the AS that has won: an AS never gets the name of
    /// another.
    pub(super) fn fits(self, own: Option<Asn>, origin: Option<Asn>) -> bool {
        match (self, origin) {
            (Self::Address, _) | (_, None) => true,
            (Self::OriginOrPrefix, _) if own.is_none() => true,
            (Self::Origin | Self::OriginOrPrefix, origin) => own == origin,
        }
    }
}
