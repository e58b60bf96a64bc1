//! What is kept beside the inventory: the state of providers, the progress of copies, what repairs remove.

use async_trait::async_trait;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::{CopyMark, RepairChange};
use ipcascade_store::engine::{KeepCopyMarks, KeepProviders, KeepRepairs};
use ipcascade_store::locking::Lock;
use ipcascade_store::stored_rows::StoredProvider;

use crate::error::EngineResult;
use crate::tables::RepairEntry;
use crate::transaction::MemoryTx;

#[async_trait]
impl KeepProviders for MemoryTx {
    async fn provider(&mut self, name: &str, _lock: Lock) -> EngineResult<StoredProvider> {
        let stored = self.tables.providers.get(name);
        Ok(stored.cloned().unwrap_or_default())
    }

    async fn provider_names(&mut self) -> EngineResult<Vec<String>> {
        Ok(self.tables.providers.keys().cloned().collect())
    }

    async fn write_provider(&mut self, name: &str, provider: &StoredProvider) -> EngineResult<()> {
        let providers = &mut self.write()?.providers;
        providers.insert(name.to_owned(), provider.clone());
        Ok(())
    }
}

#[async_trait]
impl KeepCopyMarks for MemoryTx {
    async fn copy_marks(&mut self) -> EngineResult<Vec<CopyMark>> {
        Ok(self.tables.copies.values().cloned().collect())
    }

    async fn write_copy_mark(&mut self, mark: &CopyMark, _now: Timestamp) -> EngineResult<()> {
        let copies = &mut self.write()?.copies;
        copies.insert(mark.source.clone(), mark.clone());
        Ok(())
    }
}

#[async_trait]
impl KeepRepairs for MemoryTx {
    async fn log_repairs(&mut self, changes: &[RepairChange], now: Timestamp) -> EngineResult<()> {
        let kept = changes.iter().map(|change| RepairEntry {
            repaired_at: now,
            change: change.clone(),
        });
        self.write()?.repairs.extend(kept);
        Ok(())
    }
}
