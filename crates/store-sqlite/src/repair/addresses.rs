//! Mending single rows of addresses: spelling, document, attribution.

use std::collections::BTreeMap;

use ipcascade_core::bookkeeping::{StoredRow, audit_row};
use ipcascade_core::{
    Address, AddressRow, AsnRow, Check, Document, HistoryRow, StoreResult, VerifyOptions,
    parse_timestamp,
};
use serde_json::{Map, Value};
use sqlx::{AssertSqlSafe, Row as _, SqliteConnection};

use super::{ACTION, Work};
use crate::SqliteStore;
use crate::error::Explain as _;
use crate::moment;
use crate::record::{ForeignColumns, addresses, asns, insert_asns, insert_history};
use crate::rows::{ADDRESS_COLUMNS, address_row, audit, text};

impl SqliteStore {
    pub(super) async fn mend_addresses(
        &self,
        options: &VerifyOptions<'_>,
        work: &mut Work<'_>,
    ) -> StoreResult<()> {
        let sql = format!(
            "SELECT {ADDRESS_COLUMNS}, i.rowid FROM ip_inventory i WHERE i.rowid > ? ORDER BY i.rowid LIMIT ?"
        );
        let batch = i64::try_from(options.batch_size.max(1)).unwrap_or(i64::MAX);
        let mut last = i64::MIN;
        while work.goes_on() {
            let rows = sqlx::query(AssertSqlSafe(sql.clone()))
                .bind(last)
                .bind(batch)
                .fetch_all(self.reading())
                .await
                .explain(&self.path, ACTION)?;
            let Some(end) = rows.last() else { break };
            last = end.try_get(8).explain(&self.path, ACTION)?;
            let mut faulty = Vec::new();
            for row in &rows {
                let found = audit(row, options.policy).explain(&self.path, ACTION)?;
                if found.address.is_some() && !found.faults.is_empty() {
                    let key = text(row, 0).explain(&self.path, ACTION)?;
                    faulty.push(key.unwrap_or_default());
                }
            }
            if faulty.is_empty() {
                continue;
            }
            let mut transaction = self.begin(ACTION).await?;
            let mended = mend_batch(&mut transaction, &self.foreign, &faulty, options)
                .await
                .explain(&self.path, ACTION)?;
            transaction.commit().await.explain(&self.path, ACTION)?;
            for (check, rows) in mended {
                work.count(check, rows);
            }
        }
        Ok(())
    }
}

async fn mend_batch(
    connection: &mut SqliteConnection,
    foreign: &ForeignColumns,
    spellings: &[String],
    options: &VerifyOptions<'_>,
) -> Result<BTreeMap<Check, u64>, sqlx::Error> {
    // A key and the rows that refer to it change one after the other.
    sqlx::query("PRAGMA defer_foreign_keys = ON")
        .execute(&mut *connection)
        .await?;
    let sql = format!("SELECT {ADDRESS_COLUMNS} FROM ip_inventory i WHERE i.ip_address = ?");
    let mut mended = BTreeMap::new();
    for spelling in spellings {
        // It is read again: somebody may have written to it since it was looked at.
        let row = sqlx::query(AssertSqlSafe(sql.clone()))
            .bind(spelling)
            .fetch_optional(&mut *connection)
            .await?;
        let Some(row) = row else { continue };
        let found = audit(&row, options.policy)?;
        let Some(stored) = address_row(&row)?.filter(|_| !found.faults.is_empty()) else {
            continue;
        };
        mend(connection, foreign, spelling, stored, options).await?;
        for (check, _) in found.faults {
            *mended.entry(check).or_default() += 1;
        }
    }
    Ok(mended)
}

async fn mend(
    connection: &mut SqliteConnection,
    foreign: &ForeignColumns,
    spelling: &str,
    before: AddressRow,
    options: &VerifyOptions<'_>,
) -> Result<(), sqlx::Error> {
    let canonical = before.address.to_string();
    let mut row = before.clone();
    if canonical != spelling {
        let twin = addresses(connection, std::iter::once(row.address))
            .await?
            .remove(&row.address);
        if let Some(twin) = twin {
            row = merged(twin, &row);
        }
        respell(connection, spelling, row.address).await?;
    }
    let document = row.enrichment.to_json();
    let merged = StoredRow {
        key: &canonical,
        current_asn: row.current_asn.map(i64::from),
        document: Some(&document),
    };
    let found = audit_row(merged, options.policy, |_| true);
    row.enrichment = found.document;
    row.current_asn = found.current_asn;
    if row.current_asn == before.current_asn {
        return write(connection, foreign, &row, options).await;
    }
    row.asn_last_verified = Some(options.now);
    write(connection, foreign, &row, options).await?;
    let attribution = row.current_asn.zip(found.source);
    let history = attribution.map(|(asn, source)| HistoryRow {
        address: row.address,
        asn,
        observed_at: options.now,
        verification_source: Some(source.as_str().to_owned()),
    });
    insert_history(connection, foreign, &history.iter().collect::<Vec<_>>()).await
}

/// The row of `twin`, which has the canonical spelling, with what `odd` knows besides.
fn merged(mut twin: AddressRow, odd: &AddressRow) -> AddressRow {
    twin.first_seen = twin.first_seen.min(odd.first_seen);
    twin.last_seen = twin.last_seen.max(odd.last_seen);
    twin.current_asn = twin.current_asn.or(odd.current_asn);
    let mut sections = object(&twin.enrichment);
    for (name, section) in object(&odd.enrichment) {
        let moment = |section: &Value| section.get("cached_at")?.as_str().and_then(parse_timestamp);
        let is_newer = sections
            .get(&name)
            .is_none_or(|known| moment(known) < moment(&section));
        if is_newer {
            sections.insert(name, section);
        }
    }
    twin.enrichment = Document::from_value(Value::Object(sections)).0;
    twin
}

fn object(document: &Document) -> Map<String, Value> {
    match serde_json::to_value(document) {
        Ok(Value::Object(sections)) => sections,
        _ => Map::new(),
    }
}

/// Gives the row spelled `odd` the canonical key, or drops it if a row has that key already, whose
/// sessions and history it then adds to.
async fn respell(
    connection: &mut SqliteConnection,
    odd: &str,
    address: Address,
) -> Result<(), sqlx::Error> {
    let canonical = address.to_string();
    for sql in [
        "UPDATE OR IGNORE ip_inventory SET ip_address = ?2 WHERE ip_address = ?1",
        "UPDATE session_summaries SET source_ip = ?2 WHERE source_ip = ?1",
        "UPDATE OR IGNORE ip_asn_history SET ip_address = ?2 WHERE ip_address = ?1",
    ] {
        sqlx::query(sql)
            .bind(odd)
            .bind(&canonical)
            .execute(&mut *connection)
            .await?;
    }
    for sql in [
        "DELETE FROM ip_asn_history WHERE ip_address = ?1",
        "DELETE FROM ip_inventory WHERE ip_address = ?1",
    ] {
        sqlx::query(sql).bind(odd).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn write(
    connection: &mut SqliteConnection,
    foreign: &ForeignColumns,
    row: &AddressRow,
    options: &VerifyOptions<'_>,
) -> Result<(), sqlx::Error> {
    let now = moment::text(options.now);
    if let Some(asn) = row.current_asn
        && asns(connection, std::iter::once(asn)).await?.is_empty()
    {
        let mut new = AsnRow::new(asn, row.first_seen);
        new.last_seen = row.last_seen;
        let evidence = options
            .policy
            .asn_evidence(asn, row.address, &row.enrichment);
        new.absorb(&evidence, options.policy, false);
        insert_asns(connection, foreign, &[new], options.now).await?;
    }
    sqlx::query(
        "UPDATE ip_inventory SET current_asn = ?2, asn_last_verified = ?3, first_seen = ?4, \
         last_seen = ?5, enrichment = ?6, enrichment_updated_at = ?7, updated_at = ?8 WHERE ip_address = ?1",
    )
    .bind(row.address.to_string())
    .bind(row.current_asn.map(i64::from))
    .bind(row.asn_last_verified.map(moment::text))
    .bind(moment::text(row.first_seen))
    .bind(moment::text(row.last_seen))
    .bind(row.enrichment.to_json())
    .bind(row.enrichment_updated_at.map(moment::text))
    .bind(now)
    .execute(connection)
    .await?;
    Ok(())
}
