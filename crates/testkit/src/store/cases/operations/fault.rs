//! What other programs leave behind: states that must not occur, derived from the existing rows.

use ipcascade_store_memory::Tables;
use serde_json::json;

use super::existing_rows::{Pick, picked, set, set_seen};
use crate::store::fixtures::{day, nth, second};
use crate::store::foreign::{
    AddressValue, AsnValue, ForeignAddress, ForeignRows, ForeignSession, ForeignStatement,
};

/// States that must not occur.
#[derive(Clone, Debug)]
pub(super) enum ForeignFault {
    /// The counts of an AS are wrong.
    AsnCounts(i64, u64, u64),
    /// The count of an address is wrong.
    SessionCount(Pick, u64),
    /// Addresses are as they were before adoption.
    Adopted,
    /// An AS has no row.
    MissingAsn(i64),
    /// An address has another row in another spelling.
    OddSpelling {
        number: u32,
        asn: Option<i64>,
        sessions: u64,
        document: Option<i64>,
    },
    /// The key of a row is not an address.
    NoAddress(Option<i64>),
    /// A document is malformed.
    Document(Pick, WrongDocument),
    /// Sessions are missing.
    LostSessions(Pick),
    /// The history is missing.
    LostHistory(Pick),
    /// An address was last seen before it was first seen.
    SeenOrder(Pick),
    /// A session is from an address without a row.
    Orphan(u8, u32),
}

/// A malformed document.
#[derive(Clone, Copy, Debug)]
pub(super) enum WrongDocument {
    /// An object inside a JSON string.
    Twice,
    /// A list.
    List,
    /// A document that names another AS.
    OtherAsn(i64),
    /// A document with a section for another prefix.
    OtherPrefix(i64),
    /// A document that is marked as not global.
    Marked,
    /// JSON `null`.
    Null,
}

impl ForeignFault {
    /// The statements; empty if no row fits.
    pub(super) fn statements(&self, tables: &Tables) -> Vec<ForeignStatement> {
        self.worked_out(tables).unwrap_or_default()
    }

    fn worked_out(&self, tables: &Tables) -> Option<Vec<ForeignStatement>> {
        let address = |pick: &Pick| picked(&tables.addresses, *pick);
        let new = |row: ForeignAddress| {
            let is_new = !tables.addresses.contains_key(&row.key);
            is_new.then(|| vec![ForeignStatement::InsertAddresses(vec![row])])
        };
        let statements = match self {
            Self::AsnCounts(number, addresses, sessions) => {
                let values = vec![
                    AsnValue::Addresses(*addresses),
                    AsnValue::Sessions(*sessions),
                ];
                let rows = ForeignRows::key(number);
                vec![ForeignStatement::UpdateAsns(rows, values)]
            }
            Self::SessionCount(pick, count) => {
                vec![set(address(pick)?, vec![AddressValue::Sessions(*count)])]
            }
            Self::Adopted => {
                let values = vec![AddressValue::SessionRows(None), AddressValue::WithoutRow(0)];
                vec![ForeignStatement::UpdateAddresses(ForeignRows::All, values)]
            }
            Self::MissingAsn(number) => {
                vec![ForeignStatement::DeleteAsns(ForeignRows::key(number))]
            }
            Self::OddSpelling {
                number,
                asn,
                sessions,
                document,
            } => new(ForeignAddress {
                asn: *asn,
                sessions: *sessions,
                document: twin_document(*document),
                ..ForeignAddress::new(mapped(*number), (day(1), day(2)))
            })?,
            Self::NoAddress(asn) => new(ForeignAddress {
                asn: *asn,
                sessions: 2,
                ..ForeignAddress::new("mars", (day(1), day(2)))
            })?,
            Self::Document(pick, wrong) => {
                vec![set(
                    address(pick)?,
                    vec![AddressValue::Document(wrong.text())],
                )]
            }
            Self::LostSessions(pick) => vec![ForeignStatement::DeleteSessions(ForeignRows::of(
                address(pick)?,
            ))],
            Self::LostHistory(pick) => vec![ForeignStatement::DeleteHistory(ForeignRows::of(
                address(pick)?,
            ))],
            Self::SeenOrder(pick) => vec![set_seen(address(pick)?, 8, 7)],
            Self::Orphan(id, number) => orphan(tables, format!("o{id}"), *number)?,
        };
        Some(statements)
    }
}

impl WrongDocument {
    fn text(self) -> String {
        let said = |number| json!({"asn": number, "cached_at": "2026-01-02T00:00:00Z"});
        let document = match self {
            Self::Twice => json!(json!({"maxmind": said(65001)}).to_string()),
            Self::List => json!([1, 2]),
            Self::OtherAsn(number) => json!({"maxmind": said(number)}),
            Self::OtherPrefix(number) => {
                let mut section = said(number);
                section["prefix"] = json!("2.0.0.0/24");
                json!({"cymru": section, "maxmind": said(65002)})
            }
            Self::Marked => json!({"validation": {"is_bogon": true, "reason": "so it says"}}),
            Self::Null => json!(null),
        };
        document.to_string()
    }
}

/// An address in another spelling.
fn mapped(number: u32) -> String {
    format!("::ffff:{}", nth(number))
}

/// The document of a row in another spelling, which may name an AS.
fn twin_document(asn: Option<i64>) -> String {
    let document = asn.map(|number| {
        json!({"cymru": {"asn": number, "cached_at": "2026-01-02T00:00:00Z"},
               "spur": {"types": [number]}})
    });
    document.unwrap_or_else(|| json!({})).to_string()
}

/// Adds a session from an address without a row; `None` if it is stored already.
fn orphan(tables: &Tables, id: String, number: u32) -> Option<Vec<ForeignStatement>> {
    if tables.sessions.contains_key(&id) {
        return None;
    }
    let session = ForeignSession {
        events: Some((second(3), second(9))),
        ..ForeignSession::new(id, mapped(number))
    };
    Some(vec![ForeignStatement::InsertSessions(vec![session])])
}
