//! Leaves the lock to others after a long transaction.
//!
//! SQLite has no queue: a program that waits polls the lock, eventually every tenth of a second
//! (`sqliteDefaultBusyCallback`). A writer that begins again right after its commit would nearly always be first.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::{Instant, sleep_until};

/// A transaction that takes longer keeps others waiting.
const LONG: Duration = Duration::from_millis(500);
/// Longer than the interval at which others poll. What is done in the pause may take longer.
const PAUSE: Duration = Duration::from_millis(110);

/// The slot for writing in this process, with the time until which the lock is left to other processes.
#[derive(Debug, Default)]
pub(crate) struct WriteSlot(Arc<Mutex<Option<Instant>>>);

impl WriteSlot {
    /// Waits for the slot, and for the end of the pause after a long transaction, in which `in_pause` can be done.
    pub(crate) async fn take(&self, in_pause: impl Future<Output = ()>) -> TakenSlot {
        let slot = Arc::clone(&self.0).lock_owned().await;
        if let Some(until) = *slot {
            in_pause.await;
            sleep_until(until).await;
        }
        TakenSlot(slot)
    }
}

/// A slot whose transaction has not begun.
pub(crate) struct TakenSlot(OwnedMutexGuard<Option<Instant>>);

impl TakenSlot {
    /// The lock is held from now on.
    pub(crate) fn begin(self) -> HeldSlot {
        HeldSlot {
            slot: self.0,
            begun: Instant::now(),
        }
    }
}

/// The slot of a transaction that has the lock.
#[derive(Debug)]
pub(crate) struct HeldSlot {
    slot: OwnedMutexGuard<Option<Instant>>,
    begun: Instant,
}

impl Drop for HeldSlot {
    /// The transaction has ended.
    fn drop(&mut self) {
        let now = Instant::now();
        *self.slot = (now - self.begun > LONG).then(|| now + PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_pause_follows_a_long_transaction_also_for_those_that_wait_already() {
        let slot = WriteSlot::default();
        let begun = Instant::now();
        let short = slot.take(async {}).await.begin();
        tokio::time::advance(LONG).await;
        drop(short);
        let long = slot.take(async {}).await.begin();
        assert_eq!(begun.elapsed(), LONG);
        let mut is_used = false;
        let in_pause = async { is_used = true };
        let next = async { drop(slot.take(in_pause).await.begin()) };
        let ends = async {
            tokio::time::advance(LONG + Duration::from_millis(1)).await;
            drop(long);
            Instant::now()
        };
        let ((), ended) = tokio::join!(next, ends);
        assert!(ended.elapsed() >= PAUSE);
        assert!(is_used, "the pause");
        let after_short = slot.take(async { panic!("there is no pause") }).await;
        drop(after_short.begin());
    }
}
