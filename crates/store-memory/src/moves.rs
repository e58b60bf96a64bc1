//! Which addresses have been attributed more than once.

use std::collections::BTreeMap;

use async_trait::async_trait;
use ipcascade_store::engine::ReadMoves;

use crate::error::EngineResult;
use crate::transaction::MemoryTx;

#[async_trait]
impl ReadMoves for MemoryTx {
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
