//! What is asked about each address.

use std::sync::Arc;

use ipcascade_core::clock::Timestamp;
use ipcascade_core::country::CountryCode;
use ipcascade_core::field::{Field, FieldKind};
use ipcascade_core::policy::Policy;
use ipcascade_core::store::{AddressRow, DueSection};

/// What is asked about each address.
#[derive(Debug)]
pub(super) struct Question {
    /// Which source wins.
    pub(super) policy: Arc<Policy>,
    /// The same for the fields that are counted.
    pub(super) view: Policy,
    /// When sections of the providers that are asked are due.
    pub(super) sections: Vec<DueSection>,
    /// The time at which that is judged.
    pub(super) now: Timestamp,
    /// Addresses first seen before this time are not new.
    pub(super) since: Option<Timestamp>,
    /// Only addresses in this country.
    pub(super) country: Option<CountryCode>,
    /// How many of the addresses with the most sessions are kept.
    pub(super) limit: usize,
}

impl Question {
    /// Everything about all addresses.
    pub(super) fn new(policy: Policy, sections: Vec<DueSection>, now: Timestamp) -> Self {
        let counted = [
            Field::COUNTRY,
            Field::COUNTRY_NAME,
            Field::CLASSIFICATION,
            Field::LISTS,
            Field::ASN_ORG,
        ];
        let flags = policy
            .fields()
            .filter(|field| field.kind() == Some(FieldKind::Flag));
        let fields: Vec<Field> = counted.into_iter().chain(flags).collect();
        Self {
            view: policy.clone().restricted_to(&fields),
            policy: Arc::new(policy),
            sections,
            now,
            since: None,
            country: None,
            limit: usize::MAX,
        }
    }

    /// The country that an address is in.
    pub(super) fn country_of(&self, row: &AddressRow) -> Option<CountryCode> {
        let (address, document) = (row.address, &row.enrichment);
        let merged = self.policy.merged(Field::COUNTRY, address, document)?;
        CountryCode::from_json(&merged.value)
    }
}
