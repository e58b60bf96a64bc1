//! Updates that wait to be recorded, and how many are worth a transaction.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::store::AddressUpdate;

/// How long a transaction should take: other programs wait for the lock that long.
pub(super) const TARGET: Duration = Duration::from_millis(1250);

/// The rows of the first and of the smallest batch; also the fewest for which a transaction continues.
pub(super) const FEWEST_ROWS: usize = 8192;

/// An answer takes as much memory as this many rows.
const ANSWER_ROWS: usize = 4;

/// Updates that are not being recorded yet.
#[derive(Default)]
pub(super) struct RecordQueue {
    pub(super) updates: Vec<AddressUpdate>,
    pub(super) rows: usize,
    /// When the oldest of them was queued.
    pub(super) since: Option<Instant>,
}

impl RecordQueue {
    pub(super) fn add(&mut self, update: AddressUpdate) {
        self.rows += 1 + update.sessions.len() + ANSWER_ROWS * update.answers.len();
        self.since.get_or_insert_with(Instant::now);
        self.updates.push(update);
    }
}

/// The updates of a lane to record in one transaction.
pub(super) struct LaneBatch {
    pub(super) queue: Arc<Mutex<RecordQueue>>,
    pub(super) taken: Arc<Notify>,
    pub(super) rows: usize,
}

impl LaneBatch {
    /// Returns what comes next in a transaction that has been open for `age`; `None` if it has done enough, or too
    /// little is queued.
    pub(super) fn more(&mut self, age: Duration) -> Option<Vec<AddressUpdate>> {
        let mut queue = lock(&self.queue);
        let rows = self.rows + queue.rows;
        if queue.rows < FEWEST_ROWS || enough(self.rows, age, rows) < rows {
            return None;
        }
        self.rows = rows;
        self.taken.notify_one();
        Some(mem::take(&mut *queue).updates)
    }
}

pub(super) fn lock(queue: &Mutex<RecordQueue>) -> MutexGuard<'_, RecordQueue> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many rows take the target time, judging by some that were measured; at most `most`.
pub(super) fn enough(rows: usize, took: Duration, most: usize) -> usize {
    let micros = took.as_micros().max(1);
    let target = TARGET.as_micros().saturating_mul(rows as u128) / micros;
    usize::try_from(target).unwrap_or(usize::MAX).min(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_writing_makes_small_batches_and_fast_writing_large_ones() {
        assert_eq!(enough(10_000, TARGET * 4, 20_000), 2500);
        assert_eq!(enough(10_000, TARGET, 20_000), 10_000);
        assert_eq!(enough(10_000, Duration::ZERO, 20_000), 20_000);
    }
}
