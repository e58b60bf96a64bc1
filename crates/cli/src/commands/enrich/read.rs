//! Reading inputs on a thread of its own: what they hold comes out of a channel, chunk by chunk.

use ipcascade_core::{Chunk, Timestamp};
use tokio::sync::mpsc;

use crate::input::{
    AggregateCounts, Aggregator, InputError, InputOptions, InputSource, Item, Limits, RecordReader,
    Unreadable,
};
use crate::interrupt::Interrupt;

/// Chunks that may wait for a worker.
const CHUNKS_AHEAD: usize = 2;

/// What the reading thread has to say.
#[derive(Debug)]
pub(super) enum Event {
    /// Addresses to take in.
    Chunk(Chunk),
    /// A record that could not be read.
    Unreadable(Unreadable),
    /// An input that could not be opened or read to its end.
    Failed(InputError),
    /// An input is done; so many records were read from it.
    InputDone(u64),
    /// All inputs are done.
    Done(AggregateCounts),
}

/// Whoever listened has gone: there is nothing left to do.
struct Gone;

/// Reads `sources` one after the other; sightings without a time are of `now`.
pub(super) fn read(
    sources: Vec<InputSource>,
    options: InputOptions,
    now: Timestamp,
    interrupt: Interrupt,
) -> mpsc::Receiver<Event> {
    let (events, receiver) = mpsc::channel(CHUNKS_AHEAD);
    tokio::task::spawn_blocking(move || {
        // When nobody listens any more, the run has ended on an error that is told elsewhere.
        let _ended = read_all(&sources, &options, now, &interrupt, &events);
    });
    receiver
}

fn read_all(
    sources: &[InputSource],
    options: &InputOptions,
    now: Timestamp,
    interrupt: &Interrupt,
    events: &mpsc::Sender<Event>,
) -> Result<(), Gone> {
    let mut aggregator = Aggregator::new(Limits::default(), now);
    for source in sources {
        if interrupt.is_requested() {
            break;
        }
        read_one(source, options, &mut aggregator, interrupt, events)?;
    }
    aggregator.finish();
    emit(&mut aggregator, events)?;
    send(events, Event::Done(aggregator.counts()))
}

fn read_one(
    source: &InputSource,
    options: &InputOptions,
    aggregator: &mut Aggregator,
    interrupt: &Interrupt,
    events: &mpsc::Sender<Event>,
) -> Result<(), Gone> {
    let mut reader = match RecordReader::open(source, options) {
        Ok(reader) => reader,
        Err(error) => return send(events, Event::Failed(error)),
    };
    while !interrupt.is_requested() {
        match reader.next() {
            Ok(Some(Item::Record(record))) => {
                for address in record.addresses {
                    aggregator.add(address, record.moment, record.session.as_ref());
                    emit(aggregator, events)?;
                }
            }
            Ok(Some(Item::Unreadable(unreadable))) => {
                send(events, Event::Unreadable(unreadable))?;
            }
            Ok(None) => break,
            Err(error) => {
                send(events, Event::Failed(error))?;
                break;
            }
        }
    }
    send(events, Event::InputDone(reader.counts().records))
}

fn emit(aggregator: &mut Aggregator, events: &mpsc::Sender<Event>) -> Result<(), Gone> {
    while let Some(chunk) = aggregator.pop() {
        send(events, Event::Chunk(chunk))?;
    }
    Ok(())
}

fn send(events: &mpsc::Sender<Event>, event: Event) -> Result<(), Gone> {
    events.blocking_send(event).map_err(|_| Gone)
}
