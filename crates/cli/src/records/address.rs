//! The record of an address.

use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::document::Document;
use ipcascade_core::field::Field;
use ipcascade_core::policy::Policy;
use ipcascade_core::special_purpose::special_purpose;
use ipcascade_core::store::{AddressListColumn, AddressRow};
use serde_json::{Map, Value, json};

use crate::records::beside::Beside;
use crate::records::field::{RecordField, ValueKind};
use crate::records::kind::RecordKind;
use crate::records::record::{Record, time_value};

const ADDRESS: RecordField = RecordField::new("address", ValueKind::Address, "The address.");
const ASN: RecordField = RecordField::new(
    "asn",
    ValueKind::ASN,
    "Origin AS: the one that the inventory counts the address for; in `lookup` and in the filter the one that wins.",
);
const IS_BOGON: RecordField = RecordField::new(
    "is_bogon",
    ValueKind::FLAG,
    "Whether the address is a bogon: not globally reachable (IANA special-purpose registries).",
);
const BOGON_REASON: RecordField = RecordField::new(
    "bogon_reason",
    ValueKind::TEXT,
    "The block of these registries that a bogon is in.",
);
const STORED: &[RecordField] = &[
    RecordField::new(
        "session_count",
        ValueKind::Count,
        "The number of its distinct sessions.",
    ),
    RecordField::new("first_seen", ValueKind::Time, "When it was first seen."),
    RecordField::new("last_seen", ValueKind::Time, "When it was last seen."),
    RecordField::new(
        "asn_last_verified",
        ValueKind::Time,
        "When its origin AS was last verified.",
    ),
    RecordField::new(
        "enrichment_updated_at",
        ValueKind::Time,
        "When anything that sources say about it last changed.",
    ),
];

/// What stands beside the fields.
const BESIDE: &[&str] = &["sources", "sections", "freshness", "history", "steps"];

/// Whether a name is that of something of our own, which no field of a provider takes over.
fn is_own(name: &str) -> bool {
    let mut own = [ADDRESS, IS_BOGON, BOGON_REASON]
        .into_iter()
        .chain(STORED.iter().copied());
    BESIDE.contains(&name) || own.any(|field| field.name == name)
}

/// Addresses.
#[derive(Debug)]
pub(crate) struct Addresses;

impl RecordKind for Addresses {
    type Row = AddressRow;
    type Column = AddressListColumn;

    const NAME: &'static str = "address";
    const MEANING: &'static str =
        "What is known of an address. A field that is not known is absent.";
    const HAS_SOURCES: bool = true;
    const SHOWN: &'static [&'static str] = &[
        "address",
        "asn",
        "asn_org",
        "country",
        "session_count",
        "first_seen",
        "last_seen",
    ];
    const IMPORTANT: &'static [&'static str] = &[
        "address",
        "asn",
        "asn_org",
        "session_count",
        "country",
        "last_seen",
        "first_seen",
    ];
    const EXPORTED: &'static [&'static str] = &[
        "address",
        "asn",
        "asn_org",
        "country",
        "city",
        "prefix",
        "registry",
        "classification",
        "is_bogon",
        "session_count",
        "first_seen",
        "last_seen",
        "asn_last_verified",
        "enrichment_updated_at",
    ];

    fn beside() -> Vec<(&'static str, Value)> {
        let of = |kind, meaning| json!({"type": kind, "description": meaning});
        vec![
            (
                "freshness",
                of(
                    "object",
                    "When each section was obtained, and how long it lasts; in `ip show`.",
                ),
            ),
            (
                "history",
                of("array", "Its attributions, the latest first; in `ip show`."),
            ),
            (
                "steps",
                of("array", "What each step of the cascade did; in `lookup`."),
            ),
        ]
    }

    fn fields(policy: &Policy) -> Vec<RecordField> {
        let is_other = |field: &Field| *field != Field::ASN && !is_own(field.name());
        let merged = policy.fields().filter(is_other);
        let merged = merged.map(RecordField::merged);
        let stored = STORED.iter().copied();
        let own = [ADDRESS, ASN].into_iter().chain(merged);
        own.chain([IS_BOGON, BOGON_REASON]).chain(stored).collect()
    }

    fn column(field: &RecordField) -> Option<AddressListColumn> {
        Some(match field.name {
            "address" => AddressListColumn::Address,
            "asn" => AddressListColumn::CurrentAsn,
            "session_count" => AddressListColumn::SessionCount,
            "first_seen" => AddressListColumn::FirstSeen,
            "last_seen" => AddressListColumn::LastSeen,
            "asn_last_verified" => AddressListColumn::AsnLastVerified,
            "enrichment_updated_at" => AddressListColumn::EnrichmentUpdatedAt,
            _ => return None,
        })
    }

    fn merged_field(field: &RecordField) -> Option<Field> {
        let is_other = Self::column(field).is_some() || is_own(field.name);
        (!is_other).then(|| Field::named(field.name))
    }

    fn record(row: &AddressRow, policy: &Policy, beside: Beside) -> Record {
        let known = KnownAddress {
            address: row.address,
            origin: row.current_asn,
            document: &row.enrichment,
            stored: Some(row),
        };
        known.record(policy, beside)
    }

    fn value(row: &AddressRow, field: &RecordField, policy: &Policy) -> Option<Value> {
        match field.name {
            "address" => Some(row.address.to_string().into()),
            "asn" => row.current_asn.map(|asn| asn.get().into()),
            "is_bogon" | "bogon_reason" => bogon(row.address, field),
            _ if STORED.contains(field) => stored(row, field),
            name => {
                let merged = policy.merged_of(Field::named(name), row);
                merged.map(|merged| merged.value.into_owned())
            }
        }
    }
}

/// An address, stored or only looked up.
pub(crate) struct KnownAddress<'a> {
    pub(crate) address: Address,
    /// Its origin AS.
    pub(crate) origin: Option<Asn>,
    /// What sources say.
    pub(crate) document: &'a Document,
    /// The row that it has in the inventory.
    pub(crate) stored: Option<&'a AddressRow>,
}

impl KnownAddress<'_> {
    /// Its record.
    pub(crate) fn record(&self, policy: &Policy, beside: Beside) -> Record {
        let mut record = Record::default();
        record.add("address", Value::from(self.address.to_string()));
        record.add("asn", self.origin.map(|asn| asn.get().into()));
        let mut sources = Map::new();
        let view = policy.merged_view_for(self.address, self.document, self.origin);
        for (field, merged) in view {
            if field == Field::ASN {
                let source = self.asn_source(policy);
                sources.extend(source.map(|source| (field.name().to_owned(), source)));
                continue;
            }
            if is_own(field.name()) {
                continue;
            }
            record.add(field.name(), merged.value.into_owned());
            sources.insert(field.name().to_owned(), merged.source.as_str().into());
        }
        for field in [IS_BOGON, BOGON_REASON] {
            record.add(field.name, bogon(self.address, &field));
        }
        for field in STORED {
            record.add(field.name, self.stored.and_then(|row| stored(row, field)));
        }
        if beside.sources {
            record.add_beside("sources", sources.into());
        }
        if beside.sections {
            let sections = serde_json::to_value(self.document);
            record.add_beside("sections", sections.unwrap_or_default());
        }
        record
    }

    /// The source that names its origin AS.
    fn asn_source(&self, policy: &Policy) -> Option<Value> {
        let statements = policy.statements(Field::ASN, self.address, self.document);
        let is_origin = |value: &Value| Asn::from_json(value) == self.origin;
        let named = statements.iter().find(|merged| is_origin(&merged.value))?;
        Some(named.source.as_str().into())
    }
}

fn bogon(address: Address, field: &RecordField) -> Option<Value> {
    let special = special_purpose(address);
    match field.name {
        "is_bogon" => Some(special.is_some().into()),
        _ => special.map(|special| special.reason.into()),
    }
}

fn stored(row: &AddressRow, field: &RecordField) -> Option<Value> {
    match field.name {
        "session_count" => Some(row.session_count.into()),
        "first_seen" => time_value(row.first_seen),
        "last_seen" => time_value(row.last_seen),
        "asn_last_verified" => row.asn_last_verified.and_then(time_value),
        _ => row.enrichment_updated_at.and_then(time_value),
    }
}
