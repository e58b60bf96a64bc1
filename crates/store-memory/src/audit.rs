//! Rows with what checks and repairs need to know.

use std::collections::BTreeMap;

use async_trait::async_trait;
use ipcascade_core::clock::{Timestamp, rfc3339};
use ipcascade_store::engine::AuditRows;
use ipcascade_store::locking::Lock;
use ipcascade_store::plan::AsnSums;
use ipcascade_store::stored_rows::AuditedAddress;
use serde_json::{Value, json};

use crate::error::EngineResult;
use crate::pages::page;
use crate::tables::AddressEntry;
use crate::transaction::MemoryTx;

#[async_trait]
impl AuditRows for MemoryTx {
    async fn free_addresses(&mut self, keys: &[String]) -> EngineResult<Vec<String>> {
        Ok(keys.to_vec())
    }

    async fn audited(&mut self, keys: &[String], _lock: Lock) -> EngineResult<Vec<AuditedAddress>> {
        let tables = &self.tables;
        let found = keys.iter().filter_map(|key| tables.addresses.get(key));
        let audited = found.map(|entry| tables.audited(entry, tables.session_rows(&entry.row.key)));
        Ok(audited.collect())
    }

    async fn audited_page(
        &mut self,
        after: Option<&str>,
        limit: u64,
    ) -> EngineResult<(Vec<AuditedAddress>, Option<String>)> {
        let tables = &self.tables;
        let rows = tables.all_session_rows();
        let (page, last) = page(&tables.addresses, after.map(str::to_owned), limit);
        let rows_of = |entry: &AddressEntry| rows.get(entry.row.key.as_str()).copied();
        let audited = page
            .into_iter()
            .map(|entry| tables.audited(entry, rows_of(entry).unwrap_or(0)));
        Ok((audited.collect(), last))
    }

    async fn scan_addresses(
        &mut self,
        visit: &mut (dyn FnMut(AuditedAddress) + Send),
    ) -> EngineResult<()> {
        let rows = self.tables.all_session_rows();
        for (key, entry) in &self.tables.addresses {
            let session_rows = rows.get(key.as_str()).copied().unwrap_or(0);
            visit(self.tables.audited(entry, session_rows));
        }
        Ok(())
    }

    async fn asn_sums(&mut self, numbers: &[i64]) -> EngineResult<BTreeMap<i64, AsnSums>> {
        let mut sums: BTreeMap<i64, AsnSums> = numbers
            .iter()
            .map(|&number| (number, AsnSums::default()))
            .collect();
        for entry in self.tables.addresses.values() {
            let number = entry.row.current_asn;
            if let Some(sums) = number.and_then(|number| sums.get_mut(&number)) {
                sums.add(entry.row.sessions.total, entry.row.seen());
            }
        }
        Ok(sums)
    }

    async fn whole_address(&mut self, key: &str) -> EngineResult<Option<Value>> {
        Ok(self.tables.addresses.get(key).map(whole))
    }
}

/// A row with every column.
fn whole(entry: &AddressEntry) -> Value {
    let AddressEntry { row, updated_at } = entry;
    let timestamp = |at: Option<Timestamp>| at.map(rfc3339);
    json!({
        "ip_address": row.key,
        "current_asn": row.current_asn,
        "asn_last_verified": timestamp(row.asn_last_verified),
        "first_seen": timestamp(row.first_seen),
        "last_seen": timestamp(row.last_seen),
        "session_count": row.sessions.total,
        "session_rows": row.sessions.rows,
        "sessions_without_row": row.sessions.without_row,
        "enrichment": row.document,
        "enrichment_updated_at": timestamp(row.enrichment_updated_at),
        "enrichment_version": row.enrichment_version,
        "updated_at": timestamp(*updated_at),
    })
}
