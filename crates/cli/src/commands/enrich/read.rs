//! Reads inputs on a thread of its own: blocks come out of a channel, in order, for workers to parse.

use std::convert::Infallible;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use ipcascade_core::stop::Stop;
use ipcascade_input::{
    Block, BlockCursor, InputError, InputFormat, InputOptions, InputSource, Parser, Record,
    RecordForm, RecordReader, Tally, open,
};
use tokio::sync::mpsc;
use tokio::task::{JoinError, JoinHandle};

/// About how many addresses are parsed together at most: a short line can stand for very many.
const MOST_ADDRESSES: usize = 8192;
/// Blocks that may wait for a worker, or be looked up together.
pub(super) const BLOCKS_AHEAD: usize = 8;

/// How records are parsed.
pub(super) trait Parse: Copy + Send + 'static {
    /// The result of parsing the records of a block.
    type Parsed: Send + 'static;

    /// The result without any records.
    fn nothing(self) -> Self::Parsed;

    /// Adds a record. A record with many addresses is split into parts of `most`: `take` receives all but the last.
    fn add<E>(
        self,
        parsed: &mut Self::Parsed,
        record: Record<'_>,
        most: usize,
        take: impl FnMut(Self::Parsed) -> Result<(), E>,
    ) -> Result<(), E>;

    /// Completes the result when all records of a block have been added.
    fn finish(parsed: Self::Parsed, block: Block, tally: Tally) -> Self::Parsed;

    /// Parses the records of `block`, in parts of about `most` addresses: `take` receives all but the last.
    fn in_parts<E>(
        self,
        form: &Arc<RecordForm>,
        block: Block,
        most: usize,
        mut take: impl FnMut(Self::Parsed) -> Result<(), E>,
    ) -> Result<Self::Parsed, E> {
        let (mut parser, mut cursor) = (Parser::new(form), BlockCursor::default());
        let mut parsed = self.nothing();
        while let Some(record) = parser.next(&block, &mut cursor) {
            self.add(&mut parsed, record, most, &mut take)?;
        }
        Ok(Self::finish(parsed, block, parser.take_tally()))
    }
}

/// Events of the reading thread.
#[derive(Debug)]
pub(super) enum ReadEvent<T> {
    /// Records of an input. The first event of each input has no records: it announces the input.
    Records(Arc<RecordForm>, ReadRecords<T>),
    /// An input that could not be opened or read to its end.
    Failed(InputError),
}

/// Records, parsed or not.
#[derive(Debug)]
pub(super) enum ReadRecords<T> {
    /// As they are in the input.
    Block(Block),
    /// Parsed already.
    Parsed(T),
}

/// Parsed records of an input, or why it could not be read.
pub(super) type ReadResult<T> = Result<(Arc<RecordForm>, T), InputError>;

impl<T> ReadEvent<T> {
    /// Parses the records, unless they are parsed already.
    pub(super) fn parsed<P: Parse<Parsed = T>>(self, parse: P) -> ReadResult<T> {
        let (form, records) = match self {
            Self::Records(form, records) => (form, records),
            Self::Failed(error) => return Err(error),
        };
        let parsed = match records {
            ReadRecords::Parsed(parsed) => parsed,
            ReadRecords::Block(block) => {
                let none = |_| Ok::<(), Infallible>(());
                let all = parse.in_parts(&form, block, usize::MAX, none);
                all.unwrap_or_else(|never| match never {})
            }
        };
        Ok((form, parsed))
    }
}

/// Why reading ends early.
enum Ended {
    /// The receiver is gone: there is nothing left to do.
    Gone,
    Interrupted,
}

/// How long a read may continue after an interrupt: on a pipe it waits until the other side writes.
const MAX_WAIT: Duration = Duration::from_millis(300);

/// The events of a reading thread, and the thread. It ends with the events, or soon after the receiver is gone.
pub(super) struct ReaderThread<T> {
    events: mpsc::Receiver<ReadEvent<T>>,
    thread: JoinHandle<()>,
    stop: Stop,
}

impl<T> ReaderThread<T> {
    /// The next event; `None` at the end, or soon after an interrupt.
    pub(super) async fn next(&mut self) -> Option<ReadEvent<T>> {
        let stopped = async {
            self.stop.requested().await;
            tokio::time::sleep(MAX_WAIT).await;
        };
        tokio::select! {
            biased;
            event = self.events.recv() => event,
            () = stopped => None,
        }
    }

    /// The next event if it has already arrived.
    pub(super) fn next_if_there(&mut self) -> Option<ReadEvent<T>> {
        self.events.try_recv().ok()
    }

    /// Waits for the end of the thread, when there are no more events.
    ///
    /// # Errors
    ///
    /// If it has panicked.
    pub(super) async fn end(self) -> Result<(), JoinError> {
        // One that waits for a pipe is abandoned.
        if self.stop.is_requested() && !self.thread.is_finished() {
            return Ok(());
        }
        self.thread.await
    }
}

/// Reads `sources` one after the other.
pub(super) fn read<P: Parse>(
    sources: Vec<InputSource>,
    options: InputOptions,
    stop: Stop,
    parse: P,
) -> ReaderThread<P::Parsed> {
    let (events, receiver) = mpsc::channel(BLOCKS_AHEAD);
    let stopped = stop.clone();
    let thread = tokio::task::spawn_blocking(move || {
        for source in &sources {
            if stop.is_requested() {
                break;
            }
            let read = open(source, &options, &mut |reader| {
                let result = match reader {
                    Ok(reader) => read_one(reader, &stop, parse, &events),
                    // An input abandoned half-way is not damaged.
                    Err(_) if stop.is_requested() => Err(Ended::Interrupted),
                    Err(error) => send(&events, ReadEvent::Failed(error)),
                };
                match result {
                    Ok(()) => ControlFlow::Continue(()),
                    Err(_) => ControlFlow::Break(()),
                }
            });
            if read.is_break() {
                break;
            }
        }
    });
    ReaderThread {
        events: receiver,
        thread,
        stop: stopped,
    }
}

fn read_one<P: Parse>(
    mut reader: RecordReader<'_>,
    stop: &Stop,
    parse: P,
    events: &mpsc::Sender<ReadEvent<P::Parsed>>,
) -> Result<(), Ended> {
    let form = Arc::clone(reader.form());
    tracing::info!(format = %form.format(), "reading {}", form.input());
    let records = |records| send(events, ReadEvent::Records(Arc::clone(&form), records));
    // A block of prefixes can stand for more addresses than anyone would wait for.
    let take = |part| {
        records(ReadRecords::Parsed(part))?;
        match stop.is_requested() {
            true => Err(Ended::Interrupted),
            false => Ok(()),
        }
    };
    // Inputs without any record are reported, too.
    records(ReadRecords::Block(Block::default()))?;
    while !stop.is_requested() {
        match reader.next_block() {
            Ok(Some(block)) if !stop.is_requested() && may_have_spans(&form, &block) => {
                let rest = parse.in_parts(&form, block, MOST_ADDRESSES, take)?;
                records(ReadRecords::Parsed(rest))?;
            }
            // It may end where reading was interrupted.
            Ok(Some(_)) if stop.is_requested() => return Err(Ended::Interrupted),
            Ok(Some(block)) => records(ReadRecords::Block(block))?,
            Ok(None) => break,
            Err(_) if stop.is_requested() => return Err(Ended::Interrupted),
            Err(error) => return send(events, ReadEvent::Failed(error)),
        }
    }
    Ok(())
}

/// Whether the block may have lines that stand for many addresses.
fn may_have_spans(form: &RecordForm, block: &Block) -> bool {
    form.format() == InputFormat::List && memchr::memchr3(b'/', b'-', b'*', block.bytes()).is_some()
}

fn send<T>(events: &mpsc::Sender<ReadEvent<T>>, event: ReadEvent<T>) -> Result<(), Ended> {
    events.blocking_send(event).map_err(|_| Ended::Gone)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number of addresses in parts.
    #[derive(Clone, Copy)]
    struct Count;

    impl Parse for Count {
        type Parsed = usize;

        fn nothing(self) -> usize {
            0
        }

        fn add<E>(
            self,
            count: &mut usize,
            record: Record<'_>,
            most: usize,
            mut take: impl FnMut(usize) -> Result<(), E>,
        ) -> Result<(), E> {
            for _ in record.addresses {
                *count += 1;
                if *count == most {
                    take(std::mem::take(count))?;
                }
            }
            Ok(())
        }

        fn finish(count: usize, _: Block, _: Tally) -> usize {
            count
        }
    }

    #[tokio::test]
    async fn a_block_of_prefixes_is_left_when_the_end_is_asked_for() {
        let list: Vec<String> = (0..256).map(|net| format!("11.{net}.0.0/16")).collect();
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), list.join("\n")).unwrap();
        let (stopper, stop) = Stop::new();
        let sources = vec![InputSource::File(file.path().to_owned())];
        let mut reading = read(sources, InputOptions::default(), stop, Count);
        let mut addresses = 0;
        while let Some(event) = reading.next().await {
            stopper.stop();
            addresses += event.parsed(Count).unwrap().1;
        }
        reading.end().await.unwrap();
        assert!(
            addresses <= (BLOCKS_AHEAD + 2) * MOST_ADDRESSES,
            "{addresses}"
        );
    }

    #[tokio::test]
    async fn a_reader_that_panics_is_not_at_the_end() {
        #[derive(Clone, Copy)]
        struct Broken;

        impl Parse for Broken {
            type Parsed = ();

            fn nothing(self) {}

            fn add<E>(
                self,
                _: &mut (),
                _: Record<'_>,
                _: usize,
                _: impl FnMut(()) -> Result<(), E>,
            ) -> Result<(), E> {
                panic!("a bug")
            }

            fn finish((): (), _: Block, _: Tally) {}
        }

        let sources = vec![InputSource::Argument("192.0.2.0/30".to_owned())];
        let (_stopper, stop) = Stop::new();
        let mut reading = read(sources, InputOptions::default(), stop, Broken);
        while reading.next().await.is_some() {}
        assert!(reading.end().await.is_err());
    }
}
