//! The reader of all formats.

use std::fs::{self, File};
use std::io::{self, Read};
use std::sync::Arc;

use super::blocks::{Block, Blocks, SAMPLE_BYTES};
use super::csv::{Layout, RecordEnd, Splitter};
use super::ndjson::Paths;
use super::parser::{Cursor, Details, Form, Parser, without_line_end};
use super::{InputError, InputFormat, InputOptions, InputSource, Item, csv, decompress, detect};

/// The mark with which some programs begin a UTF-8 file.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What a reader has read so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadCounts {
    /// Lines, blank and unreadable ones included.
    pub lines: u64,
    /// Records with at least one address.
    pub records: u64,
    /// Lines (or parts of them) that gave no record.
    pub unreadable: u64,
    /// Bytes, after decompression.
    pub bytes: u64,
}

/// Reads one input, in an amount of memory that does not depend on the input: record by record, or block by block for
/// parsers on several threads.
pub struct RecordReader {
    blocks: Blocks,
    form: Arc<Form>,
    /// Splits records of CSV, to see where a block can be cut.
    splitter: Option<Splitter>,
    /// For reading record by record.
    parser: Parser,
    block: Block,
    cursor: Cursor,
    records: u64,
    unreadable: u64,
}

impl RecordReader {
    /// Opens `source` and recognises its compression and its format.
    ///
    /// # Errors
    ///
    /// When it cannot be opened, is a directory, is text in UTF-16, or is CSV without a column of
    /// addresses.
    pub fn open(source: &InputSource, options: &InputOptions) -> Result<Self, InputError> {
        let name = source.to_string();
        let failed = |source| InputError::Open {
            input: name.as_str().into(),
            source,
        };
        match source {
            InputSource::Argument(text) => {
                let options = InputOptions {
                    format: Some(InputFormat::List),
                    ..options.clone()
                };
                Self::new(&name, Box::new(io::Cursor::new(text.clone())), &options)
            }
            InputSource::Stdin => Self::new(&name, Box::new(io::stdin()), options),
            InputSource::File(path) => {
                if fs::metadata(path).map_err(failed)?.is_dir() {
                    return Err(InputError::Directory {
                        input: name.as_str().into(),
                    });
                }
                let file = File::open(path).map_err(failed)?;
                Self::new(&name, Box::new(file), options)
            }
        }
    }

    /// Reads `input`, to be called `name` in messages.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn new(
        name: &str,
        input: Box<dyn Read + Send>,
        options: &InputOptions,
    ) -> Result<Self, InputError> {
        let input = decompress::decompressed(input).map_err(|source| InputError::Read {
            input: name.into(),
            line: 0,
            source,
        })?;
        let mut blocks = Blocks::new(input, options.max_line_length);
        skip_byte_order_mark(name, &mut blocks)?;
        let format = options.format.or_else(|| {
            blocks.look_ahead(|sample, is_all| detect::format(sample, is_all, options.delimiter))
        });
        let details = match format.unwrap_or(InputFormat::Text) {
            InputFormat::List => Details::List,
            InputFormat::Text => Details::Text,
            InputFormat::Cowrie => Details::Cowrie,
            InputFormat::Ndjson => Details::Ndjson(Paths::new(options.field.as_deref())),
            InputFormat::Csv => {
                let layout = layout(name, &mut blocks, options)?;
                let limit = options.max_line_length;
                let header = layout
                    .has_header
                    .then(|| take_header(&mut blocks, &layout, limit));
                Details::Csv {
                    header: header.flatten(),
                    layout,
                }
            }
        };
        let form = Arc::new(Form {
            input: name.into(),
            details,
            max_line_length: options.max_line_length,
            max_expansion: options.max_expansion,
        });
        Ok(Self {
            blocks,
            splitter: form.splitter(),
            parser: Parser::new(&form),
            form,
            block: Block::default(),
            cursor: Cursor::default(),
            records: 0,
            unreadable: 0,
        })
    }

    /// The next block of whole records, for a [`Parser`] of this [form](Self::form); `None` at the end of the input.
    ///
    /// # Errors
    ///
    /// When the input cannot be read to its end. All before that place has been delivered; afterwards there is nothing
    /// more.
    pub fn next_block(&mut self) -> Result<Option<Block>, InputError> {
        if let Some(block) = self.blocks.next(self.splitter.as_mut()) {
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

    /// The next record or unreadable line; `None` at the end of the input.
    ///
    /// # Errors
    ///
    /// As [`next_block`](Self::next_block).
    #[expect(
        clippy::should_implement_trait,
        reason = "records borrow from the reader, which an iterator cannot express"
    )]
    pub fn next(&mut self) -> Result<Option<Item<'_>>, InputError> {
        let place = loop {
            match self.parser.find(&self.block, &mut self.cursor) {
                Some(place) => break place,
                None => match self.next_block()? {
                    Some(block) => (self.block, self.cursor) = (block, Cursor::default()),
                    None => return Ok(None),
                },
            }
        };
        let item = self.parser.item(place, &self.block);
        match &item {
            Item::Record(_) => self.records += 1,
            Item::Unreadable(_) => self.unreadable += 1,
        }
        Ok(Some(item))
    }

    /// How the records are read.
    pub const fn form(&self) -> &Arc<Form> {
        &self.form
    }

    /// What has been read so far, up to the end of the block at hand.
    pub const fn counts(&self) -> ReadCounts {
        ReadCounts {
            lines: self.blocks.lines(),
            records: self.records,
            unreadable: self.unreadable,
            bytes: self.blocks.bytes,
        }
    }
}

fn layout(name: &str, blocks: &mut Blocks, options: &InputOptions) -> Result<Layout, InputError> {
    let layout = blocks.look_ahead(|sample, is_all| {
        let sample = whole_lines(sample, is_all);
        if !is_all && sample.is_empty() {
            return None;
        }
        match csv::layout(sample, options.delimiter, options.column.as_ref()) {
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

/// The lines of a sample that are here whole.
fn whole_lines(sample: &[u8], is_all: bool) -> &[u8] {
    let end = memchr::memrchr(b'\n', sample).map_or(0, |last| last + 1);
    let end = if is_all { sample.len() } else { end };
    sample.get(..end).unwrap_or_default()
}

/// Takes the first record out; `None` if it is not there whole.
fn take_header(blocks: &mut Blocks, layout: &Layout, limit: usize) -> Option<Vec<u8>> {
    let mut splitter = Splitter::new(layout.delimiter);
    let (blank, length, lines) = blocks.look_ahead(|sample, is_all| {
        let mut rest = whole_lines(sample, is_all);
        let whole = rest.len();
        let mut blank = 0;
        while let Some(line) = rest.split_inclusive(|&byte| byte == b'\n').next()
            && detect::trimmed(line).is_empty()
        {
            blank += 1;
            rest = rest.get(line.len()..)?;
        }
        match splitter.end_of_record(rest, limit) {
            // A full sample is not the end of the input.
            RecordEnd::Whole { length, lines }
                if sample.len() < SAMPLE_BYTES || rest.get(..length)?.ends_with(b"\n") =>
            {
                Some(((whole - rest.len(), blank), length, lines))
            }
            _ => None,
        }
    })?;
    blocks.take_head(blank.0, blank.1);
    let header = blocks.take_head(length, lines);
    Some(without_line_end(&header).to_vec())
}

fn skip_byte_order_mark(name: &str, blocks: &mut Blocks) -> Result<(), InputError> {
    let head = blocks.look_ahead(|sample, is_all| {
        let head = sample.get(..BYTE_ORDER_MARK.len());
        (head.is_some() || is_all).then(|| head.unwrap_or(sample).to_vec())
    });
    match head.as_deref() {
        Some(BYTE_ORDER_MARK) => {
            blocks.take_head(BYTE_ORDER_MARK.len(), 0);
            Ok(())
        }
        Some([0xff, 0xfe, ..] | [0xfe, 0xff, ..]) => {
            Err(InputError::Encoding { input: name.into() })
        }
        _ => Ok(()),
    }
}
