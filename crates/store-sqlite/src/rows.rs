//! Rows as SQLite has them, whatever the types of their values.

use ipcascade_core::{Timestamp, parse_timestamp};
use ipcascade_store::session_count::SessionCount;
use ipcascade_store::stored::{
    AuditedAddress, DocumentedSession, HistoryState, SessionSource, StoredAddress, StoredAsn,
    StoredHistory, StoredSession,
};
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Row as _, Sqlite, ValueRef as _};

/// The columns of an autonomous system, in the order of [`stored_asn`].
pub(crate) const ASN_COLUMNS: &str = "a.asn_number, a.organization_name, a.organization_country, \
    a.rir_registry, a.asn_type, a.is_known_hosting, a.is_known_vpn, a.first_seen, a.last_seen, \
    a.unique_ip_count, a.total_session_count, a.enrichment, a.enrichment_updated_at";

/// The columns of a session, in the order of [`stored_session`].
pub(crate) const SESSION_COLUMNS: &str = "s.session_id, s.source_ip, s.sensor, s.first_event_at, \
    s.last_event_at, s.event_count, s.snapshot_asn, s.snapshot_country, s.enrichment_at";

/// The columns of an attribution, in the order of [`stored_history`].
pub(crate) const HISTORY_COLUMNS: &str =
    "h.ip_address, h.asn_number, h.observed_at, h.verification_source";

/// A value as text, whatever its type; bytes that are no UTF-8 are replaced.
pub(crate) fn text(row: &SqliteRow, column: usize) -> Result<Option<String>, sqlx::Error> {
    let value = row.try_get_raw(column)?;
    if value.is_null() {
        return Ok(None);
    }
    let bytes = <Vec<u8> as Decode<Sqlite>>::decode(value).map_err(sqlx::Error::Decode)?;
    let text = String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    Ok(Some(text))
}

/// A value as a number, whatever its type.
pub(crate) fn number(row: &SqliteRow, column: usize) -> Result<Option<i64>, sqlx::Error> {
    let value = row.try_get_raw(column)?;
    if value.is_null() {
        return Ok(None);
    }
    <i64 as Decode<Sqlite>>::decode(value)
        .map(Some)
        .map_err(sqlx::Error::Decode)
}

/// A value as a count: nothing and negative numbers are zero.
pub(crate) fn count(row: &SqliteRow, column: usize) -> Result<u64, sqlx::Error> {
    Ok(u64::try_from(number(row, column)?.unwrap_or_default()).unwrap_or_default())
}

/// A value as a moment, if it is one.
pub(crate) fn moment(row: &SqliteRow, column: usize) -> Result<Option<Timestamp>, sqlx::Error> {
    Ok(text(row, column)?.as_deref().and_then(parse_timestamp))
}

/// A row of [`ASN_COLUMNS`].
pub(crate) fn stored_asn(row: &SqliteRow) -> Result<StoredAsn, sqlx::Error> {
    Ok(StoredAsn {
        number: number(row, 0)?.unwrap_or_default(),
        organization_name: text(row, 1)?,
        organization_country: text(row, 2)?,
        rir_registry: text(row, 3)?,
        asn_type: text(row, 4)?,
        is_known_hosting: number(row, 5)?.unwrap_or_default() != 0,
        is_known_vpn: number(row, 6)?.unwrap_or_default() != 0,
        first_seen: moment(row, 7)?,
        last_seen: moment(row, 8)?,
        unique_ip_count: number(row, 9)?,
        total_session_count: number(row, 10)?,
        document: text(row, 11)?,
        enrichment_updated_at: moment(row, 12)?,
    })
}

/// How many columns [`stored_address`] reads.
pub(crate) const ADDRESS_WIDTH: usize = 11;

/// A row of [`crate::columns::Columns::of_address`].
pub(crate) fn stored_address(row: &SqliteRow) -> Result<StoredAddress, sqlx::Error> {
    let rows = number(row, 6)?.map(|rows| u64::try_from(rows).unwrap_or_default());
    Ok(StoredAddress {
        key: text(row, 0)?.unwrap_or_default(),
        current_asn: number(row, 1)?,
        asn_last_verified: moment(row, 2)?,
        first_seen: moment(row, 3)?,
        last_seen: moment(row, 4)?,
        sessions: SessionCount {
            total: count(row, 5)?,
            rows,
            without_row: count(row, 7)?,
        },
        document: text(row, 8)?,
        enrichment_updated_at: moment(row, 9)?,
        enrichment_version: text(row, 10)?,
    })
}

/// SQL for what [`audited_address`] reads after the columns of an address of the alias `i`.
pub(crate) const AUDIT_COLUMNS: &str = "(SELECT count(*) FROM session_summaries s \
    WHERE s.source_ip = i.ip_address), \
    i.current_asn IS NULL OR EXISTS (SELECT 1 FROM asn_inventory a WHERE a.asn_number = i.current_asn), \
    CASE WHEN EXISTS (SELECT 1 FROM ip_asn_history h WHERE h.ip_address = i.ip_address \
    AND h.asn_number = i.current_asn) THEN 2 \
    WHEN EXISTS (SELECT 1 FROM ip_asn_history h WHERE h.ip_address = i.ip_address) THEN 1 ELSE 0 END";

/// A row of the columns of an address and [`AUDIT_COLUMNS`].
pub(crate) fn audited_address(row: &SqliteRow) -> Result<AuditedAddress, sqlx::Error> {
    Ok(AuditedAddress {
        row: stored_address(row)?,
        session_rows: count(row, ADDRESS_WIDTH)?,
        has_asn_row: number(row, ADDRESS_WIDTH + 1)? != Some(0),
        history: match number(row, ADDRESS_WIDTH + 2)? {
            Some(2) => HistoryState::Current,
            Some(1) => HistoryState::Outdated,
            _ => HistoryState::Empty,
        },
    })
}

/// A source, its number of sessions, and their first and last event.
pub(crate) fn session_source(row: &SqliteRow) -> Result<SessionSource, sqlx::Error> {
    Ok(SessionSource {
        key: text(row, 0)?.unwrap_or_default(),
        sessions: count(row, 1)?,
        first: moment(row, 2)?,
        last: moment(row, 3)?,
    })
}

/// A row of [`SESSION_COLUMNS`].
pub(crate) fn stored_session(row: &SqliteRow) -> Result<StoredSession, sqlx::Error> {
    Ok(StoredSession {
        session_id: text(row, 0)?,
        source_ip: text(row, 1)?,
        sensor: text(row, 2)?,
        first_event_at: moment(row, 3)?,
        last_event_at: moment(row, 4)?,
        event_count: number(row, 5)?,
        snapshot_asn: number(row, 6)?,
        snapshot_country: text(row, 7)?,
        enrichment_at: moment(row, 8)?,
    })
}

/// A row of [`SESSION_COLUMNS`] and the document.
pub(crate) fn documented_session(row: &SqliteRow) -> Result<DocumentedSession, sqlx::Error> {
    Ok(DocumentedSession {
        row: stored_session(row)?,
        document: text(row, 9)?,
    })
}

/// A row of [`HISTORY_COLUMNS`].
pub(crate) fn stored_history(row: &SqliteRow) -> Result<StoredHistory, sqlx::Error> {
    Ok(StoredHistory {
        key: text(row, 0)?.unwrap_or_default(),
        number: number(row, 1)?,
        observed_at: moment(row, 2)?,
        verification_source: text(row, 3)?,
    })
}
