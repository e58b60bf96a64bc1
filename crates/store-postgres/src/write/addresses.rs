//! Writes sets of address rows.

use async_trait::async_trait;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::HistoryRow;
use ipcascade_store::DOCUMENT_VERSION;
use ipcascade_store::engine::{CountedAddress, Touched, WriteAddresses};
use ipcascade_store::schema::{IP_ASN_HISTORY, IP_INVENTORY};
use ipcascade_store::session_count::SessionCount;
use ipcascade_store::stored_rows::stored;
use sqlx::AssertSqlSafe;

use crate::connection::Connection;
use crate::copy::copy;
use crate::error::EngineResult;
use crate::transaction::PgTx;
use crate::write::arrays::column;
use crate::write::inserted_rows::all_inserted;

const UNNEST: &str = "unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::timestamptz[],
        $5::timestamptz[], $6::text[], $7::timestamptz[], $8::bigint[], $9::bigint[], $10::bigint[])
        AS n (ip, asn, verified, first_seen, last_seen, enrichment, enriched, sessions, rows,
              without_row)";

#[async_trait]
impl WriteAddresses for PgTx {
    async fn insert_addresses(
        &mut self,
        new: &[CountedAddress<'_>],
        now: Timestamp,
    ) -> EngineResult<()> {
        if self.copies(IP_INVENTORY) {
            return copy_addresses(&mut self.transaction, new, now).await;
        }
        let (connection, columns) = (&mut *self.transaction, &*self.columns);
        if new.is_empty() {
            return Ok(());
        }
        let (names, values) = columns.filler(IP_INVENTORY.name);
        let document = &columns.address_document;
        let sql = format!(
            "INSERT INTO ip_inventory (ip_address, current_asn, asn_last_verified, first_seen,
                last_seen, session_count, session_rows, sessions_without_row, enrichment,
                enrichment_updated_at, enrichment_version, created_at, updated_at{names})
             SELECT n.ip, n.asn, n.verified, n.first_seen, n.last_seen, coalesce(n.sessions, 0),
                CASE WHEN n.sessions IS NULL THEN 0 ELSE n.rows END, coalesce(n.without_row, 0),
                n.enrichment::{document}, n.enriched, '{DOCUMENT_VERSION}', $11, $11{values}
             FROM {UNNEST}
             ORDER BY n.ip
             ON CONFLICT DO NOTHING"
        );
        let inserted = bind_addresses(sqlx::query(AssertSqlSafe(sql)), new)
            .bind(now)
            .execute(connection)
            .await?;
        all_inserted(&inserted, new.len())
    }

    async fn update_addresses(
        &mut self,
        changed: &[CountedAddress<'_>],
        now: Timestamp,
    ) -> EngineResult<()> {
        let (connection, columns) = (&mut *self.transaction, &*self.columns);
        if changed.is_empty() {
            return Ok(());
        }
        let document = &columns.address_document;
        let version = match columns.has_column(IP_INVENTORY, "enrichment_version") {
            true => format!(", enrichment_version = '{DOCUMENT_VERSION}'"),
            false => String::new(),
        };
        let sql = format!(
            "UPDATE ip_inventory i
             SET current_asn = n.asn, asn_last_verified = n.verified, first_seen = n.first_seen,
                 last_seen = n.last_seen, enrichment = n.enrichment::{document},
                 session_count = coalesce(n.sessions, i.session_count),
                 session_rows = coalesce(n.rows, i.session_rows),
                 sessions_without_row = coalesce(n.without_row, i.sessions_without_row),
                 enrichment_updated_at = n.enriched{version}, updated_at = $11
             FROM {UNNEST}
             WHERE i.ip_address = n.ip"
        );
        bind_addresses(sqlx::query(AssertSqlSafe(sql)), changed)
            .bind(now)
            .execute(connection)
            .await?;
        Ok(())
    }

    async fn touch_addresses(&mut self, touched: &[Touched], now: Timestamp) -> EngineResult<()> {
        let connection = &mut *self.transaction;
        if touched.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "UPDATE ip_inventory i
             SET first_seen = coalesce(n.first_seen, i.first_seen),
                 last_seen = coalesce(n.last_seen, i.last_seen),
                 session_count = coalesce(n.sessions, i.session_count),
                 session_rows = coalesce(n.rows, i.session_rows),
                 sessions_without_row = coalesce(n.without_row, i.sessions_without_row),
                 updated_at = CASE WHEN n.first_seen IS NULL THEN i.updated_at ELSE $7 END
             FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[], $4::bigint[], $5::bigint[],
                $6::bigint[]) AS n (ip, first_seen, last_seen, sessions, rows, without_row)
             WHERE i.ip_address = n.ip",
        )
        .bind(column(touched, |touched| touched.key.clone()))
        .bind(column(touched, |touched| {
            touched.seen.map(|seen| seen.first)
        }))
        .bind(column(touched, |touched| {
            touched.seen.map(|seen| seen.last)
        }))
        .bind(column(touched, |touched| {
            touched.sessions.map(|sessions| stored(sessions.total))
        }))
        .bind(column(touched, |touched| {
            touched
                .sessions
                .and_then(|sessions| sessions.rows.map(stored))
        }))
        .bind(column(touched, |touched| {
            touched
                .sessions
                .map(|sessions| stored(sessions.without_row))
        }))
        .bind(now)
        .execute(connection)
        .await?;
        Ok(())
    }

    async fn write_versions(&mut self, versions: &[(String, String)]) -> EngineResult<()> {
        let connection = &mut *self.transaction;
        if versions.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "UPDATE ip_inventory i SET enrichment_version = n.version
             FROM unnest($1::text[], $2::text[]) AS n (ip, version) WHERE i.ip_address = n.ip",
        )
        .bind(column(versions, |(key, _)| key.clone()))
        .bind(column(versions, |(_, version)| version.clone()))
        .execute(connection)
        .await?;
        Ok(())
    }

    async fn insert_history(&mut self, rows: &[&HistoryRow]) -> EngineResult<()> {
        let (connection, columns) = (&mut *self.transaction, &*self.columns);
        if rows.is_empty() {
            return Ok(());
        }
        let (names, values) = columns.filler(IP_ASN_HISTORY.name);
        let sql = format!(
            "INSERT INTO ip_asn_history (ip_address, asn_number, observed_at, verification_source{names})
             SELECT n.*{values}
             FROM unnest($1::text[], $2::bigint[], $3::timestamptz[], $4::text[]) AS n
             ON CONFLICT DO NOTHING"
        );
        sqlx::query(AssertSqlSafe(sql))
            .bind(column(rows, |row| row.address.to_string()))
            .bind(column(rows, |row| i64::from(row.asn)))
            .bind(column(rows, |row| row.observed_at))
            .bind(column(rows, |row| {
                let unnamed = columns.attributions_need_sources.then(String::new);
                row.verification_source.clone().or(unnamed)
            }))
            .execute(connection)
            .await?;
        Ok(())
    }
}

/// Adds new addresses (ascending) by `COPY`, where that is possible.
async fn copy_addresses(
    connection: &mut Connection,
    new: &[CountedAddress<'_>],
    now: Timestamp,
) -> EngineResult<()> {
    if new.is_empty() {
        return Ok(());
    }
    let columns = IP_INVENTORY.column_names().collect::<Vec<_>>().join(", ");
    let into = format!("{} ({columns})", IP_INVENTORY.name);
    copy(connection, &into, new, |rows, counted| {
        let row = counted.row;
        let sessions = counted.sessions.unwrap_or(SessionCount::of_rows(0));
        rows.text(Some(&row.address.to_string()));
        rows.number(row.current_asn.map(i64::from));
        rows.timestamp(row.asn_last_verified);
        rows.timestamp(Some(row.first_seen));
        rows.timestamp(Some(row.last_seen));
        rows.number(Some(stored(sessions.total)));
        rows.number(sessions.rows.map(stored));
        rows.number(Some(stored(sessions.without_row)));
        rows.text(Some(&row.enrichment.to_json()));
        rows.timestamp(row.enrichment_updated_at);
        rows.text(Some(DOCUMENT_VERSION));
        rows.timestamp(Some(now));
        rows.timestamp(Some(now));
    })
    .await
}

type Query<'q> = sqlx::query::Query<'q, sqlx::Postgres, sqlx::postgres::PgArguments>;

fn bind_addresses<'q>(query: Query<'q>, rows: &[CountedAddress<'_>]) -> Query<'q> {
    let sessions = |value: fn(SessionCount) -> Option<u64>| {
        column(rows, |counted| counted.sessions.and_then(value).map(stored))
    };
    query
        .bind(column(rows, |counted| counted.row.address.to_string()))
        .bind(column(rows, |counted| {
            counted.row.current_asn.map(i64::from)
        }))
        .bind(column(rows, |counted| counted.row.asn_last_verified))
        .bind(column(rows, |counted| counted.row.first_seen))
        .bind(column(rows, |counted| counted.row.last_seen))
        .bind(column(rows, |counted| counted.row.enrichment.to_json()))
        .bind(column(rows, |counted| counted.row.enrichment_updated_at))
        .bind(sessions(|sessions| Some(sessions.total)))
        .bind(sessions(|sessions| sessions.rows))
        .bind(sessions(|sessions| Some(sessions.without_row)))
}
