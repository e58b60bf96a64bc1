//! The columns that are read of each table, and how rows are decoded.

use crate::deltas::Share;
use crate::listing::{Listing, StoredRow};
use crate::schema::{ASN_INVENTORY, IP_ASN_HISTORY, IP_INVENTORY, SESSION_SUMMARIES, Table};
use crate::session_count::SessionCount;
use crate::sql::dialect::{Dialect, SqlRow};
use crate::stored_rows::{
    AuditedAddress, DocumentedSession, HistoryState, StoredAddress, StoredAsn, StoredHistory,
    StoredSession, count,
};

/// A type that is read from the columns of a row.
pub trait FromRow: Sized {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// If a column cannot be read as its type.
    fn from_row<R: SqlRow>(row: &R) -> Result<Self, R::Error>;
}

/// The columns of a table in their order, without some.
fn of(dialect: &impl Dialect, table: &Table, without: &[&str]) -> String {
    let columns = table.column_names();
    let columns = columns.filter(|column| !without.contains(column));
    let columns = columns.map(|column| dialect.read(table, column));
    columns.collect::<Vec<_>>().join(", ")
}

/// When rows were created and last written, which no operation uses.
const MADE_AND_WRITTEN: [&str; 2] = ["created_at", "updated_at"];

/// The number of columns of a [`StoredAddress`].
const ADDRESS: usize = 11;

/// The columns of a [`StoredAddress`].
pub fn of_address(dialect: &impl Dialect) -> String {
    of(dialect, IP_INVENTORY, &MADE_AND_WRITTEN)
}

impl FromRow for StoredAddress {
    fn from_row<R: SqlRow>(row: &R) -> Result<Self, R::Error> {
        Ok(Self {
            key: row.text(0)?.unwrap_or_default(),
            current_asn: row.number(1)?,
            asn_last_verified: row.timestamp(2)?,
            first_seen: row.timestamp(3)?,
            last_seen: row.timestamp(4)?,
            sessions: SessionCount {
                total: count(row.number(5)?),
                rows: row.number(6)?.map(|rows| count(Some(rows))),
                without_row: count(row.number(7)?),
            },
            document: row.text(8)?,
            enrichment_updated_at: row.timestamp(9)?,
            enrichment_version: row.text(10)?,
        })
    }
}

/// The number of columns of a [`Share`]; the key follows.
pub(super) const SHARE: usize = 6;

/// The columns of a [`Share`], and the key.
pub(super) fn of_share(dialect: &impl Dialect) -> String {
    let columns = [
        "current_asn",
        "session_count",
        "session_rows",
        "sessions_without_row",
        "first_seen",
        "last_seen",
        "ip_address",
    ];
    columns
        .map(|column| dialect.read(IP_INVENTORY, column))
        .join(", ")
}

impl FromRow for Share {
    fn from_row<R: SqlRow>(row: &R) -> Result<Self, R::Error> {
        Ok(Self {
            origin: row.number(0)?,
            sessions: SessionCount {
                total: count(row.number(1)?),
                rows: row.number(2)?.map(|rows| count(Some(rows))),
                without_row: count(row.number(3)?),
            },
            first_seen: row.timestamp(4)?,
            last_seen: row.timestamp(5)?,
        })
    }
}

/// How the rows of other tables that belong to an address are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beside {
    /// By key, for some addresses of many.
    EachAddress,
    /// In one pass over those tables, for all addresses; the sessions of each are counted as `c.n`.
    All,
}

/// The columns of an [`AuditedAddress`].
pub(super) fn of_audited(dialect: &impl Dialect, beside: Beside) -> String {
    let session_rows = match beside {
        Beside::EachAddress => {
            "(SELECT count(*) FROM session_summaries s WHERE s.source_ip = i.ip_address)"
        }
        Beside::All => "coalesce(c.n, 0)",
    };
    // PostgreSQL may evaluate EXISTS by reading the whole table first, which is right only for a pass over all
    // addresses.
    let exists = |rows: &str| match beside {
        Beside::EachAddress => format!("(SELECT 1 FROM {rows} LIMIT 1) IS NOT NULL"),
        Beside::All => format!("EXISTS (SELECT 1 FROM {rows})"),
    };
    let attributions = "ip_asn_history h WHERE h.ip_address = i.ip_address";
    format!(
        "{}, {session_rows}, i.current_asn IS NULL OR {}, {}, {}",
        of_address(dialect),
        exists("asn_inventory a WHERE a.asn_number = i.current_asn"),
        exists(&format!("{attributions} AND h.asn_number = i.current_asn")),
        exists(attributions),
    )
}

/// The number of columns of an [`AuditedAddress`].
pub(super) const AUDITED: usize = ADDRESS + 4;

impl FromRow for AuditedAddress {
    fn from_row<R: SqlRow>(row: &R) -> Result<Self, R::Error> {
        let next = ADDRESS;
        Ok(Self {
            row: StoredAddress::from_row(row)?,
            session_rows: count(row.number(next)?),
            has_asn_row: row.flag(next + 1)?,
            history: match (row.flag(next + 2)?, row.flag(next + 3)?) {
                (true, _) => HistoryState::Current,
                (false, true) => HistoryState::Outdated,
                (false, false) => HistoryState::Empty,
            },
        })
    }
}

/// The columns of a [`StoredAsn`].
pub(super) fn of_asn(dialect: &impl Dialect) -> String {
    of(dialect, ASN_INVENTORY, &MADE_AND_WRITTEN)
}

impl FromRow for StoredAsn {
    fn from_row<R: SqlRow>(row: &R) -> Result<Self, R::Error> {
        Ok(Self {
            number: row.number(0)?.unwrap_or_default(),
            organization_name: row.text(1)?,
            organization_country: row.text(2)?,
            rir_registry: row.text(3)?,
            asn_type: row.text(4)?,
            is_known_hosting: row.flag(5)?,
            is_known_vpn: row.flag(6)?,
            first_seen: row.timestamp(7)?,
            last_seen: row.timestamp(8)?,
            unique_ip_count: row.number(9)?,
            total_session_count: row.number(10)?,
            document: row.text(11)?,
            enrichment_updated_at: row.timestamp(12)?,
        })
    }
}

/// The number of columns of a [`StoredSession`].
const SESSION: usize = 10;

/// The columns of a [`StoredSession`].
pub(super) fn of_session(dialect: &impl Dialect) -> String {
    of(dialect, SESSION_SUMMARIES, &["enrichment"])
}

impl FromRow for StoredSession {
    fn from_row<R: SqlRow>(row: &R) -> Result<Self, R::Error> {
        Ok(Self {
            session_id: row.text(0)?,
            source_ip: row.text(1)?,
            sensor: row.text(2)?,
            first_event_at: row.timestamp(3)?,
            last_event_at: row.timestamp(4)?,
            event_count: row.number(5)?,
            snapshot_asn: row.number(6)?,
            snapshot_country: row.text(7)?,
            enrichment_at: row.timestamp(8)?,
            event_ids: row.text(9)?,
        })
    }
}

/// The columns of a [`DocumentedSession`].
pub(super) fn of_documented(dialect: &impl Dialect) -> String {
    let document = dialect.read(SESSION_SUMMARIES, "enrichment");
    format!("{}, {document}", of_session(dialect))
}

impl FromRow for DocumentedSession {
    fn from_row<R: SqlRow>(row: &R) -> Result<Self, R::Error> {
        Ok(Self {
            row: StoredSession::from_row(row)?,
            document: row.text(SESSION)?,
        })
    }
}

/// The columns of a [`StoredHistory`].
pub(super) fn of_history(dialect: &impl Dialect) -> String {
    of(dialect, IP_ASN_HISTORY, &[])
}

impl FromRow for StoredHistory {
    fn from_row<R: SqlRow>(row: &R) -> Result<Self, R::Error> {
        Ok(Self {
            key: row.text(0)?.unwrap_or_default(),
            number: row.number(1)?,
            observed_at: row.timestamp(2)?,
            verification_source: row.text(3)?,
        })
    }
}

/// The columns of a row of a list.
pub(crate) fn of_listed(dialect: &impl Dialect, listing: &Listing) -> String {
    match listing.table.name {
        name if name == ASN_INVENTORY.name => of_asn(dialect),
        name if name == IP_INVENTORY.name => of_address(dialect),
        _ if listing.is_whole => of_documented(dialect),
        _ => of_session(dialect),
    }
}

/// A row of a list.
///
/// # Errors
///
/// If a column cannot be read as its type.
pub fn row_of<R: SqlRow>(table: &Table, is_whole: bool, row: &R) -> Result<StoredRow, R::Error> {
    Ok(match table.name {
        name if name == ASN_INVENTORY.name => StoredRow::Asn(FromRow::from_row(row)?),
        name if name == IP_INVENTORY.name => StoredRow::Address(FromRow::from_row(row)?),
        _ if is_whole => StoredRow::DocumentedSession(FromRow::from_row(row)?),
        _ => StoredRow::Session(FromRow::from_row(row)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_as_wide_as_their_tables() {
        let width = |table: &Table, without: usize| table.columns.len() - without;
        assert_eq!(ADDRESS, width(IP_INVENTORY, MADE_AND_WRITTEN.len()));
        assert_eq!(SESSION, width(SESSION_SUMMARIES, 1));
    }
}
