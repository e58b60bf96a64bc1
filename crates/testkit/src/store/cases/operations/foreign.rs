//! What other programs do, and what they leave behind, derived from the existing rows, since foreign keys forbid the
//! rest.

use ipcascade_store_memory::Tables;
use serde_json::json;

use crate::store::fixtures::{day, nth, second};
use crate::store::foreign::{
    AddressValue, AsnValue, ForeignAddress, ForeignAsn, ForeignRows, ForeignSession,
    ForeignStatement, SessionValue,
};

/// One of the existing rows, by index modulo their number.
type Pick = usize;

/// Acts of another program.
#[derive(Clone, Debug)]
pub(super) enum ForeignAct {
    /// Adds an address, with the program's own count and origin.
    InsertAddress {
        number: u32,
        asn: Option<i64>,
        sessions: u64,
        without_row: Option<u64>,
    },
    /// Attributes an address to another AS, or to none, optionally with the time of verification.
    MoveAddress(Pick, Option<i64>, Option<i64>),
    /// Attributes all addresses of an AS to another one.
    MoveAll(i64, i64),
    /// Sets when an address was seen.
    SeeAddress(Pick, i64, i64),
    /// Sets the session count of an address.
    StateSessions(Pick, u64),
    /// Increases the session count of all addresses.
    MoreSessions(u64),
    /// Deletes an address with what refers to it.
    DeleteAddress(Pick),
    /// Stores sessions of addresses.
    InsertSessions(Vec<(u8, Pick)>),
    /// Changes the source address of a session, or clears it.
    MoveSession(Pick, Option<Pick>),
    /// Deletes a session.
    DeleteSession(Pick),
    /// Deletes the sessions of an address.
    Prune(Pick),
    /// Adds an AS.
    InsertAsn(i64),
}

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

fn picked<K: Clone, T>(map: &std::collections::BTreeMap<K, T>, pick: Pick) -> Option<K> {
    map.keys().nth(pick % map.len().max(1)).cloned()
}

/// The row of an AS, if it is missing: a database with a foreign key needs it before what refers to it.
fn required(tables: &Tables, asn: Option<i64>) -> impl Iterator<Item = ForeignStatement> {
    let missing = asn.filter(|number| !tables.asns.contains_key(number));
    missing.into_iter().map(|number| {
        let row = ForeignAsn::new(number, (day(5), day(6)));
        ForeignStatement::InsertAsns(vec![row])
    })
}

fn set(key: impl ToString, values: Vec<AddressValue>) -> ForeignStatement {
    ForeignStatement::UpdateAddresses(ForeignRows::key(key), values)
}

impl ForeignAct {
    /// The statements; empty if no row fits.
    pub(super) fn statements(&self, tables: &Tables) -> Vec<ForeignStatement> {
        self.worked_out(tables).unwrap_or_default()
    }

    fn worked_out(&self, tables: &Tables) -> Option<Vec<ForeignStatement>> {
        let address = |pick: &Pick| picked(&tables.addresses, *pick);
        let session = |pick: &Pick| picked(&tables.sessions, *pick);
        let statements = match self {
            Self::InsertAddress {
                number,
                asn,
                sessions,
                without_row,
            } => {
                let key = nth(*number).to_string();
                if tables.addresses.contains_key(&key) {
                    return None;
                }
                let row = ForeignAddress {
                    asn: *asn,
                    sessions: *sessions,
                    counts: without_row.map(|count| (Some(0), count)),
                    ..ForeignAddress::new(key, (day(3), day(4)))
                };
                let insert = ForeignStatement::InsertAddresses(vec![row]);
                required(tables, *asn).chain([insert]).collect()
            }
            Self::MoveAddress(pick, asn, verified) => {
                let verified = verified.map(|number| AddressValue::Verified(Some(day(number))));
                let values = [AddressValue::Asn(*asn)].into_iter().chain(verified);
                let moving = set(address(pick)?, values.collect());
                required(tables, *asn).chain([moving]).collect()
            }
            Self::MoveAll(from, to) => {
                let values = vec![AddressValue::Asn(Some(*to))];
                let moving = ForeignStatement::UpdateAddresses(ForeignRows::of(from), values);
                required(tables, Some(*to)).chain([moving]).collect()
            }
            Self::SeeAddress(pick, first, length) => {
                let values = vec![
                    AddressValue::FirstSeen(day(*first)),
                    AddressValue::LastSeen(day(first + length)),
                ];
                vec![set(address(pick)?, values)]
            }
            Self::StateSessions(pick, count) => {
                vec![set(address(pick)?, vec![AddressValue::Sessions(*count)])]
            }
            Self::MoreSessions(more) => {
                let values = vec![AddressValue::MoreSessions(*more)];
                vec![ForeignStatement::UpdateAddresses(ForeignRows::All, values)]
            }
            Self::DeleteAddress(pick) => {
                let key = address(pick)?;
                vec![
                    ForeignStatement::DeleteSessions(ForeignRows::of(&key)),
                    ForeignStatement::DeleteAddresses(ForeignRows::key(&key)),
                ]
            }
            Self::InsertSessions(sessions) => {
                let mut rows: Vec<ForeignSession> = Vec::new();
                for (number, pick) in sessions {
                    let id = format!("f{number}");
                    let is_there = tables.sessions.contains_key(&id);
                    if !is_there && !rows.iter().any(|row| row.id == id) {
                        rows.push(ForeignSession {
                            events: Some((second(1), second(2))),
                            ..ForeignSession::new(id, address(pick)?)
                        });
                    }
                }
                match rows.is_empty() {
                    true => return None,
                    false => vec![ForeignStatement::InsertSessions(rows)],
                }
            }
            Self::MoveSession(pick, to) => {
                let source = to.as_ref().and_then(address);
                let values = vec![SessionValue::Source(source)];
                vec![ForeignStatement::UpdateSessions(
                    ForeignRows::key(session(pick)?),
                    values,
                )]
            }
            Self::DeleteSession(pick) => {
                vec![ForeignStatement::DeleteSessions(ForeignRows::key(session(
                    pick,
                )?))]
            }
            Self::Prune(pick) => vec![ForeignStatement::DeleteSessions(ForeignRows::of(address(
                pick,
            )?))],
            Self::InsertAsn(number) => required(tables, Some(*number)).collect(),
        };
        Some(statements)
    }
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
                vec![ForeignStatement::UpdateAsns(
                    ForeignRows::key(number),
                    values,
                )]
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
            } => {
                let document = document.map(|number| {
                    json!({"cymru": {"asn": number, "cached_at": "2026-01-02T00:00:00Z"},
                           "spur": {"types": [number]}})
                });
                new(ForeignAddress {
                    asn: *asn,
                    sessions: *sessions,
                    document: document.unwrap_or_else(|| json!({})).to_string(),
                    ..ForeignAddress::new(format!("::ffff:{}", nth(*number)), (day(1), day(2)))
                })?
            }
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
            Self::SeenOrder(pick) => {
                let values = vec![
                    AddressValue::FirstSeen(day(8)),
                    AddressValue::LastSeen(day(7)),
                ];
                vec![set(address(pick)?, values)]
            }
            Self::Orphan(id, number) => {
                let id = format!("o{id}");
                if tables.sessions.contains_key(&id) {
                    return None;
                }
                let session = ForeignSession {
                    events: Some((second(3), second(9))),
                    ..ForeignSession::new(id, format!("::ffff:{}", nth(*number)))
                };
                vec![ForeignStatement::InsertSessions(vec![session])]
            }
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
