//! Rows of addresses in lists.

use std::collections::BTreeMap;

use ipcascade_core::clock::rfc3339;
use ipcascade_core::field::Field;
use ipcascade_core::policy::Policy;
use ipcascade_core::store::AddressRow;
use serde::Serialize;
use serde_json::Value;

use crate::output::{Align, ListRow, csv_cell, words};

/// A row of `ip list`.
#[derive(Debug, Serialize)]
pub(super) struct AddressListRow {
    #[serde(flatten)]
    row: AddressRow,
    /// One value for each field, with its source.
    merged: BTreeMap<&'static str, MergedValue>,
}

/// A value of the merged view.
#[derive(Debug, Serialize)]
struct MergedValue {
    value: Value,
    source: &'static str,
}

impl AddressListRow {
    /// A row with its merged view.
    pub(super) fn new(row: AddressRow, policy: &Policy) -> Self {
        let merged = policy.merged_view(row.address, &row.enrichment);
        let merged = merged.into_iter().map(|(field, merged)| {
            let value = MergedValue {
                value: merged.value.into_owned(),
                source: merged.source.as_str(),
            };
            (field.name(), value)
        });
        let merged = merged.collect();
        Self { row, merged }
    }

    fn field(&self, field: Field) -> String {
        let merged = self.merged.get(field.name());
        merged.map_or_else(String::new, |merged| csv_cell(&merged.value))
    }
}

impl ListRow for AddressListRow {
    const COLUMNS: &'static [(&'static str, Align)] = &[
        ("ADDRESS", Align::Left),
        ("ASN", Align::Left),
        ("ORGANISATION", Align::Left),
        ("COUNTRY", Align::Left),
        ("SESSIONS", Align::Right),
        ("FIRST SEEN", Align::Left),
        ("LAST SEEN", Align::Left),
    ];
    const CSV_COLUMNS: &'static [&'static str] = &[
        "ip_address",
        "current_asn",
        "asn_org",
        "country",
        "city",
        "registry",
        "classification",
        "is_bogon",
        "session_count",
        "first_seen",
        "last_seen",
        "asn_last_verified",
        "enrichment_updated_at",
    ];

    fn cells(&self) -> Vec<String> {
        let row = &self.row;
        let asn = row.current_asn.map(|asn| asn.to_string());
        vec![
            row.address.to_string(),
            asn.unwrap_or_default(),
            self.field(Field::ASN_ORG),
            self.field(Field::COUNTRY),
            words::number(row.session_count),
            words::timestamp(row.first_seen),
            words::timestamp(row.last_seen),
        ]
    }

    fn csv(&self) -> Vec<String> {
        let row = &self.row;
        let asn = row.current_asn.map(|asn| asn.get().to_string());
        vec![
            row.address.to_string(),
            asn.unwrap_or_default(),
            self.field(Field::ASN_ORG),
            self.field(Field::COUNTRY),
            self.field(Field::CITY),
            self.field(Field::REGISTRY),
            self.field(Field::CLASSIFICATION),
            row.enrichment.is_special().to_string(),
            row.session_count.to_string(),
            rfc3339(row.first_seen),
            rfc3339(row.last_seen),
            row.asn_last_verified.map(rfc3339).unwrap_or_default(),
            row.enrichment_updated_at.map(rfc3339).unwrap_or_default(),
        ]
    }
}
