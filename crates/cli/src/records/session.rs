//! The record of a session.

use ipcascade_core::policy::Policy;
use ipcascade_core::store::{SessionListColumn, SessionRow};
use serde_json::Value;

use crate::records::beside::Beside;
use crate::records::field::{RecordField, ValueKind};
use crate::records::kind::RecordKind;
use crate::records::record::Record;

/// The fields of a session.
pub(crate) const FIELDS: &[RecordField] = &[
    RecordField::new(
        "session_id",
        ValueKind::Id,
        "Its key: the sensor's own ID, or `id@sensor` if another sensor's session already has that ID.",
    ),
    RecordField::new("address", ValueKind::Address, "Its source address."),
    RecordField::new("sensor", ValueKind::TEXT, "The sensor that saw it."),
    RecordField::new(
        "asn",
        ValueKind::ASN,
        "Origin AS of the address when the session was first enriched; it never changes afterwards.",
    ),
    RecordField::new(
        "country",
        ValueKind::COUNTRY,
        "Country of the address when the session was first enriched; it never changes afterwards.",
    ),
    RecordField::new("event_count", ValueKind::Count, "The number of its events."),
    RecordField::new("first_seen", ValueKind::Time, "Its first event."),
    RecordField::new("last_seen", ValueKind::Time, "Its last event."),
    RecordField::new(
        "enriched_at",
        ValueKind::Time,
        "When `asn` and `country` were taken.",
    ),
];

/// Sessions.
#[derive(Debug)]
pub(crate) struct Sessions;

impl RecordKind for Sessions {
    type Row = SessionRow;
    type Column = SessionListColumn;

    const NAME: &'static str = "session";
    const MEANING: &'static str =
        "What is known of a session. A field that is not known is absent.";
    const HAS_SOURCES: bool = false;
    const SHOWN: &'static [&'static str] = &[
        "session_id",
        "address",
        "asn",
        "country",
        "sensor",
        "event_count",
        "first_seen",
        "last_seen",
    ];
    const IMPORTANT: &'static [&'static str] = &[
        "session_id",
        "address",
        "first_seen",
        "event_count",
        "asn",
        "country",
        "sensor",
        "last_seen",
    ];
    const EXPORTED: &'static [&'static str] = &[
        "session_id",
        "address",
        "sensor",
        "asn",
        "country",
        "event_count",
        "first_seen",
        "last_seen",
        "enriched_at",
    ];

    fn fields(_: &Policy) -> Vec<RecordField> {
        FIELDS.to_vec()
    }

    fn column(field: &RecordField) -> Option<SessionListColumn> {
        Some(match field.name {
            "session_id" => SessionListColumn::SessionId,
            "sensor" => SessionListColumn::Sensor,
            "asn" => SessionListColumn::SnapshotAsn,
            "country" => SessionListColumn::SnapshotCountry,
            "event_count" => SessionListColumn::EventCount,
            "first_seen" => SessionListColumn::FirstEventAt,
            "last_seen" => SessionListColumn::LastEventAt,
            _ => return None,
        })
    }

    fn record(row: &SessionRow, _: &Policy, _: Beside) -> Record {
        let mut record = Record::default();
        record.add_text("session_id", Some(&row.session_id));
        record.add("address", row.source_ip.map(|ip| ip.to_string().into()));
        record.add_text("sensor", row.sensor.as_deref());
        record.add("asn", row.snapshot_asn.map(|asn| asn.get().into()));
        record.add_text("country", row.snapshot_country.as_deref());
        record.add("event_count", Value::from(row.event_count));
        record.add_time("first_seen", row.first_event_at);
        record.add_time("last_seen", row.last_event_at);
        record.add_time("enriched_at", row.enrichment_at);
        record
    }
}
