//! To come.
use crate::SqliteStore;
use ipcascade_core::{StoreError, StoreErrorKind, StoreResult};
impl SqliteStore {
    pub(crate) async fn check_all(
        &self,
        _o: &ipcascade_core::VerifyOptions<'_>,
    ) -> StoreResult<ipcascade_core::VerifyReport> {
        Err(StoreError::new(StoreErrorKind::Other, "not made yet"))
    }
}
