//! Reading inputs on a thread of its own: blocks come out of a channel, in order, for workers to parse.

use std::convert::Infallible;
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::input::{Block, Form, InputError, InputFormat, InputOptions, InputSource, RecordReader};
use crate::interrupt::Interrupt;

/// Addresses that are parsed together at most, at about: a short line can stand for very many.
const MOST_ADDRESSES: usize = 8192;
/// Blocks that may wait for a worker, or be looked up together.
pub(super) const BLOCKS_AHEAD: usize = 8;

/// How records are parsed.
pub(super) trait Parse: Copy + Send + 'static {
    /// What comes of the records of a block.
    type Parsed: Send + 'static;

    /// Parses the records of `block`, in parts of about `most` addresses: `take` is given all but the last.
    fn in_parts<E>(
        self,
        form: &Arc<Form>,
        block: Block,
        most: usize,
        take: impl FnMut(Self::Parsed) -> Result<(), E>,
    ) -> Result<Self::Parsed, E>;
}

/// What the reading thread has to say.
#[derive(Debug)]
pub(super) enum Event<T> {
    /// Records of an input. The first ones of each are none.
    Records(Arc<Form>, Records<T>),
    /// An input that could not be opened or read to its end.
    Failed(InputError),
}

/// Records on their way.
#[derive(Debug)]
pub(super) enum Records<T> {
    /// As they stand in the input.
    Block(Block),
    /// Parsed already.
    Parsed(T),
}

/// What is new of the inputs: parsed records of one, or why it could not be read.
pub(super) type Parsed<T> = Result<(Arc<Form>, T), InputError>;

impl<T> Event<T> {
    /// Parses the records, if that has not been done.
    pub(super) fn parsed<P: Parse<Parsed = T>>(self, parse: P) -> Parsed<T> {
        let (form, records) = match self {
            Self::Records(form, records) => (form, records),
            Self::Failed(error) => return Err(error),
        };
        let parsed = match records {
            Records::Parsed(parsed) => parsed,
            Records::Block(block) => {
                let none = |_| Ok::<(), Infallible>(());
                let all = parse.in_parts(&form, block, usize::MAX, none);
                all.unwrap_or_else(|never| match never {})
            }
        };
        Ok((form, parsed))
    }
}

/// Nobody receives any more: there is nothing left to do.
struct Gone;

/// Reads `sources` one after the other.
pub(super) fn read<P: Parse>(
    sources: Vec<InputSource>,
    options: InputOptions,
    interrupt: Interrupt,
    parse: P,
) -> mpsc::Receiver<Event<P::Parsed>> {
    let (events, receiver) = mpsc::channel(BLOCKS_AHEAD);
    tokio::task::spawn_blocking(move || {
        for source in &sources {
            if interrupt.is_requested() {
                break;
            }
            let result = match RecordReader::open(source, &options) {
                Ok(reader) => read_one(reader, &interrupt, parse, &events),
                Err(error) => send(&events, Event::Failed(error)),
            };
            if result.is_err() {
                break;
            }
        }
    });
    receiver
}

fn read_one<P: Parse>(
    mut reader: RecordReader,
    interrupt: &Interrupt,
    parse: P,
    events: &mpsc::Sender<Event<P::Parsed>>,
) -> Result<(), Gone> {
    let form = Arc::clone(reader.form());
    let records = |records| send(events, Event::Records(Arc::clone(&form), records));
    // Inputs without any record are known of, too.
    records(Records::Block(Block::default()))?;
    while !interrupt.is_requested() {
        match reader.next_block() {
            Ok(Some(block)) if may_have_spans(&form, &block) => {
                let take = |part| records(Records::Parsed(part));
                let rest = parse.in_parts(&form, block, MOST_ADDRESSES, take)?;
                records(Records::Parsed(rest))?;
            }
            Ok(Some(block)) => records(Records::Block(block))?,
            Ok(None) => break,
            Err(error) => return send(events, Event::Failed(error)),
        }
    }
    Ok(())
}

/// Whether the block may have lines that stand for many addresses.
fn may_have_spans(form: &Form, block: &Block) -> bool {
    form.format() == InputFormat::List && memchr::memchr2(b'/', b'-', block.bytes()).is_some()
}

fn send<T>(events: &mpsc::Sender<Event<T>>, event: Event<T>) -> Result<(), Gone> {
    events.blocking_send(event).map_err(|_| Gone)
}
