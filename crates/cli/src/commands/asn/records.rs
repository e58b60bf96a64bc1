//! AS rows in lists.

use ipcascade_core::clock::rfc3339;
use ipcascade_core::store::AsnRow;
use serde::Serialize;

use crate::output::{Align, ListRow, words};

/// A row of `asn list`.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct AsnListRow(pub(super) AsnRow);

impl ListRow for AsnListRow {
    const COLUMNS: &'static [(&'static str, Align)] = &[
        ("ASN", Align::Left),
        ("ORGANISATION", Align::Left),
        ("COUNTRY", Align::Left),
        ("REGISTRY", Align::Left),
        ("ADDRESSES", Align::Right),
        ("SESSIONS", Align::Right),
        ("FIRST SEEN", Align::Left),
        ("LAST SEEN", Align::Left),
    ];
    const CSV_COLUMNS: &'static [&'static str] = &[
        "asn",
        "organization_name",
        "organization_country",
        "rir_registry",
        "asn_type",
        "is_known_hosting",
        "is_known_vpn",
        "unique_ip_count",
        "total_session_count",
        "first_seen",
        "last_seen",
    ];

    fn cells(&self) -> Vec<String> {
        let row = &self.0;
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        vec![
            row.asn.to_string(),
            text(&row.organization_name),
            text(&row.organization_country),
            text(&row.rir_registry),
            words::number(row.unique_ip_count),
            words::number(row.total_session_count),
            words::timestamp(row.first_seen),
            words::timestamp(row.last_seen),
        ]
    }

    fn csv(&self) -> Vec<String> {
        let row = &self.0;
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        vec![
            row.asn.get().to_string(),
            text(&row.organization_name),
            text(&row.organization_country),
            text(&row.rir_registry),
            text(&row.asn_type),
            row.is_known_hosting.to_string(),
            row.is_known_vpn.to_string(),
            row.unique_ip_count.to_string(),
            row.total_session_count.to_string(),
            rfc3339(row.first_seen),
            rfc3339(row.last_seen),
        ]
    }
}
