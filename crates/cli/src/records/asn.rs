//! The record of an AS.

use ipcascade_core::policy::Policy;
use ipcascade_core::store::{AsnListColumn, AsnRow};
use serde_json::{Map, Value, json};

use crate::records::beside::Beside;
use crate::records::field::{RecordField, ValueKind};
use crate::records::kind::RecordKind;
use crate::records::record::Record;

/// The fields of an AS.
pub(crate) const FIELDS: &[RecordField] = &[
    RecordField::new("asn", ValueKind::ASN, "Its number."),
    RecordField::new(
        "asn_org",
        ValueKind::TEXT,
        "Name of the organization that runs it.",
    ),
    RecordField::new(
        "registry_country",
        ValueKind::COUNTRY,
        "Registration country (ISO 3166-1 alpha-2): not where its addresses are.",
    ),
    RecordField::new(
        "registry",
        ValueKind::TEXT,
        "RIR: `arin`, `ripencc`, `apnic`, `lacnic`, `afrinic`.",
    ),
    RecordField::new(
        "asn_type",
        ValueKind::TEXT,
        "Kind of network: `hosting`, `isp`, `business`, …",
    ),
    RecordField::new(
        "is_hosting",
        ValueKind::FLAG,
        "Whether it is known for hosting.",
    ),
    RecordField::new(
        "is_vpn",
        ValueKind::FLAG,
        "Whether it is known for VPN exits.",
    ),
    RecordField::new(
        "inferred",
        ValueKind::TEXTS,
        "The fields that no source states, inferred from where its addresses are.",
    ),
    RecordField::new(
        "address_count",
        ValueKind::Count,
        "The number of addresses whose current origin it is.",
    ),
    RecordField::new(
        "session_count",
        ValueKind::Count,
        "The number of sessions of these addresses.",
    ),
    RecordField::new(
        "first_seen",
        ValueKind::Time,
        "When the first of its addresses was first seen.",
    ),
    RecordField::new(
        "last_seen",
        ValueKind::Time,
        "When the last of its addresses was last seen.",
    ),
];

/// The columns that have a source, with the fields that they are.
const SOURCED: &[(&str, &str)] = &[
    ("organization_name", "asn_org"),
    ("organization_country", "registry_country"),
    ("rir_registry", "registry"),
    ("asn_type", "asn_type"),
    ("is_known_hosting", "is_hosting"),
    ("is_known_vpn", "is_vpn"),
];

/// ASes.
#[derive(Debug)]
pub(crate) struct Asns;

impl RecordKind for Asns {
    type Row = AsnRow;
    type Column = AsnListColumn;

    const NAME: &'static str = "asn";
    const MEANING: &'static str = "What is known of an AS. A field that is not known is absent.";
    const HAS_SOURCES: bool = true;
    const SHOWN: &'static [&'static str] = &[
        "asn",
        "asn_org",
        "registry_country",
        "registry",
        "address_count",
        "session_count",
        "first_seen",
        "last_seen",
    ];
    const IMPORTANT: &'static [&'static str] = &[
        "asn",
        "asn_org",
        "session_count",
        "address_count",
        "last_seen",
        "registry_country",
        "first_seen",
        "registry",
    ];
    const EXPORTED: &'static [&'static str] = &[
        "asn",
        "asn_org",
        "registry_country",
        "registry",
        "asn_type",
        "is_hosting",
        "is_vpn",
        "address_count",
        "session_count",
        "first_seen",
        "last_seen",
    ];

    fn beside() -> Vec<(&'static str, Value)> {
        let addresses = json!({
            "type": "array",
            "items": {"type": "object"},
            "description": "The records of its addresses with the most sessions; in `asn show` and `lookup`.",
        });
        vec![("top_addresses", addresses)]
    }

    fn fields(_: &Policy) -> Vec<RecordField> {
        FIELDS.to_vec()
    }

    fn column(field: &RecordField) -> Option<AsnListColumn> {
        Some(match field.name {
            "asn" => AsnListColumn::Asn,
            "asn_org" => AsnListColumn::OrganizationName,
            "registry_country" => AsnListColumn::OrganizationCountry,
            "registry" => AsnListColumn::RirRegistry,
            "asn_type" => AsnListColumn::AsnType,
            "address_count" => AsnListColumn::UniqueIpCount,
            "session_count" => AsnListColumn::TotalSessionCount,
            "first_seen" => AsnListColumn::FirstSeen,
            "last_seen" => AsnListColumn::LastSeen,
            _ => return None,
        })
    }

    fn record(row: &AsnRow, _: &Policy, beside: Beside) -> Record {
        let mut record = Record::default();
        record.add("asn", Value::from(row.asn.get()));
        record.add_text("asn_org", row.organization_name.as_deref());
        record.add_text("registry_country", row.organization_country.as_deref());
        record.add_text("registry", row.rir_registry.as_deref());
        record.add_text("asn_type", row.asn_type.as_deref());
        record.add("is_hosting", Value::from(row.is_known_hosting));
        record.add("is_vpn", Value::from(row.is_known_vpn));
        let (mut sources, mut inferred) = (Map::new(), Vec::new());
        for (column, field) in SOURCED {
            let Some(note) = row.enrichment.get(*column) else {
                continue;
            };
            if note.get("inferred").and_then(Value::as_bool) == Some(true) {
                inferred.push(Value::from(*field));
            }
            let source = note.get("source").filter(|source| source.is_string());
            sources.extend(source.map(|source| ((*field).to_owned(), source.clone())));
        }
        if !inferred.is_empty() {
            record.add("inferred", Value::from(inferred));
        }
        record.add("address_count", Value::from(row.unique_ip_count));
        record.add("session_count", Value::from(row.total_session_count));
        record.add_time("first_seen", Some(row.first_seen));
        record.add_time("last_seen", Some(row.last_seen));
        if beside.sources {
            record.add_beside("sources", sources.into());
        }
        if beside.sections {
            record.add_beside("sections", row.enrichment.clone().into());
        }
        record
    }
}
