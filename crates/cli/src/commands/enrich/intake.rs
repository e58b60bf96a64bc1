//! Inputs on their way into the inventory: workers sum up blocks, which are then aggregated in order.

use std::mem;
use std::pin::{Pin, pin};

use futures::future::{Either, ready};
use futures::stream::{self, Stream, StreamExt as _};
use ipcascade_core::pipeline::Chunk;
use ipcascade_input::{Aggregator, Block, InputError, Limits, Problem, Record, Sightings, Tally};
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::{Duration, Instant, timeout};

use crate::commands::enrich::read::{Parse, ReadResult, ReaderThread};
use crate::commands::enrich::tallies::Tallies;

/// How many chunks may wait to be looked up.
const CHUNKS_AHEAD: usize = 2;

/// How long to wait for an input before its sightings so far are processed.
const MAX_WAIT: Duration = Duration::from_millis(1500);
/// How long addresses may be held back, however much arrives.
const LONGEST: Duration = Duration::from_secs(3);

/// Sums up records.
#[derive(Clone, Copy, Debug)]
pub(super) struct SumUp;

/// The sum of some records.
#[derive(Debug, Default)]
pub(super) struct Sum {
    pub(super) sightings: Sightings,
    pub(super) tally: Tally,
    pub(super) problems: Vec<Problem>,
}

impl Parse for SumUp {
    type Parsed = Sum;

    fn nothing(self) -> Sum {
        Sum::default()
    }

    fn add<E>(
        self,
        sum: &mut Sum,
        record: Record<'_>,
        most: usize,
        mut take: impl FnMut(Sum) -> Result<(), E>,
    ) -> Result<(), E> {
        sum.problems.extend_from_slice(record.problems);
        let mut addresses = record.addresses.peekable();
        if addresses.peek().is_none()
            && let Some(session) = &record.session
        {
            sum.sightings.add_to_session(record.time, session);
        }
        for address in addresses {
            if sum.sightings.len() >= most {
                take(mem::take(sum))?;
            }
            sum.sightings
                .add(address, record.time, record.session.as_ref());
        }
        Ok(())
    }

    fn finish(sum: Sum, _: Block, tally: Tally) -> Sum {
        Sum { tally, ..sum }
    }
}

/// Events of the inputs.
#[derive(Debug)]
pub(super) enum News {
    /// Addresses to process.
    Chunk(Chunk),
    /// Records with problems.
    Problems(Vec<Problem>),
    /// An input that could not be opened or read to its end.
    Failed(InputError),
    /// All inputs are done.
    Done(InputTotals),
    /// A part of the program has failed, which is a bug.
    Stopped(JoinError),
}

/// The totals of the inputs.
#[derive(Clone, Debug, Default)]
pub(super) struct InputTotals {
    pub(super) inputs: Tallies,
    pub(super) sessions: u64,
    /// Session events whose source address is unknown.
    pub(super) events_without_address: u64,
}

/// The receiver is gone: the run has ended with an error that is reported elsewhere.
struct Gone;

/// The events, and the task that produces them, which ends with it.
pub(super) struct Intake {
    pub(super) news: mpsc::Receiver<News>,
    pub(super) task: JoinHandle<()>,
}

/// Parses the inputs with this many `workers`, and aggregates them, in a task of its own.
pub(super) fn take_in(reading: ReaderThread<Sum>, workers: usize) -> Intake {
    let (news, receiver) = mpsc::channel(CHUNKS_AHEAD);
    let parsed = stream::unfold(Some(reading), async |reading| {
        let mut reading = reading?;
        match reading.next().await {
            Some(event) => Some((Ok(event), Some(reading))),
            None => Some((Err(reading.end().await.err()?), None)),
        }
    })
    .map(|event| match event {
        Ok(event) => Either::Left(tokio::spawn(async move { event.parsed(SumUp) })),
        Err(error) => Either::Right(ready(Err(error))),
    })
    .buffered(workers);
    let task = tokio::spawn(async move {
        let _ended = take_all(pin!(parsed), &news).await;
    });
    Intake {
        news: receiver,
        task,
    }
}

async fn take_all(
    mut parsed: Pin<&mut impl Stream<Item = Result<ReadResult<Sum>, JoinError>>>,
    news: &mpsc::Sender<News>,
) -> Result<(), Gone> {
    let mut aggregator = Aggregator::new(Limits::default());
    let mut totals = InputTotals::default();
    let mut pace = InputPace::new();
    loop {
        let Some(next) = pace.wait_for(parsed.next()).await else {
            // What has arrived so far is not held back until more comes.
            aggregator.pause();
            emit(&mut aggregator, news).await?;
            continue;
        };
        if pace.is_long() {
            aggregator.release();
            emit(&mut aggregator, news).await?;
        }
        let (form, sum) = match next {
            None => break,
            Some(Ok(Ok(parsed))) => parsed,
            Some(Ok(Err(error))) => {
                send(news, News::Failed(error)).await?;
                continue;
            }
            Some(Err(error)) => return send(news, News::Stopped(error)).await,
        };
        pace.has_taken |= !sum.sightings.is_empty();
        totals.inputs.add(&form, sum.tally);
        if !sum.problems.is_empty() {
            send(news, News::Problems(sum.problems)).await?;
        }
        aggregator.add(sum.sightings);
        emit(&mut aggregator, news).await?;
    }
    aggregator.finish();
    emit(&mut aggregator, news).await?;
    totals.sessions = aggregator.counts().sessions;
    totals.events_without_address = aggregator.counts().events_without_address;
    send(news, News::Done(totals)).await
}

/// The pace of an input.
#[derive(Debug)]
struct InputPace {
    /// When something was first held back.
    since: Instant,
    /// How long it has waited for more in that time.
    waited: Duration,
    /// Whether something is held back.
    has_taken: bool,
}

impl InputPace {
    fn new() -> Self {
        Self {
            since: Instant::now(),
            waited: Duration::ZERO,
            has_taken: false,
        }
    }

    /// Waits for the next event of an input; `None` when it is time to release what has arrived.
    async fn wait_for<T>(&mut self, next: impl Future<Output = T>) -> Option<T> {
        let started = Instant::now();
        let limit = match self.has_taken {
            true => MAX_WAIT.saturating_sub(self.waited),
            false => Duration::MAX,
        };
        let next = timeout(limit, next).await.ok();
        self.waited += started.elapsed();
        if next.is_none() {
            *self = Self::new();
        }
        next
    }

    /// Whether addresses have been held back for long; if so, they are released from now on.
    fn is_long(&mut self) -> bool {
        if !self.has_taken {
            self.since = Instant::now();
            return false;
        }
        let is_long = self.since.elapsed() >= LONGEST;
        if is_long {
            (self.since, self.waited) = (Instant::now(), Duration::ZERO);
        }
        is_long
    }
}

async fn emit(aggregator: &mut Aggregator, news: &mpsc::Sender<News>) -> Result<(), Gone> {
    while let Some(chunk) = aggregator.pop() {
        send(news, News::Chunk(chunk)).await?;
    }
    Ok(())
}

async fn send(news: &mpsc::Sender<News>, what: News) -> Result<(), Gone> {
    news.send(what).await.map_err(|_| Gone)
}
