//! Reading rows, whatever shape their columns have.

use ipcascade_core::Timestamp;
use ipcascade_store::session_count::SessionCount;
use ipcascade_store::stored::{
    AuditedAddress, DocumentedSession, HistoryState, StoredAddress, StoredAsn, StoredHistory,
    StoredSession, count as count_of,
};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use crate::shape::Shape;

/// The columns of an address, in the order that [`stored_address`] reads; of the alias `i`.
pub(crate) const ADDRESS_COLUMNS: &str =
    "i.ip_address::text, i.current_asn::bigint, i.asn_last_verified::timestamptz,
     i.first_seen::timestamptz, i.last_seen::timestamptz, i.session_count::bigint,
     i.session_rows::bigint, i.sessions_without_row::bigint, i.enrichment::text,
     i.enrichment_updated_at::timestamptz, i.enrichment_version::text";

/// How many columns [`stored_address`] reads.
pub(crate) const ADDRESS_WIDTH: usize = 11;

/// What [`audited_address`] reads after those, when a few rows are read by their keys.
pub(crate) const AUDIT_COLUMNS: &str =
    "(SELECT count(*) FROM session_summaries s WHERE s.source_ip = i.ip_address),
     i.current_asn IS NULL
        OR EXISTS (SELECT 1 FROM asn_inventory a WHERE a.asn_number = i.current_asn),
     EXISTS (SELECT 1 FROM ip_asn_history h
             WHERE h.ip_address = i.ip_address AND h.asn_number = i.current_asn),
     EXISTS (SELECT 1 FROM ip_asn_history h WHERE h.ip_address = i.ip_address)";

/// The columns of an autonomous system, of the alias `a`.
pub(crate) const ASN_COLUMNS: &str =
    "a.asn_number::bigint, a.organization_name::text, a.organization_country::text,
     a.rir_registry::text, a.asn_type::text, coalesce(a.is_known_hosting, FALSE),
     coalesce(a.is_known_vpn, FALSE),
     a.first_seen::timestamptz, a.last_seen::timestamptz, a.unique_ip_count::bigint,
     a.total_session_count::bigint, a.enrichment::text, a.enrichment_updated_at::timestamptz";

/// The columns of a session, of the alias `s`.
pub(crate) fn session_columns(shape: &Shape) -> String {
    let sensor = if shape.has_sensor {
        "s.sensor::text"
    } else {
        "NULL::text"
    };
    format!(
        "s.session_id::text, s.source_ip::text, {sensor}, s.first_event_at::timestamptz,
         s.last_event_at::timestamptz, s.event_count::bigint, s.snapshot_asn::bigint,
         s.snapshot_country::text, s.enrichment_at::timestamptz"
    )
}

/// Reads an address.
pub(crate) fn stored_address(row: &PgRow) -> Result<StoredAddress, sqlx::Error> {
    let rows: Option<i64> = row.try_get(6)?;
    Ok(StoredAddress {
        key: row.try_get::<Option<_>, _>(0)?.unwrap_or_default(),
        current_asn: row.try_get(1)?,
        asn_last_verified: moment(row, 2)?,
        first_seen: moment(row, 3)?,
        last_seen: moment(row, 4)?,
        sessions: SessionCount {
            total: count_of(row.try_get(5)?),
            rows: rows.map(|rows| count_of(Some(rows))),
            without_row: count_of(row.try_get(7)?),
        },
        document: row.try_get(8)?,
        enrichment_updated_at: moment(row, 9)?,
        enrichment_version: row.try_get(10)?,
    })
}

/// Reads an address and [`AUDIT_COLUMNS`].
pub(crate) fn audited_address(row: &PgRow) -> Result<AuditedAddress, sqlx::Error> {
    let (is_current, is_any) = (
        row.try_get(ADDRESS_WIDTH + 2)?,
        row.try_get(ADDRESS_WIDTH + 3)?,
    );
    Ok(AuditedAddress {
        row: stored_address(row)?,
        session_rows: count_of(row.try_get(ADDRESS_WIDTH)?),
        has_asn_row: row.try_get(ADDRESS_WIDTH + 1)?,
        history: match (is_current, is_any) {
            (true, _) => HistoryState::Current,
            (false, true) => HistoryState::Outdated,
            (false, false) => HistoryState::Empty,
        },
    })
}

/// A count that ought not to be negative.
pub(crate) fn count(stored: i64) -> u64 {
    count_of(Some(stored))
}

fn moment(row: &PgRow, index: usize) -> Result<Option<Timestamp>, sqlx::Error> {
    row.try_get(index)
}

/// Reads an AS row.
pub(crate) fn stored_asn(row: &PgRow) -> Result<StoredAsn, sqlx::Error> {
    Ok(StoredAsn {
        number: row.try_get::<Option<_>, _>(0)?.unwrap_or_default(),
        organization_name: row.try_get(1)?,
        organization_country: row.try_get(2)?,
        rir_registry: row.try_get(3)?,
        asn_type: row.try_get(4)?,
        is_known_hosting: row.try_get(5)?,
        is_known_vpn: row.try_get(6)?,
        first_seen: moment(row, 7)?,
        last_seen: moment(row, 8)?,
        unique_ip_count: row.try_get(9)?,
        total_session_count: row.try_get(10)?,
        document: row.try_get(11)?,
        enrichment_updated_at: moment(row, 12)?,
    })
}

/// Reads a session.
pub(crate) fn stored_session(row: &PgRow) -> Result<StoredSession, sqlx::Error> {
    Ok(StoredSession {
        session_id: row.try_get(0)?,
        source_ip: row.try_get(1)?,
        sensor: row.try_get(2)?,
        first_event_at: moment(row, 3)?,
        last_event_at: moment(row, 4)?,
        event_count: row.try_get(5)?,
        snapshot_asn: row.try_get(6)?,
        snapshot_country: row.try_get(7)?,
        enrichment_at: moment(row, 8)?,
    })
}

/// Reads a session and its document.
pub(crate) fn documented_session(row: &PgRow) -> Result<DocumentedSession, sqlx::Error> {
    Ok(DocumentedSession {
        row: stored_session(row)?,
        document: row.try_get(9)?,
    })
}

/// The columns of an attribution, of the alias `h`.
pub(crate) const HISTORY_COLUMNS: &str = "h.ip_address::text, h.asn_number::bigint,
     h.observed_at::timestamptz, h.verification_source::text";

/// Reads an attribution.
pub(crate) fn stored_history(row: &PgRow) -> Result<StoredHistory, sqlx::Error> {
    Ok(StoredHistory {
        key: row.try_get::<Option<_>, _>(0)?.unwrap_or_default(),
        number: row.try_get(1)?,
        observed_at: moment(row, 2)?,
        verification_source: row.try_get(3)?,
    })
}
