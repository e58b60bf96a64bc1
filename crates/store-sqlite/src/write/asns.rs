//! Writes sets of AS rows.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use ipcascade_core::asn::Asn;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::{AsnRecord, AsnRow};
use ipcascade_store::engine::{AsnColumns, ReadAsns as _, WriteAsns};
use ipcascade_store::schema::ASN_INVENTORY;
use ipcascade_store::stored_rows::{StoredAsn, stored};
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, SqliteConnection};

use crate::bulk::{Insert, Update};
use crate::columns::own;
use crate::dialect::timestamp_text;
use crate::error::EngineResult;
use crate::transaction::SqliteTx;

/// The assignments of what describes an AS.
const DESCRIPTION: &str = "organization_name = j.row ->> 1, organization_country = j.row ->> 2, \
     rir_registry = j.row ->> 3, asn_type = j.row ->> 4, is_known_hosting = j.row ->> 5, \
     is_known_vpn = j.row ->> 6, enrichment = j.row ->> 7";
/// The assignments of when its addresses were seen.
const SPAN: &str = "first_seen = j.row ->> 8, last_seen = j.row ->> 9";

#[async_trait]
impl WriteAsns for SqliteTx {
    async fn insert_asns(
        &mut self,
        rows: &[AsnRow],
        now: Timestamp,
    ) -> EngineResult<BTreeSet<Asn>> {
        let numbers: Vec<i64> = rows.iter().map(|row| row.asn.into()).collect();
        let existing = self.existing_asns(&numbers).await?;
        let is_missing = |row: &&AsnRow| !existing.contains(&i64::from(row.asn));
        let rows: Vec<&AsnRow> = rows.iter().filter(is_missing).collect();
        let columns = Arc::clone(&self.columns);
        let connection = self.write().await?;
        let now = timestamp_text(now);
        Insert {
            into: "INSERT INTO asn_inventory",
            columns: &own(ASN_INVENTORY),
            constant: &columns.foreign_asns,
            tail: "",
        }
        .run(connection, &rows, |query, row| {
            let updated = (!row.enrichment.is_empty()).then(|| now.clone());
            query
                .bind(i64::from(row.asn))
                .bind(row.organization_name.clone())
                .bind(row.organization_country.clone())
                .bind(row.rir_registry.clone())
                .bind(row.asn_type.clone())
                .bind(row.is_known_hosting)
                .bind(row.is_known_vpn)
                .bind(timestamp_text(row.first_seen))
                .bind(timestamp_text(row.last_seen))
                .bind(stored(row.unique_ip_count))
                .bind(stored(row.total_session_count))
                .bind(Value::Object(row.enrichment.clone()).to_string())
                .bind(updated)
                .bind(now.clone())
                .bind(now.clone())
        })
        .await?;
        Ok(rows.iter().map(|row| row.asn).collect())
    }

    async fn update_asns(
        &mut self,
        rows: &[AsnRow],
        columns: AsnColumns,
        now: Timestamp,
    ) -> EngineResult<()> {
        let connection = self.write().await?;
        if rows.is_empty() {
            return Ok(());
        }
        let metadata = format!("{DESCRIPTION}, enrichment_updated_at = ?2, ");
        let statistics =
            format!("unique_ip_count = j.row ->> 10, total_session_count = j.row ->> 11, {SPAN}, ");
        let set = match columns {
            AsnColumns::Metadata => metadata,
            AsnColumns::Statistics => statistics,
            AsnColumns::All => metadata + &statistics,
        };
        let list = rows.iter().map(|row| {
            let mut values = described(row);
            values.extend([row.unique_ip_count.into(), row.total_session_count.into()]);
            Value::Array(values)
        });
        Ok(update(connection, &set, list.collect(), now).await?)
    }

    async fn count_asns(&mut self, rows: &[StoredAsn], now: Timestamp) -> EngineResult<()> {
        let connection = self.write().await?;
        let now = timestamp_text(now);
        Update {
            table: ASN_INVENTORY.name,
            key: "asn_number",
            columns: &["unique_ip_count", "total_session_count", "updated_at"],
            kept_if_null: &["first_seen", "last_seen"],
        }
        .run(connection, rows, |query, row| {
            query
                .bind(row.number)
                .bind(row.unique_ip_count)
                .bind(row.total_session_count)
                .bind(now.clone())
                .bind(row.first_seen.map(timestamp_text))
                .bind(row.last_seen.map(timestamp_text))
        })
        .await?;
        Ok(())
    }

    async fn write_asn_records(
        &mut self,
        records: &[AsnRecord],
        now: Timestamp,
    ) -> EngineResult<()> {
        let connection = self.write().await?;
        if records.is_empty() {
            return Ok(());
        }
        let list = records.iter().map(|record| {
            let mut values = described(&record.row);
            values.push(json!(record.enrichment_updated_at.map(timestamp_text)));
            Value::Array(values)
        });
        let set = format!("{DESCRIPTION}, {SPAN}, enrichment_updated_at = j.row ->> 10, ");
        Ok(update(connection, &set, list.collect(), now).await?)
    }
}

/// The values of a row that [`DESCRIPTION`] and [`SPAN`] assign, after its number.
fn described(row: &AsnRow) -> Vec<Value> {
    vec![
        json!(row.asn),
        json!(row.organization_name),
        json!(row.organization_country),
        json!(row.rir_registry),
        json!(row.asn_type),
        i64::from(row.is_known_hosting).into(),
        i64::from(row.is_known_vpn).into(),
        Value::Object(row.enrichment.clone()).to_string().into(),
        timestamp_text(row.first_seen).into(),
        timestamp_text(row.last_seen).into(),
    ]
}

/// Assigns `set` to the rows with the numbers that `rows` begin with.
async fn update(
    connection: &mut SqliteConnection,
    set: &str,
    rows: Vec<Value>,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let sql = format!(
        "UPDATE asn_inventory SET {set}updated_at = ?2 \
         FROM (SELECT value ->> 0 AS asn, value AS row FROM json_each(?1)) AS j WHERE asn_number = j.asn"
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(Value::Array(rows).to_string())
        .bind(timestamp_text(now))
        .execute(connection)
        .await?;
    Ok(())
}
