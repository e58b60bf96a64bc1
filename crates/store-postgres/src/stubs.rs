use crate::errors::Outcome;
use crate::store::PgStore;
use ipcascade_core::*;
fn todo_() -> StoreError {
    StoreError::new(StoreErrorKind::Other, "not there yet")
}
impl PgStore {
    pub(crate) async fn run_backfill(
        &self,
        _o: &BackfillOptions<'_>,
        _p: &(dyn Fn(&BackfillReport) -> bool + Send + Sync),
    ) -> StoreResult<BackfillReport> {
        Err(todo_())
    }
    pub(crate) async fn verify_once(&self, _o: &VerifyOptions<'_>) -> Outcome<VerifyReport> {
        Err(todo_().into())
    }
    pub(crate) async fn run_repair(&self, _o: &VerifyOptions<'_>) -> StoreResult<RepairReport> {
        Err(todo_())
    }
    pub(crate) async fn ensure_due_indexes(&self, _d: &DueQuery<'_>) -> StoreResult<()> {
        Err(todo_())
    }
    pub(crate) async fn claim_once(&self, _c: &Claim<'_>) -> Outcome<Vec<AddressRow>> {
        Err(todo_().into())
    }
    pub(crate) async fn count_due_once(&self, _d: &DueQuery<'_>) -> Outcome<u64> {
        Err(todo_().into())
    }
    pub(crate) async fn release_once(&self, _o: &str, _a: &[Address]) -> Outcome<()> {
        Err(todo_().into())
    }
}
