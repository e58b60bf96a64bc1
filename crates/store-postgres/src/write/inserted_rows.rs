//! What an INSERT of new rows has inserted.

use sqlx::postgres::PgQueryResult;

use crate::error::{EngineResult, Fault};

/// Returns an error if another writer has inserted one of the `rows` rows before.
pub(super) fn all_inserted(result: &PgQueryResult, rows: usize) -> EngineResult<()> {
    match result.rows_affected() < rows as u64 {
        true => Err(Fault::Overtaken),
        false => Ok(()),
    }
}
