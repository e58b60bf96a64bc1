//! Reading inputs on a thread of its own: blocks come out of a channel, in order.

use std::convert::Infallible;
use std::sync::Arc;

use ipcascade_core::Address;
use tokio::sync::mpsc;

use crate::input::{
    Block, Cursor, Form, InputError, InputFormat, InputOptions, InputSource, Item, Parser,
    RecordReader, Unreadable,
};
use crate::interrupt::Interrupt;

/// Addresses that are looked up together at most, at about: a short line can stand for very many.
const MOST_ADDRESSES: usize = 8192;
/// Blocks that may wait for a worker, or be looked up together.
pub(super) const BLOCKS_AHEAD: usize = 8;

/// What the reading thread has to say.
#[derive(Debug)]
pub(super) enum Event {
    /// Records of an input.
    Records(Arc<Form>, Records),
    /// An input that could not be opened or read to its end.
    Failed(InputError),
}

/// Records on their way.
#[derive(Debug)]
pub(super) enum Records {
    /// As they stand in the input.
    Block(Block),
    /// Parsed already.
    Parsed(Parsed),
}

/// The records of a block.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    pub(super) block: Block,
    pub(super) records: Vec<Passing>,
    /// The addresses of all of them, in order.
    pub(super) addresses: Vec<Address>,
    pub(super) unreadable: Vec<Unreadable>,
}

/// A record on its way through.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passing {
    /// Where it begins in its block.
    offset: usize,
    length: usize,
    /// How many addresses it has.
    pub(super) addresses: usize,
}

impl Parsed {
    /// The records of `block`, in parts of `most` addresses: `take` is given all but the last.
    fn in_parts<E>(
        form: &Arc<Form>,
        block: Block,
        most: usize,
        mut take: impl FnMut(Self) -> Result<(), E>,
    ) -> Result<Self, E> {
        let mut parser = Parser::new(form);
        let mut cursor = Cursor::default();
        let mut parsed = Self::default();
        while let Some(item) = parser.next(&block, &mut cursor) {
            let record = match item {
                Item::Record(record) => record,
                Item::Unreadable(unreadable) => {
                    parsed.unreadable.push(unreadable);
                    continue;
                }
            };
            let mut passing = Passing {
                offset: record.offset,
                length: record.original.len(),
                addresses: 0,
            };
            for address in record.addresses {
                if parsed.addresses.len() >= most {
                    parsed.records.push(passing);
                    passing.addresses = 0;
                    take(std::mem::take(&mut parsed))?;
                }
                parsed.addresses.push(address);
                passing.addresses += 1;
            }
            parsed.records.push(passing);
        }
        parsed.block = block;
        Ok(parsed)
    }

    /// The record as it was read, without the line end; empty for parts of a list.
    pub(super) fn original(&self, record: Passing) -> &[u8] {
        let end = record.offset + record.length;
        self.block
            .bytes()
            .get(record.offset..end)
            .unwrap_or_default()
    }
}

impl Records {
    /// Parses them, if that has not been done.
    pub(super) fn parsed(self, form: &Arc<Form>) -> Parsed {
        match self {
            Self::Parsed(parsed) => parsed,
            Self::Block(block) => {
                let none = |_| Ok::<(), Infallible>(());
                let all = Parsed::in_parts(form, block, usize::MAX, none);
                all.unwrap_or_else(|never| match never {})
            }
        }
    }
}

/// Nobody receives any more: there is nothing left to do.
struct Gone;

/// Reads `sources` one after the other.
pub(super) fn read(
    sources: Vec<InputSource>,
    options: InputOptions,
    interrupt: Interrupt,
) -> mpsc::Receiver<Event> {
    let (events, receiver) = mpsc::channel(BLOCKS_AHEAD);
    tokio::task::spawn_blocking(move || {
        for source in &sources {
            if interrupt.is_requested() {
                break;
            }
            let result = match RecordReader::open(source, &options) {
                Ok(reader) => read_one(reader, &interrupt, &events),
                Err(error) => send(&events, Event::Failed(error)),
            };
            if result.is_err() {
                break;
            }
        }
    });
    receiver
}

fn read_one(
    mut reader: RecordReader,
    interrupt: &Interrupt,
    events: &mpsc::Sender<Event>,
) -> Result<(), Gone> {
    let form = Arc::clone(reader.form());
    let records = |records| send(events, Event::Records(Arc::clone(&form), records));
    // The first event of an input that has no records is an empty block: its header is written all the same.
    records(Records::Block(Block::default()))?;
    while !interrupt.is_requested() {
        match reader.next_block() {
            Ok(Some(block)) if may_have_spans(&form, &block) => {
                let take = |part| records(Records::Parsed(part));
                let rest = Parsed::in_parts(&form, block, MOST_ADDRESSES, take)?;
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

fn send(events: &mpsc::Sender<Event>, event: Event) -> Result<(), Gone> {
    events.blocking_send(event).map_err(|_| Gone)
}
