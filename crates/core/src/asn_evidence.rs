//! Evidence about ASes.

use chrono::NaiveDate;
use serde::Serialize;

use crate::clock::Timestamp;
use crate::field::Field;
use crate::provider_name::ProviderName;

/// A column of the AS tier that sources fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AsnColumn {
    /// Name of the organisation.
    OrganizationName,
    /// Registration country (ISO 3166-1 alpha-2, upper case).
    OrganizationCountry,
    /// RIR, in lower case.
    RirRegistry,
    /// Kind of network.
    AsnType,
    /// Whether it is known for hosting.
    IsKnownHosting,
    /// Whether it is known for VPN exits.
    IsKnownVpn,
}

impl AsnColumn {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 6] = [
        Self::OrganizationName,
        Self::OrganizationCountry,
        Self::RirRegistry,
        Self::AsnType,
        Self::IsKnownHosting,
        Self::IsKnownVpn,
    ];

    /// The name of the column.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OrganizationName => "organization_name",
            Self::OrganizationCountry => "organization_country",
            Self::RirRegistry => "rir_registry",
            Self::AsnType => "asn_type",
            Self::IsKnownHosting => "is_known_hosting",
            Self::IsKnownVpn => "is_known_vpn",
        }
    }

    /// The field whose order of sources applies to it.
    pub const fn field(self) -> Field {
        match self {
            Self::OrganizationName => Field::ASN_ORG,
            Self::OrganizationCountry => Field::REGISTRY_COUNTRY,
            Self::RirRegistry => Field::REGISTRY,
            Self::AsnType => Field::ASN_TYPE,
            Self::IsKnownHosting => Field::IS_HOSTING,
            Self::IsKnownVpn => Field::IS_VPN,
        }
    }
}

/// A statement about an AS, with its source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct AsnFact {
    /// The statement; `true` or `false` for a flag.
    pub value: String,
    /// The provider that made it.
    pub source: ProviderName,
    /// When it was obtained.
    pub cached_at: Option<Timestamp>,
    /// Whether it was inferred from the geo country instead of stated by a registry.
    pub inferred: bool,
    /// When the AS was delegated, if a registry says so.
    pub allocated: Option<NaiveDate>,
}

/// The evidence about one AS: at most one statement for each column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AsnEvidence([Option<AsnFact>; AsnColumn::ALL.len()]);

impl AsnEvidence {
    /// The statement for `column`.
    pub fn get(&self, column: AsnColumn) -> Option<&AsnFact> {
        let mut facts = self.iter();
        facts
            .find(|(known, _)| *known == column)
            .map(|(_, fact)| fact)
    }

    /// Columns and statements, in order.
    pub fn iter(&self) -> impl Iterator<Item = (AsnColumn, &AsnFact)> {
        let facts = AsnColumn::ALL.into_iter().zip(&self.0);
        facts.filter_map(|(column, fact)| Some((column, fact.as_ref()?)))
    }

    /// Whether there is no statement.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Option::is_none)
    }
}

impl FromIterator<(AsnColumn, AsnFact)> for AsnEvidence {
    /// If there are several statements for one column, the last counts.
    fn from_iter<I: IntoIterator<Item = (AsnColumn, AsnFact)>>(facts: I) -> Self {
        let mut evidence = Self::default();
        for (column, fact) in facts {
            if let Some(slot) = evidence.0.get_mut(column as usize) {
                *slot = Some(fact);
            }
        }
        evidence
    }
}

impl IntoIterator for AsnEvidence {
    type Item = (AsnColumn, AsnFact);
    type IntoIter = std::iter::FilterMap<
        std::iter::Zip<
            std::array::IntoIter<AsnColumn, { AsnColumn::ALL.len() }>,
            std::array::IntoIter<Option<AsnFact>, { AsnColumn::ALL.len() }>,
        >,
        fn((AsnColumn, Option<AsnFact>)) -> Option<Self::Item>,
    >;

    fn into_iter(self) -> Self::IntoIter {
        let facts = AsnColumn::ALL.into_iter().zip(self.0);
        facts.filter_map(|(column, fact)| Some((column, fact?)))
    }
}
