//! When sessions took place, and which addresses have been attributed more than once.

use async_trait::async_trait;
use ipcascade_core::store::TimeUnit;

use crate::listing::ColumnFilter;
use crate::locking::Fallible;
use crate::stored_rows::StoredActivity;

/// Counts sessions and attributions. Implemented for every [`SqlTx`](crate::sql::SqlTx).
#[async_trait]
pub trait ReadActivity: Fallible {
    /// Visits the sessions that meet all of `filters`, by the span of time of their last event and by their snapshots:
    /// sessions that have these in common once or several times.
    async fn activity(
        &mut self,
        filters: &[ColumnFilter],
        unit: TimeUnit,
        visit: &mut (dyn for<'r> FnMut(&'r StoredActivity) + Send),
    ) -> Result<(), Self::Error>;

    /// The keys in the history with more than one attribution, at most `limit`, behind `after` in the order of the index.
    async fn moved_keys(
        &mut self,
        after: Option<&str>,
        limit: u64,
    ) -> Result<Vec<String>, Self::Error>;
}
