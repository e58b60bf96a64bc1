//! A transaction: it reads the tables of its beginning, and writes to a copy.

use std::sync::Arc;

use async_trait::async_trait;
use ipcascade_core::clock::{Clock, Timestamp};
use ipcascade_core::store::{StoreError, StoreErrorKind};
use ipcascade_store::deltas::Counting;
use ipcascade_store::engine::{Tx, WriteMark};
use ipcascade_store::locking::Fallible;

use crate::error::{EngineResult, Fault};
use crate::shared_tables::Writing;
use crate::tables::Tables;

/// A transaction.
#[derive(Debug)]
pub struct MemoryTx {
    /// Shared with the store until the first write.
    pub(crate) tables: Arc<Tables>,
    pub(crate) writing: Option<Writing>,
}

impl MemoryTx {
    /// The tables to write to.
    pub(crate) fn write(&mut self) -> EngineResult<&mut Tables> {
        match &self.writing {
            Some(_) => Ok(Arc::make_mut(&mut self.tables)),
            None => {
                let message = "what was begun to read cannot write";
                Err(StoreError::new(StoreErrorKind::Denied, message).into())
            }
        }
    }
}

impl Fallible for MemoryTx {
    type Error = Fault;
}

#[async_trait]
impl Tx for MemoryTx {
    async fn commit(self) -> EngineResult<()> {
        if let Some(writing) = self.writing {
            writing.commit(self.tables);
        }
        Ok(())
    }

    fn counting(&self) -> Counting {
        Counting::ByOperation
    }

    fn sessions_have_addresses(&self) -> bool {
        false
    }

    async fn write_mark(&mut self) -> EngineResult<Option<WriteMark>> {
        Ok(Some(mark(&self.tables)))
    }

    async fn clock(&mut self) -> EngineResult<Timestamp> {
        Ok(Clock::system().now())
    }
}

/// How often this process has written.
pub(crate) const fn mark(tables: &Tables) -> WriteMark {
    WriteMark {
        others: 0,
        own: tables.commits,
    }
}
