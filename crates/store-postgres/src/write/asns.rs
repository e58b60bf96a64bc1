//! Writes sets of AS rows.

use std::collections::BTreeSet;

use async_trait::async_trait;
use ipcascade_core::asn::Asn;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::{AsnRecord, AsnRow};
use ipcascade_store::engine::{AsnColumns, WriteAsns};
use ipcascade_store::schema::ASN_INVENTORY;
use ipcascade_store::stored_rows::{StoredAsn, stored};
use sqlx::postgres::PgArguments;
use sqlx::{Arguments as _, AssertSqlSafe};

use crate::error::EngineResult;
use crate::transaction::PgTx;
use crate::write::arrays::{column, text_of};

/// What [`described`] binds, and the names under which statements read it.
const VALUES: &str = "$1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[],
    $7::boolean[], $8::timestamptz[], $9::timestamptz[], $10::text[]";
const NAMES: &str =
    "asn, name, country, registry, kind, hosting, vpn, first_seen, last_seen, enrichment";
/// The assignments of what describes an AS.
const DESCRIPTION: &str = "organization_name = n.name, organization_country = n.country,
    rir_registry = n.registry, asn_type = n.kind, is_known_hosting = n.hosting, is_known_vpn = n.vpn";

#[async_trait]
impl WriteAsns for PgTx {
    async fn insert_asns(
        &mut self,
        rows: &[AsnRow],
        now: Timestamp,
    ) -> EngineResult<BTreeSet<Asn>> {
        let (connection, columns) = (&mut *self.transaction, &*self.columns);
        if rows.is_empty() {
            return Ok(BTreeSet::new());
        }
        let (names, values) = columns.filler(ASN_INVENTORY.name);
        let document = &columns.asn_document;
        let sql = format!(
            "INSERT INTO asn_inventory (asn_number, organization_name, organization_country,
                rir_registry, asn_type, is_known_hosting, is_known_vpn, first_seen, last_seen,
                unique_ip_count, total_session_count, enrichment, enrichment_updated_at, created_at,
                updated_at{names})
             SELECT n.asn, n.name, n.country, n.registry, n.kind, n.hosting, n.vpn, n.first_seen,
                n.last_seen, n.addresses, n.sessions, n.enrichment::{document},
                CASE WHEN n.enrichment <> '{{}}' THEN $13 END, $13, $13{values}
             FROM unnest({VALUES}, $11::bigint[], $12::bigint[]) AS n ({NAMES}, addresses, sessions)
             WHERE NOT EXISTS (SELECT 1 FROM asn_inventory a WHERE a.asn_number = n.asn)
             ORDER BY n.asn
             ON CONFLICT DO NOTHING RETURNING asn_number::bigint"
        );
        let created: Vec<i64> = sqlx::query_scalar_with(AssertSqlSafe(sql), described(rows)?)
            .bind(column(rows, |row| stored(row.unique_ip_count)))
            .bind(column(rows, |row| stored(row.total_session_count)))
            .bind(now)
            .fetch_all(connection)
            .await?;
        Ok(created.into_iter().filter_map(Asn::from_i64).collect())
    }

    async fn update_asns(
        &mut self,
        rows: &[AsnRow],
        which: AsnColumns,
        now: Timestamp,
    ) -> EngineResult<()> {
        let (connection, columns) = (&mut *self.transaction, &*self.columns);
        if rows.is_empty() {
            return Ok(());
        }
        let document = &columns.asn_document;
        let metadata = format!(
            "{DESCRIPTION}, enrichment = n.enrichment::{document}, enrichment_updated_at = $13, "
        );
        let statistics = "first_seen = n.first_seen, last_seen = n.last_seen,
             unique_ip_count = n.addresses, total_session_count = n.sessions, ";
        let set = match which {
            AsnColumns::Metadata => metadata,
            AsnColumns::Statistics => statistics.to_owned(),
            AsnColumns::All => metadata + statistics,
        };
        let sql = format!(
            "UPDATE asn_inventory a SET {set}updated_at = $13
             FROM unnest({VALUES}, $11::bigint[], $12::bigint[]) AS n ({NAMES}, addresses, sessions)
             WHERE a.asn_number = n.asn"
        );
        sqlx::query_with(AssertSqlSafe(sql), described(rows)?)
            .bind(column(rows, |row| stored(row.unique_ip_count)))
            .bind(column(rows, |row| stored(row.total_session_count)))
            .bind(now)
            .execute(connection)
            .await?;
        Ok(())
    }

    async fn count_asns(&mut self, rows: &[StoredAsn], now: Timestamp) -> EngineResult<()> {
        let connection = &mut *self.transaction;
        if rows.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "UPDATE asn_inventory a
             SET unique_ip_count = n.addresses, total_session_count = n.sessions,
                 first_seen = coalesce(n.first_seen, a.first_seen),
                 last_seen = coalesce(n.last_seen, a.last_seen), updated_at = $6
             FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::timestamptz[], $5::timestamptz[])
                AS n (asn, addresses, sessions, first_seen, last_seen)
             WHERE a.asn_number = n.asn",
        )
        .bind(column(rows, |row| row.number))
        .bind(column(rows, |row| row.unique_ip_count))
        .bind(column(rows, |row| row.total_session_count))
        .bind(column(rows, |row| row.first_seen))
        .bind(column(rows, |row| row.last_seen))
        .bind(now)
        .execute(connection)
        .await?;
        Ok(())
    }

    async fn write_asn_records(&mut self, rows: &[AsnRecord], now: Timestamp) -> EngineResult<()> {
        let (connection, columns) = (&mut *self.transaction, &*self.columns);
        if rows.is_empty() {
            return Ok(());
        }
        let document = &columns.asn_document;
        let sql = format!(
            "UPDATE asn_inventory a
             SET {DESCRIPTION}, first_seen = n.first_seen, last_seen = n.last_seen,
                 enrichment = n.enrichment::{document}, enrichment_updated_at = n.enriched,
                 updated_at = $12
             FROM unnest({VALUES}, $11::timestamptz[]) AS n ({NAMES}, enriched)
             WHERE a.asn_number = n.asn"
        );
        sqlx::query_with(
            AssertSqlSafe(sql),
            described(rows.iter().map(|record| &record.row))?,
        )
        .bind(column(rows, |r| r.enrichment_updated_at))
        .bind(now)
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// The first ten values of statements on AS rows, as [`VALUES`] has them.
fn described<'r>(rows: impl IntoIterator<Item = &'r AsnRow>) -> EngineResult<PgArguments> {
    let rows: Vec<&AsnRow> = rows.into_iter().collect();
    let mut arguments = PgArguments::default();
    for added in [
        arguments.add(column(&rows, |row| i64::from(row.asn))),
        arguments.add(column(&rows, |row| row.organization_name.clone())),
        arguments.add(column(&rows, |row| row.organization_country.clone())),
        arguments.add(column(&rows, |row| row.rir_registry.clone())),
        arguments.add(column(&rows, |row| row.asn_type.clone())),
        arguments.add(column(&rows, |row| row.is_known_hosting)),
        arguments.add(column(&rows, |row| row.is_known_vpn)),
        arguments.add(column(&rows, |row| row.first_seen)),
        arguments.add(column(&rows, |row| row.last_seen)),
        arguments.add(column(&rows, |row| text_of(&row.enrichment))),
    ] {
        added.map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}
