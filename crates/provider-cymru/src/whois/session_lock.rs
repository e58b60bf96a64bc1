//! One session at a time of this process with each service, as Team Cymru asks; of all processes: `ServiceLock`.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};

/// Locked during a session; holds the end of the last one.
pub(super) type SessionLock = tokio::sync::Mutex<Option<tokio::time::Instant>>;

static LOCKS: LazyLock<Mutex<HashMap<String, Weak<SessionLock>>>> = LazyLock::new(Mutex::default);

/// The lock on the service at `address`, shared by this process.
pub(super) fn session_lock(address: &str) -> Arc<SessionLock> {
    let mut locks = LOCKS.lock().unwrap_or_else(PoisonError::into_inner);
    locks.retain(|_, lock| lock.strong_count() > 0);
    if let Some(lock) = locks.get(address).and_then(Weak::upgrade) {
        return lock;
    }
    let lock = Arc::default();
    locks.insert(address.to_owned(), Arc::downgrade(&lock));
    lock
}
