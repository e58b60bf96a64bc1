//! When sessions took place.

use async_trait::async_trait;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::TimeUnit;

use crate::listing::ColumnFilter;
use crate::locking::Fallible;

/// Sessions that are counted together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredActivity {
    /// The beginning of the span of time that they took place in.
    pub start: Option<Timestamp>,
    /// `snapshot_asn`, not necessarily an ASN.
    pub asn: Option<i64>,
    /// `snapshot_country`.
    pub country: Option<String>,
    /// How many they are.
    pub sessions: u64,
}

/// Counts sessions. Implemented for every [`SqlTx`](crate::sql::SqlTx).
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
}
