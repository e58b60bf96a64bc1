//! Batches the results of workers for recording: updates are distributed by address, and queue until they are worth a
//! transaction, which continues with what has queued up in the meantime where the store supports that. Fewer commits
//! write less; other writers wait as long as one transaction takes.

use std::mem;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::stream::{FuturesUnordered, StreamExt as _};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::cascade::Cascade;
use crate::clock::Clock;
use crate::pipeline::error::RunError;
use crate::pipeline::record_queue::{FEWEST_ROWS, LaneBatch, RecordQueue, enough, lock};
use crate::store::{AddressUpdate, Batch, WriteReport, Writer};

/// How long an update waits for more, at most, before it is recorded.
const MAX_WAIT: Duration = Duration::from_secs(1);

/// The rows of the largest batch.
const MOST_ROWS: usize = 16_384;

/// Writes updates, several batches at a time, no two of them with the same address.
pub(super) struct Recorder {
    writer: Arc<dyn Writer>,
    cascade: Arc<Cascade>,
    clock: Clock,
    lanes: Vec<Lane>,
    recordings: FuturesUnordered<JoinHandle<Recorded>>,
    /// Notified when a transaction has taken the queue of a lane.
    taken: Arc<Notify>,
}

/// The updates of one part of all addresses.
struct Lane {
    queue: Arc<Mutex<RecordQueue>>,
    is_recording: bool,
    /// How many rows are worth a batch.
    enough: usize,
}

/// A finished transaction.
struct Recorded {
    lane: usize,
    rows: usize,
    took: Duration,
    outcome: Result<WriteReport, RunError>,
}

impl Recorder {
    pub(super) fn new(writer: Arc<dyn Writer>, cascade: Arc<Cascade>, clock: Clock) -> Self {
        let lane = || Lane {
            queue: Arc::default(),
            is_recording: false,
            enough: FEWEST_ROWS,
        };
        Self {
            lanes: std::iter::repeat_with(lane)
                .take(writer.lanes().max(1))
                .collect(),
            writer,
            cascade,
            clock,
            recordings: FuturesUnordered::new(),
            taken: Arc::default(),
        }
    }

    /// Whether no more should be queued.
    pub(super) fn is_full(&self) -> bool {
        self.lanes
            .iter()
            .any(|lane| lock(&lane.queue).rows >= lane.enough)
    }

    /// Completes when a recording takes the queue of a lane.
    pub(super) fn taken(&self) -> impl Future<Output = ()> + use<> {
        let taken = Arc::clone(&self.taken);
        async move { taken.notified().await }
    }

    /// Queues updates.
    pub(super) fn take(&mut self, updates: Vec<AddressUpdate>) {
        let lanes = self.lanes.len();
        let mut queue: Vec<_> = self.lanes.iter().map(|lane| lock(&lane.queue)).collect();
        for update in updates {
            if let Some(lane) = queue.get_mut(update.address.lane(lanes)) {
                lane.add(update);
            }
        }
    }

    /// Starts to record what is worth a batch, or everything if nothing more comes.
    pub(super) fn start(&mut self, is_end: bool) {
        for (place, lane) in self.lanes.iter_mut().enumerate() {
            let mut queue = lock(&lane.queue);
            let Some(since) = queue.since.filter(|_| !lane.is_recording) else {
                continue;
            };
            if queue.rows < lane.enough && !is_end && since.elapsed() < MAX_WAIT {
                continue;
            }
            let RecordQueue { updates, rows, .. } = mem::take(&mut *queue);
            lane.is_recording = true;
            let mut recording = LaneBatch {
                queue: Arc::clone(&lane.queue),
                taken: Arc::clone(&self.taken),
                rows,
            };
            let writer = Arc::clone(&self.writer);
            let (cascade, clock) = (Arc::clone(&self.cascade), self.clock);
            self.recordings.push(tokio::spawn(async move {
                let begun = Instant::now();
                let batch = Batch {
                    updates: &updates,
                    policy: cascade.policy(),
                    now: clock.now(),
                };
                let outcome = writer
                    .record_with(&batch, &mut |age| recording.more(age))
                    .await;
                Recorded {
                    lane: place,
                    rows: recording.rows,
                    took: begun.elapsed(),
                    outcome: outcome.map_err(RunError::from),
                }
            }));
        }
    }

    /// Drops what is not being recorded yet.
    pub(super) fn give_up(&mut self) {
        for lane in &mut self.lanes {
            *lock(&lane.queue) = RecordQueue::default();
        }
    }

    /// When some update has waited long enough for more.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let idle = self.lanes.iter().filter(|lane| !lane.is_recording);
        Some(idle.filter_map(|lane| lock(&lane.queue).since).min()? + MAX_WAIT)
    }

    /// What the next finished transaction has written; `None` if none is running.
    pub(super) async fn next(&mut self) -> Option<Result<WriteReport, RunError>> {
        let done = match self.recordings.next().await? {
            Ok(done) => done,
            Err(error) => return Some(Err(error.into())),
        };
        if let Some(lane) = self.lanes.get_mut(done.lane) {
            lane.is_recording = false;
            let most = lane.enough.saturating_mul(2).min(MOST_ROWS);
            lane.enough = enough(done.rows, done.took, most).max(FEWEST_ROWS);
        }
        Some(done.outcome)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;
    use std::sync::Mutex;

    use async_trait::async_trait;

    use super::*;
    use crate::address::Address;
    use crate::clock::Timestamp;
    use crate::pipeline::record_queue::TARGET;
    use crate::policy::Policy;
    use crate::store::{More, StoreError, StoreErrorKind, StoreResult};
    use crate::store::{Placed, SessionUpdate};

    #[derive(Debug)]
    struct Book {
        lanes: usize,
        /// The age of transactions when they ask for more, if they do.
        age: Option<Duration>,
        is_broken: bool,
        batches: Mutex<Vec<Vec<Address>>>,
    }

    #[async_trait]
    impl Writer for Book {
        async fn record_with(
            &self,
            batch: &Batch<'_>,
            more: &mut More<'_>,
        ) -> StoreResult<WriteReport> {
            let mut report = self.record(batch).await?;
            if let Some(age) = self.age {
                while let Some(updates) = more(age) {
                    let batch = Batch {
                        updates: &updates,
                        ..*batch
                    };
                    report += self.record(&batch).await?;
                }
            }
            Ok(report)
        }

        async fn record_unplaced(&self, _: &[SessionUpdate], _: Timestamp) -> StoreResult<Placed> {
            Ok(Placed::default())
        }

        async fn record(&self, batch: &Batch<'_>) -> StoreResult<WriteReport> {
            if self.is_broken {
                return Err(StoreError::new(StoreErrorKind::Other, "full"));
            }
            let addresses: Vec<Address> = batch.updates.iter().map(|u| u.address).collect();
            let report = WriteReport {
                addresses_new: addresses.len() as u64,
                ..WriteReport::default()
            };
            self.batches.lock().unwrap().push(addresses);
            Ok(report)
        }

        fn lanes(&self) -> usize {
            self.lanes
        }
    }

    fn recorder(lanes: usize, is_broken: bool) -> (Arc<Book>, Recorder) {
        recorder_of(Book {
            lanes,
            age: None,
            is_broken,
            batches: Mutex::default(),
        })
    }

    fn recorder_of(book: Book) -> (Arc<Book>, Recorder) {
        let book = Arc::new(book);
        let cascade = Arc::new(Cascade::new(Vec::new(), Policy::new(Vec::new())));
        let writer = Arc::<Book>::clone(&book);
        (book, Recorder::new(writer, cascade, Clock::system()))
    }

    fn updates(number: usize) -> Vec<AddressUpdate> {
        let address = |i: usize| Ipv4Addr::from_bits(u32::try_from(i).unwrap()).into();
        (0..number)
            .map(|i| AddressUpdate::new(address(i)))
            .collect()
    }

    async fn recorded(recorder: &mut Recorder) -> u64 {
        let mut addresses = 0;
        while let Some(report) = recorder.next().await {
            addresses += report.unwrap().addresses_new;
        }
        addresses
    }

    #[tokio::test(start_paused = true)]
    async fn little_waits_for_more_but_not_for_long() {
        let (_, mut recorder) = recorder(1, false);
        recorder.take(updates(3));
        recorder.start(false);
        assert_eq!(recorded(&mut recorder).await, 0);
        tokio::time::sleep_until(recorder.deadline().unwrap()).await;
        recorder.start(false);
        assert_eq!(recorded(&mut recorder).await, 3);
        assert_eq!(recorder.deadline(), None);
    }

    #[tokio::test]
    async fn enough_is_recorded_at_once_and_the_rest_at_the_end() {
        let (book, mut recorder) = recorder(1, false);
        recorder.take(updates(FEWEST_ROWS));
        assert!(recorder.is_full());
        recorder.start(false);
        recorder.take(updates(5));
        recorder.start(false);
        assert!(!recorder.is_full());
        assert_eq!(recorded(&mut recorder).await, FEWEST_ROWS as u64);
        recorder.start(true);
        assert_eq!(recorded(&mut recorder).await, 5);
        assert_eq!(book.batches.lock().unwrap().len(), 2);
    }

    #[tokio::test]
    async fn batches_at_a_time_have_no_address_in_common() {
        let (book, mut recorder) = recorder(3, false);
        recorder.take(updates(900));
        recorder.take(updates(900));
        recorder.start(true);
        assert_eq!(recorded(&mut recorder).await, 1800);
        let batches = book.batches.lock().unwrap();
        let distinct = batches.iter().map(|batch| {
            let batch: std::collections::HashSet<&Address> = batch.iter().collect();
            batch.len()
        });
        assert_eq!((batches.len(), distinct.sum::<usize>()), (3, 900));
    }

    #[tokio::test]
    async fn a_store_that_fails_gets_no_more_batches() {
        let (_, mut recorder) = recorder(1, true);
        recorder.take(updates(FEWEST_ROWS));
        recorder.start(false);
        recorder.take(updates(5));
        assert!(recorder.next().await.is_some_and(|done| done.is_err()));
        recorder.give_up();
        recorder.start(true);
        assert!(recorder.next().await.is_none());
    }

    #[tokio::test]
    async fn a_young_transaction_takes_what_has_been_gathered_meanwhile() {
        let batches_at = async |age| {
            let (book, mut recorder) = recorder_of(Book {
                lanes: 1,
                age: Some(age),
                is_broken: false,
                batches: Mutex::default(),
            });
            recorder.take(updates(FEWEST_ROWS));
            recorder.start(false);
            recorder.take(updates(FEWEST_ROWS));
            let taken = recorder.taken();
            let report = recorder.next().await.unwrap().unwrap();
            let batches = book.batches.lock().unwrap().len();
            if batches > 1 {
                taken.await;
            }
            (batches, report.addresses_new)
        };
        let rows = FEWEST_ROWS as u64;
        assert_eq!(batches_at(TARGET / 2).await, (2, 2 * rows));
        assert_eq!(batches_at(TARGET * 2 / 3).await, (1, rows));
    }

    #[test]
    fn an_address_has_one_lane() {
        let lane = |text: &str| text.parse::<Address>().unwrap().lane(3);
        assert_eq!(lane("198.41.0.4"), lane("::ffff:198.41.0.4"));
        let lanes: std::collections::BTreeSet<usize> =
            (0..9).map(|i| lane(&format!("2001:db8::{i}"))).collect();
        assert_eq!(lanes.len(), 3);
    }
}
