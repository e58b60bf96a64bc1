//! The fields of records: names, types, meanings.

use std::fmt;

use ipcascade_core::field::{Field, FieldKind};
use ipcascade_core::near_miss::suggestion;

/// A field of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecordField {
    /// Its name in every format, and on the command line.
    pub(crate) name: &'static str,
    /// The type of its values.
    pub(crate) kind: ValueKind,
    /// What it means.
    pub(crate) meaning: &'static str,
}

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ValueKind {
    /// An IP address.
    Address,
    /// How many there are of something.
    Count,
    /// A point in time.
    Time,
    /// The identifier of a session.
    Id,
    /// A list of records.
    Records,
    /// The type of a merged field; `None` for one that only a provider or a setting defines.
    Merged(Option<FieldKind>),
}

impl ValueKind {
    pub(crate) const TEXT: Self = Self::Merged(Some(FieldKind::Text));
    pub(crate) const TEXTS: Self = Self::Merged(Some(FieldKind::Texts));
    pub(crate) const FLAG: Self = Self::Merged(Some(FieldKind::Flag));
    pub(crate) const ASN: Self = Self::Merged(Some(FieldKind::Asn));
    pub(crate) const COUNTRY: Self = Self::Merged(Some(FieldKind::Country));
}

impl fmt::Display for ValueKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Address => "an address",
            Self::Count => "a count",
            Self::Time => "a time",
            Self::Id => "text",
            Self::Records => "a list of records",
            Self::Merged(Some(kind)) => return kind.fmt(f),
            Self::Merged(None) => "anything",
        })
    }
}

impl RecordField {
    pub(crate) const fn new(name: &'static str, kind: ValueKind, meaning: &'static str) -> Self {
        Self {
            name,
            kind,
            meaning,
        }
    }

    /// The title of its column: counts are of what they count.
    pub(crate) fn title(&self) -> String {
        let name = match self.name.strip_suffix("_count") {
            Some("address") => "addresses".to_owned(),
            Some(counted) => format!("{counted}s"),
            None => self.name.replace('_', " "),
        };
        name.to_uppercase()
    }

    /// A field of the merged view.
    pub(crate) fn merged(field: Field) -> Self {
        let meaning = field.meaning();
        Self {
            name: field.name(),
            kind: ValueKind::Merged(field.kind()),
            meaning: meaning.unwrap_or("Defined by a provider or by settings."),
        }
    }
}

/// The field of this name; `-` and blanks stand for `_`.
///
/// # Errors
///
/// If no field has this name: the nearest one, or all.
pub(crate) fn named(name: &str, fields: &[RecordField]) -> Result<RecordField, String> {
    let name = name.trim().to_ascii_lowercase().replace([' ', '-'], "_");
    if let Some(field) = fields.iter().find(|field| field.name == name) {
        return Ok(*field);
    }
    let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
    let other = OTHER_NAMES
        .iter()
        .filter(|(other, known)| *other == name && names.contains(known));
    let other = other.map(|(_, known)| *known).next();
    let suggestion = match other {
        Some(known) => format!("did you mean `{known}`?"),
        None => suggestion(&name, &names, "the fields are"),
    };
    Err(format!("unknown field `{name}`: {suggestion}"))
}

/// What fields are called in the database, in other tools and in earlier versions.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("addresses", "address_count"),
    ("as", "asn"),
    ("as_name", "asn_org"),
    ("as_org", "asn_org"),
    ("asn_name", "asn_org"),
    ("asn_number", "asn"),
    ("cidr", "prefix"),
    ("country", "registry_country"),
    ("current_asn", "asn"),
    ("enrichment_at", "enriched_at"),
    ("events", "event_count"),
    ("first_event_at", "first_seen"),
    ("id", "session_id"),
    ("ip", "address"),
    ("ip_address", "address"),
    ("is_known_hosting", "is_hosting"),
    ("is_known_vpn", "is_vpn"),
    ("last_event_at", "last_seen"),
    ("name", "asn_org"),
    ("network", "prefix"),
    ("number", "asn"),
    ("org", "asn_org"),
    ("organisation", "asn_org"),
    ("organization", "asn_org"),
    ("organization_country", "registry_country"),
    ("organization_name", "asn_org"),
    ("rir", "registry"),
    ("rir_registry", "registry"),
    ("session", "session_id"),
    ("sessions", "session_count"),
    ("snapshot_asn", "asn"),
    ("snapshot_country", "country"),
    ("source_ip", "address"),
    ("total_session_count", "session_count"),
    ("type", "asn_type"),
    ("unique_ip_count", "address_count"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_nearly_right_is_answered_with_the_right_one() {
        let fields = crate::records::asn::FIELDS;
        assert_eq!(named("Asn-Org", fields).unwrap().name, "asn_org");
        for (wrong, right) in [
            ("sessions", "session_count"),
            ("ans_org", "asn_org"),
            ("country", "registry_country"),
            ("lastseen", "last_seen"),
        ] {
            let error = named(wrong, fields).unwrap_err();
            assert!(
                error.ends_with(&format!("did you mean `{right}`?")),
                "{error}"
            );
        }
        let error = named("population", fields).unwrap_err();
        assert!(error.contains("the fields are `asn`, `asn_org`"), "{error}");
    }
}
