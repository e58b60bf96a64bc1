//! Rows of sessions in lists.

use ipcascade_core::clock::rfc3339;
use ipcascade_core::store::SessionRow;
use serde::Serialize;

use crate::output::{Align, ListRow, words};

/// A row of `session list`.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct SessionListRow(pub(super) SessionRow);

impl ListRow for SessionListRow {
    const COLUMNS: &'static [(&'static str, Align)] = &[
        ("SESSION", Align::Left),
        ("ADDRESS", Align::Left),
        ("ASN", Align::Left),
        ("COUNTRY", Align::Left),
        ("SENSOR", Align::Left),
        ("EVENTS", Align::Right),
        ("FIRST EVENT", Align::Left),
        ("LAST EVENT", Align::Left),
    ];
    const CSV_COLUMNS: &'static [&'static str] = &[
        "session_id",
        "source_ip",
        "sensor",
        "first_event_at",
        "last_event_at",
        "event_count",
        "snapshot_asn",
        "snapshot_country",
        "enrichment_at",
    ];

    fn cells(&self) -> Vec<String> {
        let row = &self.0;
        vec![
            row.session_id.clone(),
            row.source_ip.map(|ip| ip.to_string()).unwrap_or_default(),
            row.snapshot_asn
                .map(|asn| asn.to_string())
                .unwrap_or_default(),
            row.snapshot_country.clone().unwrap_or_default(),
            row.sensor.clone().unwrap_or_default(),
            words::number(row.event_count),
            row.first_event_at.map(words::timestamp).unwrap_or_default(),
            row.last_event_at.map(words::timestamp).unwrap_or_default(),
        ]
    }

    fn csv(&self) -> Vec<String> {
        let row = &self.0;
        vec![
            row.session_id.clone(),
            row.source_ip.map(|ip| ip.to_string()).unwrap_or_default(),
            row.sensor.clone().unwrap_or_default(),
            row.first_event_at.map(rfc3339).unwrap_or_default(),
            row.last_event_at.map(rfc3339).unwrap_or_default(),
            row.event_count.to_string(),
            row.snapshot_asn
                .map(|asn| asn.get().to_string())
                .unwrap_or_default(),
            row.snapshot_country.clone().unwrap_or_default(),
            row.enrichment_at.map(rfc3339).unwrap_or_default(),
        ]
    }
}
