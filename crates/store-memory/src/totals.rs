//! How much is stored.

use async_trait::async_trait;
use ipcascade_core::store::Totals;
use ipcascade_store::engine::ReadTotals;

use crate::error::EngineResult;
use crate::tables::AddressEntry;
use crate::transaction::MemoryTx;

#[async_trait]
impl ReadTotals for MemoryTx {
    async fn totals(&mut self) -> EngineResult<Totals> {
        let mut addresses = self.tables.addresses.values();
        let is_unattributed = |entry: &&AddressEntry| entry.row.current_asn.is_none();
        Ok(Totals {
            asns: self.tables.asns.len() as u64,
            addresses: addresses.len() as u64,
            unattributed: addresses.by_ref().filter(is_unattributed).count() as u64,
            sessions: self.tables.sessions.len() as u64,
        })
    }

    async fn session_total(&mut self) -> EngineResult<u64> {
        Ok(self.tables.sessions.len() as u64)
    }
}
