//! Inputs on their way into the inventory: blocks are summed up by workers and taken in, in order.

use std::mem;
use std::pin::{Pin, pin};
use std::sync::Arc;

use futures::stream::{self, Stream, StreamExt as _};
use ipcascade_core::{Chunk, Timestamp};
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinHandle};

use super::read::{Parse, ReadResult, Reading};
use crate::input::{Aggregator, Form, InputError, Limits, Record, Sightings, Unreadable};

/// Chunks that may wait to be looked up.
const CHUNKS_AHEAD: usize = 2;

/// Sums up what records say; sightings without a time are of now.
#[derive(Clone, Copy, Debug)]
pub(super) struct SumUp {
    pub(super) now: Timestamp,
}

/// What some records say.
#[derive(Debug)]
pub(super) struct Sum {
    pub(super) sightings: Sightings,
    pub(super) records: u64,
    pub(super) unreadable: Vec<Unreadable>,
}

impl Parse for SumUp {
    type Parsed = Sum;

    fn nothing(self) -> Sum {
        Sum {
            sightings: Sightings::new(self.now),
            records: 0,
            unreadable: Vec::new(),
        }
    }

    fn add<E>(
        self,
        sum: &mut Sum,
        record: Record<'_>,
        most: usize,
        mut take: impl FnMut(Sum) -> Result<(), E>,
    ) -> Result<(), E> {
        sum.records += 1;
        for address in record.addresses {
            if sum.sightings.len() >= most {
                take(mem::replace(sum, self.nothing()))?;
            }
            sum.sightings
                .add(address, record.moment, record.session.as_ref());
        }
        Ok(())
    }

    fn add_unreadable(sum: &mut Sum, unreadable: Unreadable) {
        sum.unreadable.push(unreadable);
    }
}

/// What is new of the inputs.
#[derive(Debug)]
pub(super) enum News {
    /// Addresses to take in.
    Chunk(Chunk),
    /// Records that could not be read.
    Unreadable(Vec<Unreadable>),
    /// An input that could not be opened or read to its end.
    Failed(InputError),
    /// All inputs are done.
    Done(Totals),
    /// A part of the program has failed, which is a bug.
    Stopped(JoinError),
}

/// What the inputs held.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Totals {
    /// Inputs that could be opened.
    pub(super) inputs: u64,
    pub(super) records: u64,
    pub(super) sessions: u64,
}

/// Nobody listens any more: the run has ended on an error that is reported elsewhere.
struct Gone;

/// What is new, and the task that takes it in, which ends with it.
pub(super) struct Intake {
    pub(super) news: mpsc::Receiver<News>,
    pub(super) task: JoinHandle<()>,
}

/// Parses what is read, by so many `workers`, and takes it in, in a task of its own.
pub(super) fn take_in(reading: Reading<Sum>, sum_up: SumUp, workers: usize) -> Intake {
    let (news, receiver) = mpsc::channel(CHUNKS_AHEAD);
    let Reading { events, thread } = reading;
    let parsed = stream::unfold(events, async |mut events| {
        Some((events.recv().await?, events))
    })
    .map(move |event| tokio::spawn(async move { event.parsed(sum_up) }))
    .buffered(workers);
    let task = tokio::spawn(async move {
        let _ended = take_all(pin!(parsed), thread, &news).await;
    });
    Intake {
        news: receiver,
        task,
    }
}

async fn take_all(
    mut parsed: Pin<&mut impl Stream<Item = Result<ReadResult<Sum>, JoinError>>>,
    reader: JoinHandle<()>,
    news: &mpsc::Sender<News>,
) -> Result<(), Gone> {
    let mut aggregator = Aggregator::new(Limits::default());
    let mut totals = Totals::default();
    let mut input: Option<Arc<Form>> = None;
    while let Some(next) = parsed.next().await {
        let (form, sum) = match next {
            Ok(Ok(parsed)) => parsed,
            Ok(Err(error)) => {
                send(news, News::Failed(error)).await?;
                continue;
            }
            Err(error) => return send(news, News::Stopped(error)).await,
        };
        if !input
            .as_ref()
            .is_some_and(|input| Arc::ptr_eq(input, &form))
        {
            totals.inputs += 1;
            input = Some(form);
        }
        totals.records += sum.records;
        if !sum.unreadable.is_empty() {
            send(news, News::Unreadable(sum.unreadable)).await?;
        }
        aggregator.add(sum.sightings);
        emit(&mut aggregator, news).await?;
    }
    // It has nothing more to say, and is about to end if it has not.
    if let Err(error) = reader.await {
        return send(news, News::Stopped(error)).await;
    }
    aggregator.finish();
    emit(&mut aggregator, news).await?;
    totals.sessions = aggregator.counts().sessions;
    send(news, News::Done(totals)).await
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
