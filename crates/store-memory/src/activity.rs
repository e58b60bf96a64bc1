//! When sessions took place, and which addresses have been attributed more than once.

use std::collections::BTreeMap;

use async_trait::async_trait;
use ipcascade_core::store::TimeUnit;
use ipcascade_store::engine::ReadActivity;
use ipcascade_store::listing::{ColumnFilter, Listing, StoredRow};
use ipcascade_store::schema::SESSION_SUMMARIES;
use ipcascade_store::stored_rows::StoredActivity;

use crate::error::EngineResult;
use crate::transaction::MemoryTx;

#[async_trait]
impl ReadActivity for MemoryTx {
    async fn activity(
        &mut self,
        filters: &[ColumnFilter],
        unit: TimeUnit,
        visit: &mut (dyn for<'r> FnMut(&'r StoredActivity) + Send),
    ) -> EngineResult<()> {
        for row in self
            .tables
            .list(&Listing::filtered(SESSION_SUMMARIES, filters))
        {
            if let StoredRow::Session(row) = row {
                visit(&StoredActivity {
                    start: row.last_event_at.map(|time| unit.start_of(time)),
                    asn: row.snapshot_asn,
                    country: row.snapshot_country,
                    sessions: 1,
                });
            }
        }
        Ok(())
    }

    async fn moved_keys(&mut self, after: Option<&str>, limit: u64) -> EngineResult<Vec<String>> {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        for key in self.tables.history.keys() {
            *counts.entry(&key.address).or_default() += 1;
        }
        let is_meant =
            |(key, count): &(&str, u64)| *count > 1 && after.is_none_or(|after| *key > after);
        let keys = counts.into_iter().filter(is_meant);
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(keys.map(|(key, _)| key.to_owned()).take(most).collect())
    }
}
