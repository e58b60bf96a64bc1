//! Reading rows, whatever shape their columns have.

use ipcascade_core::bookkeeping::{RowAudit, StoredRow, audit_row};
use ipcascade_core::{
    Address, AddressRow, Asn, AsnRow, Document, DocumentDefect, HistoryRow, Policy, SessionRow,
    Timestamp,
};
use serde_json::{Map, Value};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use crate::shape::Shape;

/// The columns of an address, in the order that [`RawAddress`] reads; of the alias `i`.
pub(crate) const ADDRESS_COLUMNS: &str =
    "i.ip_address::text, i.current_asn::bigint, i.asn_last_verified::timestamptz,
     coalesce(i.first_seen, i.last_seen, 'epoch')::timestamptz,
     coalesce(i.last_seen, i.first_seen, 'epoch')::timestamptz,
     coalesce(i.session_count, 0)::bigint, i.enrichment::text,
     i.enrichment_updated_at::timestamptz";

/// The columns of an autonomous system, of the alias `a`.
pub(crate) const ASN_COLUMNS: &str =
    "a.asn_number::bigint, a.organization_name::text, a.organization_country::text,
     a.rir_registry::text, a.asn_type::text, coalesce(a.is_known_hosting, FALSE),
     coalesce(a.is_known_vpn, FALSE),
     coalesce(a.first_seen, a.last_seen, 'epoch')::timestamptz,
     coalesce(a.last_seen, a.first_seen, 'epoch')::timestamptz,
     coalesce(a.unique_ip_count, 0)::bigint, coalesce(a.total_session_count, 0)::bigint,
     a.enrichment::text";

/// The columns of a session, of the alias `s`.
pub(crate) fn session_columns(shape: &Shape) -> String {
    let sensor = if shape.has_sensor {
        "s.sensor::text"
    } else {
        "NULL::text"
    };
    format!(
        "s.session_id::text, s.source_ip::text, {sensor}, s.first_event_at::timestamptz,
         s.last_event_at::timestamptz, coalesce(s.event_count, 0)::bigint, s.snapshot_asn::bigint,
         s.snapshot_country::text, s.enrichment_at::timestamptz"
    )
}

/// A row of `ip_inventory` as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct RawAddress {
    pub(crate) text: String,
    pub(crate) current_asn: Option<i64>,
    asn_last_verified: Option<Timestamp>,
    pub(crate) first_seen: Timestamp,
    pub(crate) last_seen: Timestamp,
    pub(crate) session_count: i64,
    pub(crate) enrichment: Option<String>,
    enrichment_updated_at: Option<Timestamp>,
}

impl RawAddress {
    pub(crate) fn read(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            text: row.try_get(0)?,
            current_asn: row.try_get(1)?,
            asn_last_verified: moment(row, 2)?,
            first_seen: row.try_get(3)?,
            last_seen: row.try_get(4)?,
            session_count: row.try_get(5)?,
            enrichment: row.try_get(6)?,
            enrichment_updated_at: moment(row, 7)?,
        })
    }

    /// The address, if the text is one.
    pub(crate) fn address(&self) -> Option<Address> {
        self.text.parse().ok()
    }

    /// What is known of it, and what is wrong with how that is stored.
    pub(crate) fn document(&self) -> (Document, Option<DocumentDefect>) {
        Document::parse(self.enrichment.as_deref().unwrap_or_default())
    }

    /// What is wrong with it, and what it should be in columns of `shape`.
    pub(crate) fn audit(&self, policy: &Policy, shape: &Shape) -> RowAudit {
        let row = StoredRow {
            key: &self.text,
            current_asn: self.current_asn,
            document: self.enrichment.as_deref(),
        };
        audit_row(row, policy, |asn| shape.holds(asn))
    }

    /// The row, if its key is an address.
    pub(crate) fn into_row(self) -> Option<AddressRow> {
        Some(AddressRow {
            address: self.address()?,
            current_asn: self.current_asn.and_then(Asn::from_i64),
            asn_last_verified: self.asn_last_verified,
            first_seen: self.first_seen,
            last_seen: self.last_seen,
            session_count: count(self.session_count),
            enrichment: self.document().0,
            enrichment_updated_at: self.enrichment_updated_at,
        })
    }
}

/// A count that ought not to be negative.
pub(crate) fn count(stored: i64) -> u64 {
    u64::try_from(stored).unwrap_or_default()
}

/// A count for a column of 64 bits.
pub(crate) fn stored(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn moment(row: &PgRow, index: usize) -> Result<Option<Timestamp>, sqlx::Error> {
    row.try_get(index)
}

/// Reads an autonomous system; nothing if its number is none.
pub(crate) fn asn_row(row: &PgRow) -> Result<Option<AsnRow>, sqlx::Error> {
    let Some(asn) = Asn::from_i64(row.try_get(0)?) else {
        return Ok(None);
    };
    let enrichment: Option<String> = row.try_get(11)?;
    let enrichment: Map<String, Value> = enrichment
        .and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default();
    Ok(Some(AsnRow {
        asn,
        organization_name: row.try_get(1)?,
        organization_country: row.try_get(2)?,
        rir_registry: row.try_get(3)?,
        asn_type: row.try_get(4)?,
        is_known_hosting: row.try_get(5)?,
        is_known_vpn: row.try_get(6)?,
        first_seen: row.try_get(7)?,
        last_seen: row.try_get(8)?,
        unique_ip_count: count(row.try_get(9)?),
        total_session_count: count(row.try_get(10)?),
        enrichment,
    }))
}

/// Reads a session.
pub(crate) fn session_row(row: &PgRow) -> Result<SessionRow, sqlx::Error> {
    let source_ip: Option<String> = row.try_get(1)?;
    let snapshot_asn: Option<i64> = row.try_get(6)?;
    Ok(SessionRow {
        session_id: row.try_get(0)?,
        source_ip: source_ip.and_then(|text| text.parse().ok()),
        sensor: row.try_get(2)?,
        first_event_at: moment(row, 3)?,
        last_event_at: moment(row, 4)?,
        event_count: count(row.try_get(5)?),
        snapshot_asn: snapshot_asn.and_then(Asn::from_i64),
        snapshot_country: row.try_get(7)?,
        enrichment_at: moment(row, 8)?,
    })
}

/// Reads an attribution; nothing if its key is no address or its number no AS.
pub(crate) fn history_row(row: &PgRow) -> Result<Option<HistoryRow>, sqlx::Error> {
    let address: String = row.try_get(0)?;
    let (Ok(address), Some(asn)) = (address.parse(), Asn::from_i64(row.try_get(1)?)) else {
        return Ok(None);
    };
    Ok(Some(HistoryRow {
        address,
        asn,
        observed_at: row.try_get(2)?,
        verification_source: row.try_get(3)?,
    }))
}
