//! To come.
use crate::SqliteStore;
use ipcascade_core::{
    Address, AddressRow, Claim, DueQuery, StoreError, StoreErrorKind, StoreResult,
};
impl SqliteStore {
    pub(crate) async fn claim_due(&self, _claim: &Claim<'_>) -> StoreResult<Vec<AddressRow>> {
        Err(StoreError::new(StoreErrorKind::Other, "not made yet"))
    }
    pub(crate) async fn count_all_due(&self, _due: &DueQuery<'_>) -> StoreResult<u64> {
        Err(StoreError::new(StoreErrorKind::Other, "not made yet"))
    }
    pub(crate) async fn end_leases(&self, _o: &str, _a: &[Address]) -> StoreResult<()> {
        Ok(())
    }
}
