//! Rows as the engine has them, decoded without trust: adopted databases hold odd ones.

use ipcascade_core::bookkeeping::{RowAudit, StoredRow, audit_row};
use ipcascade_core::{
    Address, AddressRow, Asn, AsnRow, Document, DocumentDefect, HistoryRow, Policy, SessionRow,
    Timestamp, UNREADABLE, parse_timestamp,
};
use serde_json::{Map, Value};
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Row as _, Sqlite, ValueRef as _};

/// The columns of an autonomous system, in the order of [`asn_row`].
pub(crate) const ASN_COLUMNS: &str = "a.asn_number, a.organization_name, a.organization_country, \
    a.rir_registry, a.asn_type, a.is_known_hosting, a.is_known_vpn, a.first_seen, a.last_seen, \
    a.unique_ip_count, a.total_session_count, a.enrichment";

/// The columns of an address, in the order of [`address_row`].
pub(crate) const ADDRESS_COLUMNS: &str = "i.ip_address, i.current_asn, i.asn_last_verified, \
    i.first_seen, i.last_seen, i.session_count, i.enrichment, i.enrichment_updated_at";

/// The columns of a session, in the order of [`session_row`].
pub(crate) const SESSION_COLUMNS: &str = "s.session_id, s.source_ip, s.sensor, s.first_event_at, \
    s.last_event_at, s.event_count, s.snapshot_asn, s.snapshot_country, s.enrichment_at";

/// The columns of an attribution, in the order of [`history_row`].
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

/// A count as the column holds it.
pub(crate) fn stored(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A value as a moment, if it is one.
pub(crate) fn moment(row: &SqliteRow, column: usize) -> Result<Option<Timestamp>, sqlx::Error> {
    Ok(text(row, column)?.as_deref().and_then(parse_timestamp))
}

/// A value as the number of an AS, if it is one.
pub(crate) fn asn_number(row: &SqliteRow, column: usize) -> Result<Option<Asn>, sqlx::Error> {
    Ok(number(row, column)?.and_then(Asn::from_i64))
}

/// The first that is there; the beginning of time if none is.
fn first_of(candidates: [Option<Timestamp>; 3]) -> Timestamp {
    candidates.into_iter().flatten().next().unwrap_or_default()
}

/// A row of [`ASN_COLUMNS`]; `None` if its number is none.
pub(crate) fn asn_row(row: &SqliteRow) -> Result<Option<AsnRow>, sqlx::Error> {
    let Some(asn) = asn_number(row, 0)? else {
        tracing::debug!(number = ?text(row, 0)?, "skipped an AS whose number is none");
        return Ok(None);
    };
    let (first, last) = (moment(row, 7)?, moment(row, 8)?);
    Ok(Some(AsnRow {
        asn,
        organization_name: text(row, 1)?,
        organization_country: text(row, 2)?,
        rir_registry: text(row, 3)?,
        asn_type: text(row, 4)?,
        is_known_hosting: number(row, 5)?.unwrap_or_default() != 0,
        is_known_vpn: number(row, 6)?.unwrap_or_default() != 0,
        first_seen: first_of([first, last, None]),
        last_seen: first_of([last, first, None]),
        unique_ip_count: count(row, 9)?,
        total_session_count: count(row, 10)?,
        enrichment: object(text(row, 11)?),
    }))
}

fn object(text: Option<String>) -> Map<String, Value> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else {
        return Map::new();
    };
    match serde_json::from_str(&text) {
        Ok(Value::Object(object)) => object,
        Ok(Value::Null) => Map::new(),
        Ok(other) => Map::from_iter([(UNREADABLE.to_owned(), other)]),
        Err(_) => Map::from_iter([(UNREADABLE.to_owned(), text.into())]),
    }
}

/// A row of [`ADDRESS_COLUMNS`]; `None` if it is for no address.
pub(crate) fn address_row(row: &SqliteRow) -> Result<Option<AddressRow>, sqlx::Error> {
    Ok(checked_address_row(row)?.map(|(row, _)| row))
}

/// The same, with what is wrong with the document.
pub(crate) fn checked_address_row(
    row: &SqliteRow,
) -> Result<Option<(AddressRow, Option<DocumentDefect>)>, sqlx::Error> {
    let spelling = text(row, 0)?.unwrap_or_default();
    let Ok(address) = spelling.parse::<Address>() else {
        tracing::debug!(ip_address = ?spelling, "skipped a row that is for no address");
        return Ok(None);
    };
    let (document, defect) = Document::parse(&text(row, 6)?.unwrap_or_default());
    let (first, last, updated) = (moment(row, 3)?, moment(row, 4)?, moment(row, 7)?);
    let decoded = AddressRow {
        address,
        current_asn: asn_number(row, 1)?,
        asn_last_verified: moment(row, 2)?,
        first_seen: first_of([first, last, updated]),
        last_seen: first_of([last, first, updated]),
        session_count: count(row, 5)?,
        enrichment: document,
        enrichment_updated_at: updated,
    };
    Ok(Some((decoded, defect)))
}

/// What is wrong with a row of [`ADDRESS_COLUMNS`], and what it should be.
pub(crate) fn audit(row: &SqliteRow, policy: &Policy) -> Result<RowAudit, sqlx::Error> {
    let (key, document) = (text(row, 0)?.unwrap_or_default(), text(row, 6)?);
    let row = StoredRow {
        key: &key,
        current_asn: number(row, 1)?,
        document: document.as_deref(),
    };
    Ok(audit_row(row, policy, |_| true))
}

/// A row of [`SESSION_COLUMNS`].
pub(crate) fn session_row(row: &SqliteRow) -> Result<SessionRow, sqlx::Error> {
    Ok(SessionRow {
        session_id: text(row, 0)?.unwrap_or_default(),
        source_ip: text(row, 1)?.and_then(|text| text.parse().ok()),
        sensor: text(row, 2)?,
        first_event_at: moment(row, 3)?,
        last_event_at: moment(row, 4)?,
        event_count: count(row, 5)?,
        snapshot_asn: asn_number(row, 6)?,
        snapshot_country: text(row, 7)?,
        enrichment_at: moment(row, 8)?,
    })
}

/// A document of others, whatever its text is.
pub(crate) fn foreign_document(
    row: &SqliteRow,
    column: usize,
) -> Result<Option<Value>, sqlx::Error> {
    Ok(text(row, column)?.map(|text| serde_json::from_str(&text).unwrap_or(Value::String(text))))
}

/// A row of [`HISTORY_COLUMNS`]; `None` if it is for no address or AS.
pub(crate) fn history_row(row: &SqliteRow) -> Result<Option<HistoryRow>, sqlx::Error> {
    let address = text(row, 0)?.and_then(|text| text.parse().ok());
    let (Some(address), Some(asn)) = (address, asn_number(row, 1)?) else {
        return Ok(None);
    };
    Ok(Some(HistoryRow {
        address,
        asn,
        observed_at: moment(row, 2)?.unwrap_or_default(),
        verification_source: text(row, 3)?,
    }))
}
