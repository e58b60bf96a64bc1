//! The tables that clones of an engine share, and the lock for writing.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedMutexGuard;

use crate::tables::Tables;

/// The tables of an inventory. Clones act as other processes on the same one.
#[derive(Clone, Default)]
pub struct MemoryEngine {
    shared: Arc<SharedTables>,
}

#[derive(Default)]
struct SharedTables {
    committed: Mutex<Arc<Tables>>,
    /// Held by the writer.
    lock: Arc<tokio::sync::Mutex<()>>,
}

impl SharedTables {
    fn tables(&self) -> Arc<Tables> {
        let committed = self.committed.lock();
        Arc::clone(&committed.unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for MemoryEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryEngine").finish_non_exhaustive()
    }
}

/// The lock of a writer, released when dropped.
pub(crate) struct Writing {
    shared: Arc<SharedTables>,
    _lock: OwnedMutexGuard<()>,
}

impl fmt::Debug for Writing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writing").finish_non_exhaustive()
    }
}

impl Writing {
    /// Publishes `tables`.
    pub(crate) fn commit(self, mut tables: Arc<Tables>) {
        Arc::make_mut(&mut tables).commits += 1;
        let committed = self.shared.committed.lock();
        *committed.unwrap_or_else(PoisonError::into_inner) = tables;
    }
}

impl MemoryEngine {
    /// The tables as they are now.
    pub fn tables(&self) -> Arc<Tables> {
        self.shared.tables()
    }

    /// Writes in one transaction, as another program does.
    pub async fn change<T>(&self, change: impl FnOnce(&mut Tables) -> T) -> T {
        let writing = self.begin_writing().await;
        let mut tables = self.tables();
        let outcome = change(Arc::make_mut(&mut tables));
        writing.commit(tables);
        outcome
    }

    pub(crate) async fn begin_writing(&self) -> Writing {
        Writing {
            shared: Arc::clone(&self.shared),
            _lock: Arc::clone(&self.shared.lock).lock_owned().await,
        }
    }
}
