//! The reader for all formats.

use std::fs::{self, File};
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use ipcascade_core::clock::Timestamp;
use ipcascade_core::stop::Stop;

use crate::block::Block;
use crate::block_cursor::BlockCursor;
use crate::blocks::Blocks;
use crate::container::{ByteStream, Input};
use crate::container_lines::Whole;
use crate::error::InputError;
use crate::json::{AnswerLists, ListEnd};
use crate::options::{InputFormat, InputOptions};
use crate::parser::Parser;
use crate::recognition::{
    asked_format, details, is_record, list, recognised, skip_byte_order_mark,
};
use crate::record::Record;
use crate::record_form::RecordForm;
use crate::source::{InputSource, argument_hint};
use crate::split::Splitter;
use crate::tally::Tally;
use crate::times::TimeRules;
use crate::{container, container_lines};

/// Reads one input, in an amount of memory that does not depend on the input: record by record, or block by block for
/// parsers on several threads.
pub struct RecordReader<'r> {
    blocks: Blocks<'r>,
    form: Arc<RecordForm>,
    /// Splits records of several lines, to find where a block can be cut.
    splitter: Option<Splitter>,
    /// The line at which the columns of a table change.
    other_columns_from: Option<u64>,
    is_ended: bool,
    /// Whether an input that is one list ends as a list does; `None` where that is not asked.
    list_end: Option<ListEnd>,
    /// For reading record by record.
    parser: Parser,
    block: Block,
    cursor: BlockCursor,
}

/// Receives the reader of an input. Breaks off when no more is wanted.
pub type TakeReader<'t> = dyn FnMut(Result<RecordReader<'_>, InputError>) -> ControlFlow<()> + 't;

/// Opens `source`, unpacks it, and passes on a reader for it, or for each file in it if it is an archive; or an error:
/// it cannot be opened, is a folder, contains something other than records, or is CSV without a column of addresses.
pub fn open(
    source: &InputSource,
    options: &InputOptions,
    take: &mut TakeReader<'_>,
) -> ControlFlow<()> {
    let name = source.to_string();
    let failed = |hint, source| InputError::Open {
        input: name.as_str().into(),
        hint,
        source,
    };
    let mut unpacked = |name: &str, input: Result<Input<'_>, InputError>| {
        take(input.and_then(|input| RecordReader::new(name, input, options)))
    };
    match source {
        InputSource::Argument(text) => {
            let options = InputOptions {
                format: Some(InputFormat::List),
                ..options.clone()
            };
            let input = Input::whole(text.as_bytes(), options.now);
            take(RecordReader::new(&name, input, &options))
        }
        InputSource::Stdin => {
            let input = Input {
                bytes: Box::new(io::stdin()),
                written: options.now,
                is_whole: false,
            };
            container::unpack(&name, input, &mut unpacked)
        }
        InputSource::File(path) => {
            let metadata = match fs::metadata(path) {
                Ok(metadata) => metadata,
                Err(error) => return take(Err(failed(argument_hint(&name), error))),
            };
            if metadata.is_dir() {
                return take(Err(InputError::Folder {
                    input: name.as_str().into(),
                }));
            }
            match File::open(path) {
                Ok(file) => {
                    options.read.begin(&file, metadata.len());
                    let written = written(&metadata).unwrap_or(options.now).min(options.now);
                    container::unpack_file(&name, file, written, &mut unpacked)
                }
                Err(error) => take(Err(failed(None, error))),
            }
        }
    }
}

/// When a file was last modified.
fn written(metadata: &fs::Metadata) -> Option<Timestamp> {
    let since = metadata.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Timestamp::from_timestamp(i64::try_from(since.as_secs()).ok()?, 0)
}

/// An input that fails when the run is interrupted: some never end by themselves, and the text before that point is not
/// a whole record.
struct Stoppable<'r> {
    input: ByteStream<'r>,
    stop: Stop,
}

impl Read for Stoppable<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.stop.is_requested() {
            return Err(io::Error::other("the run was interrupted"));
        }
        self.input.read(buffer)
    }
}

impl<'r> RecordReader<'r> {
    /// Reads `input`, called `name` in messages.
    ///
    /// # Errors
    ///
    /// If its content is not recognised, or is CSV without a column of addresses.
    pub fn new(name: &str, input: Input<'r>, options: &InputOptions) -> Result<Self, InputError> {
        let Input {
            bytes,
            written,
            is_whole,
        } = input;
        let stoppable = Stoppable {
            input: bytes,
            stop: options.stop.clone(),
        };
        let mut blocks = Blocks::new(Box::new(stoppable), options.max_line_length);
        let has_byte_order_mark = skip_byte_order_mark(&mut blocks);
        let engine = blocks.look_ahead(container_lines::engine).flatten();
        if let Some(engine) = engine {
            let limit = options.max_line_length;
            blocks = blocks.changed(Whole::new(engine, limit));
        }
        let asked = asked_format(options);
        let may_be_json = matches!(
            asked,
            None | Some(InputFormat::Ndjson | InputFormat::Cowrie)
        );
        let list = may_be_json.then(|| list(&mut blocks, options)).flatten();
        if let Some(list) = list.clone() {
            let limit = options.max_line_length;
            blocks = blocks.changed(AnswerLists::new(list, is_record(options), limit));
        }
        let format = match asked {
            Some(format) => format,
            None => recognised(name, &mut blocks, is_whole, options)?,
        };
        let is_list = list.is_none() && matches!(format, InputFormat::Ndjson | InputFormat::Cowrie);
        let details = details(name, format, list, &mut blocks, is_whole, options)?;
        let form = Arc::new(RecordForm {
            input: name.into(),
            details,
            max_line_length: options.max_line_length,
            max_expansion: options.max_expansion,
            spelling: options.spelling,
            exclude: options.exclude.clone(),
            times: TimeRules {
                now: options.now,
                written,
            },
            seen_at: options.seen_at,
            time_names: options.times.clone(),
            has_byte_order_mark,
        });
        Ok(Self {
            blocks,
            splitter: form.splitter(),
            other_columns_from: None,
            is_ended: false,
            list_end: is_list.then(ListEnd::default),
            parser: Parser::new(&form),
            form,
            block: Block::default(),
            cursor: BlockCursor::default(),
        })
    }

    /// Returns the next block of whole records, for a [`Parser`] of this [form](Self::form); `None` at the end of the
    /// input.
    ///
    /// # Errors
    ///
    /// If the input cannot be read to its end. Everything before that point has been delivered; afterwards there is
    /// nothing more.
    pub fn next_block(&mut self) -> Result<Option<Block>, InputError> {
        if let Some(line) = self.other_columns_from.filter(|_| self.is_ended) {
            self.other_columns_from = None;
            return Err(InputError::OtherColumns {
                input: Arc::clone(&self.form.input),
                line,
            });
        }
        let next = match self.is_ended {
            true => None,
            false => self.blocks.next(self.splitter.as_mut()),
        };
        if let Some(mut block) = next {
            if let Some(list_end) = &mut self.list_end {
                if block.refused.is_some() {
                    list_end.miss();
                }
                list_end.see(&block.bytes);
            }
            if let Some(line) = self.form.cut_where_columns_change(&mut block) {
                (self.other_columns_from, self.is_ended) = (Some(line), true);
            }
            return Ok(Some(block));
        }
        let is_cut = self.list_end.take().is_some_and(ListEnd::is_cut);
        let cut = || {
            io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the list is cut off before its end",
            )
        };
        let failure = self.blocks.take_failure();
        let failure = failure.or_else(|| is_cut.then(cut));
        failure.map_or(Ok(None), |source| {
            Err(InputError::Read {
                input: Arc::clone(&self.form.input),
                line: self.blocks.lines(),
                source,
            })
        })
    }

    /// Returns the next record; `None` at the end of the input.
    ///
    /// # Errors
    ///
    /// As for [`next_block`](Self::next_block).
    #[expect(
        clippy::should_implement_trait,
        reason = "records borrow from the reader, which an iterator cannot express"
    )]
    pub fn next(&mut self) -> Result<Option<Record<'_>>, InputError> {
        let place = loop {
            match self.parser.find(&self.block, &mut self.cursor) {
                Some(place) => break place,
                None => match self.next_block()? {
                    Some(block) => (self.block, self.cursor) = (block, BlockCursor::default()),
                    None => return Ok(None),
                },
            }
        };
        Ok(Some(self.parser.record_at(place, &self.block)))
    }

    /// How the records are read.
    pub const fn form(&self) -> &Arc<RecordForm> {
        &self.form
    }

    /// Returns what [`next`](Self::next) has read since the last call.
    pub fn take_tally(&mut self) -> Tally {
        self.parser.take_tally()
    }
}
