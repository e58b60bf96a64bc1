//! The sessions in which transactions of ours are under way.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// The sessions in which transactions of ours are under way.
#[derive(Clone, Debug, Default)]
pub(crate) struct ServerSessions(Arc<Mutex<BTreeSet<i32>>>);

/// That a session has a transaction of ours, until this is dropped.
#[derive(Debug)]
pub(crate) struct InUse {
    sessions: ServerSessions,
    pid: i32,
}

impl ServerSessions {
    pub(crate) fn enter(&self, pid: i32) -> InUse {
        let mut pids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pids.insert(pid);
        InUse {
            sessions: self.clone(),
            pid,
        }
    }

    pub(crate) fn pids(&self) -> Vec<i32> {
        let pids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        pids.iter().copied().collect()
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        let mut pids = self
            .sessions
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        pids.remove(&self.pid);
    }
}
