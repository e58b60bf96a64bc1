//! The reader for all formats.

use std::fs::{self, File};
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use ipcascade_core::clock::Timestamp;
use ipcascade_core::stop::Stop;

use crate::blocks::{Block, Blocks, SAMPLE_BYTES};
use crate::container::{ByteStream, Input};
use crate::csv::{CsvLayout, FieldSplitter, Header};
use crate::error::InputError;
use crate::json::{
    AnswerLists, FieldPaths, FoundFields, IsRecord, Json, LeadingObject, ValueSplitter,
};
use crate::options::{InputFormat, InputOptions};
use crate::block_cursor::BlockCursor;
use crate::parser::Parser;
use crate::record_form::{Details, RecordForm};
use crate::tally::Tally;
use crate::partial::Whole;
use crate::record::Record;
use crate::record_end::RecordEnd;
use crate::source::InputSource;
use crate::span::excerpt;
use crate::split::Splitter;
use crate::times::TimeRules;
use crate::{container, csv, detect, json, partial, scan};

/// The mark at the beginning of some UTF-8 files.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

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
                Err(error) => return take(Err(failed(detect::argument_hint(&name), error))),
            };
            if metadata.is_dir() {
                return take(Err(InputError::Folder {
                    input: name.as_str().into(),
                }));
            }
            match File::open(path) {
                Ok(file) => {
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

/// Returns how records of `format` are read; `list` is the path of the list that has them, in an answer.
fn details(
    name: &str,
    format: InputFormat,
    list: Option<Vec<Vec<u8>>>,
    blocks: &mut Blocks<'_>,
    is_whole: bool,
    options: &InputOptions,
) -> Result<Details, InputError> {
    Ok(match format {
        InputFormat::List => Details::List,
        InputFormat::Text => Details::Text {
            events: json(InputFormat::Cowrie, true, options),
        },
        InputFormat::Cowrie | InputFormat::Ndjson => {
            let mut json = json(format, are_lines(blocks, is_whole), options);
            let are_prefixed = |sample: &[u8], is_all| {
                let is_enough = is_all || !is_whole || detect::has_enough_lines(sample);
                is_enough.then(|| detect::are_prefixed(whole_lines(sample, is_all)))
            };
            json.are_prefixed = blocks.look_ahead(are_prefixed).unwrap_or_default();
            let choice = list.map(|list| {
                let names = list.join(&b'.');
                let names = String::from_utf8_lossy(&names).into_owned();
                format!("the records are those of the list in `{}`", excerpt(&names))
            });
            Details::Json { json, choice }
        }
        InputFormat::Csv => {
            let layout = layout(name, blocks, is_whole, options)?;
            let head = take_head(blocks, &layout, options.max_line_length);
            Details::Csv {
                layout,
                head,
                events: json(InputFormat::Cowrie, true, options),
            }
        }
    })
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
        let engine = blocks.look_ahead(partial::engine).flatten();
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
            if let Some(line) = self.form.cut_where_columns_change(&mut block) {
                (self.other_columns_from, self.is_ended) = (Some(line), true);
            }
            return Ok(Some(block));
        }
        self.blocks.take_failure().map_or(Ok(None), |source| {
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

fn json(format: InputFormat, are_lines: bool, options: &InputOptions) -> Json {
    Json {
        values: ValueSplitter::new(are_lines),
        paths: FieldPaths::new(&options.fields, &options.times, options.spelling),
        format,
        are_events: options.format == Some(InputFormat::Cowrie),
        are_told_apart: options.are_told_apart,
        are_prefixed: false,
        has_usual_names: options.fields.is_empty() && options.times.is_empty(),
        spelling: options.spelling,
    }
}

/// The format that the options name, possibly by naming a field or a column.
fn asked_format(options: &InputOptions) -> Option<InputFormat> {
    let has_fields = !options.fields.is_empty();
    let has_columns =
        !options.columns.is_empty() || options.no_header || options.delimiter.is_some();
    let json = has_fields.then_some(InputFormat::Ndjson);
    let csv = has_columns.then_some(InputFormat::Csv);
    options.format.or(json).or(csv)
}

/// Whether a value is a record.
fn is_record(options: &InputOptions) -> IsRecord<'static> {
    let json = json(InputFormat::Ndjson, false, options);
    let times = TimeRules {
        now: options.now,
        written: options.now,
    };
    Box::new(move |value| {
        json.read(value, &times, &mut FoundFields::default())
            .is_ok()
    })
}

/// The names that lead to the list of records in the first object, if it is not a record itself.
fn list(blocks: &mut Blocks<'_>, options: &InputOptions) -> Option<Vec<Vec<u8>>> {
    let is_record = is_record(options);
    let answer = |sample: &[u8], is_all| match json::answer(sample, is_all, &is_record) {
        LeadingObject::Cut => None,
        LeadingObject::List(list) => Some(Some(list)),
        LeadingObject::None => Some(None),
    };
    blocks.look_ahead(answer)?
}

fn recognised(
    name: &str,
    blocks: &mut Blocks<'_>,
    is_whole: bool,
    options: &InputOptions,
) -> Result<InputFormat, InputError> {
    let format = blocks.look_ahead(|sample, is_all| {
        let is_enough = is_all || !is_whole || detect::has_enough_lines(sample);
        let format = detect::format(sample, is_all, options)?;
        // If nothing usable has come yet, nothing is lost by waiting.
        let lines = whole_lines(sample, is_all);
        let is_open = !is_all
            && matches!(format, Ok(InputFormat::Text))
            && !scan::has_address(lines, options.spelling);
        let is_certain = matches!(format, Ok(InputFormat::Cowrie)) || (is_enough && !is_open);
        is_certain.then_some(format)
    });
    format
        .unwrap_or(Ok(InputFormat::Text))
        .map_err(|reason| InputError::Unknown {
            input: name.into(),
            reason,
        })
}

/// Whether JSON values are lines, judging by the first of them.
fn are_lines(blocks: &mut Blocks<'_>, is_whole: bool) -> bool {
    let are_lines = blocks.look_ahead(|sample, is_all| {
        let (before, _) = ValueSplitter::before_value(sample);
        let rest = sample.get(before..)?;
        let end = memchr::memchr(b'\n', rest);
        match ValueSplitter::new(false).end_of_record(rest, SAMPLE_BYTES) {
            RecordEnd::Whole { length, .. } => match end {
                Some(end) => Some(length == end + 1),
                // A program that writes value by value waits for them to be read.
                None => (is_all || !is_whole).then_some(true),
            },
            RecordEnd::Unclosed { .. } => Some(true),
            RecordEnd::TooLong { .. } => Some(false),
            RecordEnd::Open { .. } => (end.is_some() || is_all).then_some(end.is_none()),
        }
    });
    are_lines.unwrap_or(true)
}

fn layout(
    name: &str,
    blocks: &mut Blocks<'_>,
    is_whole: bool,
    options: &InputOptions,
) -> Result<CsvLayout, InputError> {
    let layout = blocks.look_ahead(|sample, is_all| {
        let is_enough = is_all || !is_whole || detect::has_enough_lines(sample);
        let sample = whole_lines(sample, is_all);
        // Names alone are not enough.
        let has_records = memchr::memchr_iter(b'\n', sample).count() >= 2;
        if !is_all && (!has_records || !is_enough) {
            return None;
        }
        match csv::layout(sample, options) {
            Err(_) if !is_all => None,
            layout => Some(layout),
        }
    });
    let layout = layout.unwrap_or_else(|| Err("there is nothing in it".to_owned()));
    layout.map_err(|reason| InputError::Column {
        input: name.into(),
        reason,
    })
}

/// The complete lines of a sample.
fn whole_lines(sample: &[u8], is_all: bool) -> &[u8] {
    let end = memchr::memrchr(b'\n', sample).map_or(0, |last| last + 1);
    let end = if is_all { sample.len() } else { end };
    sample.get(..end).unwrap_or_default()
}

/// Takes what precedes the records: comments, and the names of the columns.
fn take_head(blocks: &mut Blocks<'_>, layout: &CsvLayout, limit: usize) -> Vec<u8> {
    let mut splitter = FieldSplitter::new(layout.delimiter);
    let taken = blocks.look_ahead(|sample, is_all| {
        let lines = whole_lines(sample, is_all);
        let comments = csv::comments_length(lines);
        let (head, rest) = lines.split_at_checked(comments)?;
        let count = memchr::memchr_iter(b'\n', head).count() as u64;
        if rest.is_empty() && !is_all {
            return None;
        }
        if layout.header != Header::First {
            return Some((comments, count));
        }
        match splitter.end_of_record(rest, limit) {
            // A full sample is not the end of the input.
            RecordEnd::Whole { length, lines }
                if sample.len() < SAMPLE_BYTES || rest.get(..length)?.ends_with(b"\n") =>
            {
                Some((comments + length, count + lines))
            }
            _ => None,
        }
    });
    let (length, lines) = taken.unwrap_or_default();
    blocks.take_head(length, lines)
}

/// Skips a byte order mark; returns whether there was one.
fn skip_byte_order_mark(blocks: &mut Blocks<'_>) -> bool {
    let head = blocks.look_ahead(|sample, is_all| {
        let head = sample.get(..BYTE_ORDER_MARK.len());
        (head.is_some() || is_all).then(|| head.unwrap_or(sample).to_vec())
    });
    let is_there = head.as_deref() == Some(BYTE_ORDER_MARK);
    if is_there {
        blocks.take_head(BYTE_ORDER_MARK.len(), 0);
    }
    is_there
}
