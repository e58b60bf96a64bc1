//! When sessions took place.

use async_trait::async_trait;
use ipcascade_core::store::TimeUnit;
use ipcascade_store::engine::{ReadActivity, StoredActivity};
use ipcascade_store::listing::{ColumnFilter, Listing, StoredRow};
use ipcascade_store::schema::SESSION_SUMMARIES;

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
}
