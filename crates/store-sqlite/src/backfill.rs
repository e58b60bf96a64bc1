//! To come.
use crate::SqliteStore;
use ipcascade_core::{StoreError, StoreErrorKind, StoreResult};
impl SqliteStore {
    pub(crate) async fn backfill_asns(
        &self,
        _o: &ipcascade_core::BackfillOptions<'_>,
        _p: &(dyn Fn(&ipcascade_core::BackfillReport) -> bool + Send + Sync),
    ) -> StoreResult<ipcascade_core::BackfillReport> {
        Err(StoreError::new(StoreErrorKind::Other, "not made yet"))
    }
}
