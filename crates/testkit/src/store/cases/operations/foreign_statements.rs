//! What other programs do, derived from the existing rows, since foreign keys forbid the rest.

use ipcascade_store_memory::Tables;

use super::existing_rows::{Pick, picked, set, set_seen};
use crate::store::fixtures::{day, nth, second};
use crate::store::foreign::{
    AddressValue, ForeignAddress, ForeignAsn, ForeignRows, ForeignSession, ForeignStatement,
    SessionValue,
};

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
                let row = ForeignAddress {
                    asn: *asn,
                    sessions: *sessions,
                    counts: without_row.map(|count| (Some(0), count)),
                    ..ForeignAddress::new(nth(*number), (day(3), day(4)))
                };
                insert_address(tables, row)?
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
                vec![set_seen(address(pick)?, *first, first + length)]
            }
            Self::StateSessions(pick, count) => {
                vec![set(address(pick)?, vec![AddressValue::Sessions(*count)])]
            }
            Self::MoreSessions(more) => {
                let values = vec![AddressValue::MoreSessions(*more)];
                vec![ForeignStatement::UpdateAddresses(ForeignRows::All, values)]
            }
            Self::DeleteAddress(pick) => delete_address(&address(pick)?),
            Self::InsertSessions(sessions) => insert_sessions(tables, sessions)?,
            Self::MoveSession(pick, to) => {
                let source = to.as_ref().and_then(address);
                let values = vec![SessionValue::Source(source)];
                let rows = ForeignRows::key(session(pick)?);
                vec![ForeignStatement::UpdateSessions(rows, values)]
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

/// Adds an address and the AS that it needs; `None` if it has a row already.
fn insert_address(tables: &Tables, row: ForeignAddress) -> Option<Vec<ForeignStatement>> {
    if tables.addresses.contains_key(&row.key) {
        return None;
    }
    let asn = row.asn;
    let insert = ForeignStatement::InsertAddresses(vec![row]);
    Some(required(tables, asn).chain([insert]).collect())
}

/// Deletes an address and its sessions.
fn delete_address(key: &str) -> Vec<ForeignStatement> {
    vec![
        ForeignStatement::DeleteSessions(ForeignRows::of(key)),
        ForeignStatement::DeleteAddresses(ForeignRows::key(key)),
    ]
}

/// Adds those of `sessions`, each with the address that it is from, that are not stored; `None` if all are.
fn insert_sessions(tables: &Tables, sessions: &[(u8, Pick)]) -> Option<Vec<ForeignStatement>> {
    let mut rows: Vec<ForeignSession> = Vec::new();
    for (number, pick) in sessions {
        let id = format!("f{number}");
        let is_there = tables.sessions.contains_key(&id);
        if !is_there && !rows.iter().any(|row| row.id == id) {
            rows.push(ForeignSession {
                events: Some((second(1), second(2))),
                ..ForeignSession::new(id, picked(&tables.addresses, *pick)?)
            });
        }
    }
    match rows.is_empty() {
        true => None,
        false => Some(vec![ForeignStatement::InsertSessions(rows)]),
    }
}

/// The row of an AS, if it is missing: a database with a foreign key needs it before what refers to it.
fn required(tables: &Tables, asn: Option<i64>) -> impl Iterator<Item = ForeignStatement> {
    let missing = asn.filter(|number| !tables.asns.contains_key(number));
    missing.into_iter().map(|number| {
        let row = ForeignAsn::new(number, (day(5), day(6)));
        ForeignStatement::InsertAsns(vec![row])
    })
}
