//! The reader of all formats.

use std::fs::{self, File};
use std::io::{self, Read};
use std::ops::Range;
use std::sync::Arc;

use ipcascade_core::Address;

use super::csv::{Layout, Splitter};
use super::detect::trimmed;
use super::lines::{Fetched, Lines};
use super::list::without_comment;
use super::moment::parse_moment;
use super::ndjson::{Found, Paths};
use super::span::not_an_address;
use super::{
    Addresses, InputError, InputFormat, InputOptions, InputSource, Item, Record, Unreadable,
    cowrie, csv, decompress, detect, list, scan,
};

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

/// Reads one input, record by record, in an amount of memory that does not depend on the input.
pub struct RecordReader {
    input: Arc<str>,
    lines: Lines,
    format: InputFormat,
    parser: Parser,
    max_line_length: usize,
    max_expansion: u64,
    /// What is wrong with a part of the record delivered last.
    pending: Option<Unreadable>,
    records: u64,
    unreadable: u64,
}

/// What a format needs besides the line.
enum Parser {
    List,
    Text(Vec<Address>),
    Cowrie,
    Ndjson(Paths, Found),
    Csv(Box<Table>),
}

struct Table {
    layout: Layout,
    splitter: Splitter,
    header: Option<Vec<u8>>,
}

/// The next thing in the buffer.
enum Step {
    Line(Range<usize>, u64),
    Unreadable(u64, String),
    End,
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
        let mut lines = Lines::new(input, options.max_line_length);
        skip_byte_order_mark(name, &mut lines)?;
        let format = options.format.or_else(|| {
            lines.look_ahead(|sample, is_all| detect::format(sample, is_all, options.delimiter))
        });
        let format = format.unwrap_or(InputFormat::Text);
        let mut reader = Self {
            input: name.into(),
            lines,
            format,
            parser: Parser::List,
            max_line_length: options.max_line_length,
            max_expansion: options.max_expansion,
            pending: None,
            records: 0,
            unreadable: 0,
        };
        reader.parser = match format {
            InputFormat::List => Parser::List,
            InputFormat::Text => Parser::Text(Vec::new()),
            InputFormat::Cowrie => Parser::Cowrie,
            InputFormat::Ndjson => {
                Parser::Ndjson(Paths::new(options.field.as_deref()), Found::default())
            }
            InputFormat::Csv => Parser::Csv(Box::new(reader.table(options)?)),
        };
        reader.take_header();
        Ok(reader)
    }

    fn table(&mut self, options: &InputOptions) -> Result<Table, InputError> {
        let layout = self.lines.look_ahead(|sample, is_all| {
            if !is_all && !sample.contains(&b'\n') {
                return None;
            }
            match csv::layout(sample, options.delimiter, options.column.as_ref()) {
                Err(_) if !is_all => None,
                layout => Some(layout),
            }
        });
        match layout {
            Some(Ok(layout)) => Ok(Table {
                splitter: Splitter::new(layout.delimiter),
                layout,
                header: None,
            }),
            Some(Err(reason)) => Err(InputError::Column {
                input: Arc::clone(&self.input),
                reason,
            }),
            None => Err(InputError::Column {
                input: Arc::clone(&self.input),
                reason: "there is nothing in it".to_owned(),
            }),
        }
    }

    fn take_header(&mut self) {
        if !matches!(&self.parser, Parser::Csv(table) if table.layout.has_header) {
            return;
        }
        if let Step::Line(range, _) = self.step() {
            let header = without_line_end(self.lines.at(range)).to_vec();
            if let Parser::Csv(table) = &mut self.parser {
                table.header = Some(header);
            }
        }
    }

    /// The next record or unreadable line; `None` at the end of the input.
    ///
    /// # Errors
    ///
    /// When the input cannot be read to its end. All before that place has been delivered; afterwards
    /// there is nothing more.
    #[expect(
        clippy::should_implement_trait,
        reason = "records borrow from the reader, which an iterator cannot express"
    )]
    pub fn next(&mut self) -> Result<Option<Item<'_>>, InputError> {
        if let Some(unreadable) = self.pending.take() {
            return Ok(Some(Item::Unreadable(unreadable)));
        }
        let (range, line) = match self.step() {
            Step::Line(range, line) => (range, line),
            Step::Unreadable(line, reason) => return Ok(Some(self.refuse(line, reason))),
            Step::End => {
                return self.lines.take_failure().map_or(Ok(None), |source| {
                    Err(InputError::Read {
                        input: Arc::clone(&self.input),
                        line: self.lines.number,
                        source,
                    })
                });
            }
        };
        let original = without_line_end(self.lines.at(range));
        let text = trimmed(original);
        let mut record = Record {
            addresses: Addresses::each(&[]),
            moment: None,
            session: None,
            line,
            original,
        };
        let refused = match &mut self.parser {
            Parser::List => list::parse(without_comment(text), self.max_expansion)
                .map(|span| record.addresses = Addresses::span(span)),
            Parser::Text(found) => {
                record.addresses = Addresses::each(found);
                Ok(())
            }
            Parser::Cowrie => cowrie::parse(text).map(|event| {
                record.addresses = Addresses::span(event.address.into());
                record.moment = event.moment;
                record.session = event.session;
            }),
            Parser::Ndjson(paths, found) => paths.parse(text, found).map(|()| {
                if let Some(reason) = found.refused.take() {
                    self.unreadable += 1;
                    self.pending = Some(Unreadable {
                        input: Arc::clone(&self.input),
                        line,
                        reason,
                    });
                }
                record.addresses = Addresses::each(&found.addresses);
                record.moment = found.moment;
            }),
            Parser::Csv(table) => table.address().map(|address| {
                record.addresses = Addresses::span(address.into());
                record.moment = table.moment();
            }),
        };
        if let Err(reason) = refused {
            self.unreadable += 1;
            return Ok(Some(Item::Unreadable(Unreadable {
                input: Arc::clone(&self.input),
                line,
                reason,
            })));
        }
        self.records += 1;
        Ok(Some(Item::Record(record)))
    }

    fn refuse(&mut self, line: u64, reason: String) -> Item<'static> {
        self.unreadable += 1;
        Item::Unreadable(Unreadable {
            input: Arc::clone(&self.input),
            line,
            reason,
        })
    }

    /// Goes on to the next line in which there may be a record.
    fn step(&mut self) -> Step {
        loop {
            let line = self.lines.number + 1;
            let length = match self.lines.fetch(0) {
                Fetched::Line(length) => length,
                Fetched::TooLong => {
                    self.lines.skip_line();
                    let reason = format!("the line is longer than {} bytes", self.max_line_length);
                    return Step::Unreadable(line, reason);
                }
                Fetched::Cut(length) => {
                    self.lines.consume(length, 1);
                    return Step::Unreadable(line, "the line is cut off".to_owned());
                }
                Fetched::End => return Step::End,
            };
            let text = trimmed(self.lines.ahead(0, length));
            let is_blank = match &mut self.parser {
                Parser::List => without_comment(text).is_empty(),
                Parser::Text(found) => {
                    found.clear();
                    scan::scan(text, found);
                    found.is_empty()
                }
                Parser::Cowrie | Parser::Ndjson(..) | Parser::Csv(_) => text.is_empty(),
            };
            if is_blank {
                self.lines.consume(length, 1);
            } else if let Parser::Csv(table) = &mut self.parser {
                return csv_record(&mut self.lines, &mut table.splitter, length);
            } else {
                return Step::Line(self.lines.consume(length, 1), line);
            }
        }
    }

    /// The name of the input.
    pub const fn name(&self) -> &Arc<str> {
        &self.input
    }

    /// The format that is read.
    pub const fn format(&self) -> InputFormat {
        self.format
    }

    /// The header of a CSV file that has one, as it was read, without the line end.
    pub fn header(&self) -> Option<&[u8]> {
        match &self.parser {
            Parser::Csv(table) => table.header.as_deref(),
            _ => None,
        }
    }

    /// The delimiter of a CSV file.
    pub const fn delimiter(&self) -> Option<u8> {
        match &self.parser {
            Parser::Csv(table) => Some(table.layout.delimiter),
            _ => None,
        }
    }

    /// What has been read so far.
    pub const fn counts(&self) -> ReadCounts {
        ReadCounts {
            lines: self.lines.number,
            records: self.records,
            unreadable: self.unreadable,
            bytes: self.lines.bytes,
        }
    }
}

/// Takes the record whose first line has the length `first`. If a quote in it is never closed, only
/// that line is lost.
fn csv_record(lines: &mut Lines, splitter: &mut Splitter, first: usize) -> Step {
    let line = lines.number + 1;
    let (mut length, mut count) = (first, 1);
    splitter.begin();
    let mut is_whole = splitter.take(lines.ahead(0, first));
    while !is_whole {
        let Fetched::Line(longer) = lines.fetch(length) else {
            lines.consume(first, 1);
            return Step::Unreadable(line, "a quote is opened and never closed".to_owned());
        };
        is_whole = splitter.take(lines.ahead(length, longer));
        (length, count) = (longer, count + 1);
    }
    Step::Line(lines.consume(length, count), line)
}

impl Table {
    fn address(&self) -> Result<Address, String> {
        let column = &self.layout.column_name;
        let Some(field) = self.splitter.field(self.layout.column) else {
            return Err(format!("the record has no column `{column}`"));
        };
        if field.is_empty() {
            return Err(format!("column `{column}` is empty"));
        }
        let text = String::from_utf8_lossy(field);
        text.parse().map_err(|_| not_an_address(&text))
    }

    fn moment(&self) -> Option<ipcascade_core::Timestamp> {
        let field = self.splitter.field(self.layout.moment?)?;
        parse_moment(std::str::from_utf8(field).ok()?)
    }
}

fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn skip_byte_order_mark(name: &str, lines: &mut Lines) -> Result<(), InputError> {
    let head = lines.look_ahead(|sample, is_all| {
        let head = sample.get(..BYTE_ORDER_MARK.len());
        (head.is_some() || is_all).then(|| head.unwrap_or(sample).to_vec())
    });
    match head.as_deref() {
        Some(BYTE_ORDER_MARK) => {
            lines.consume(BYTE_ORDER_MARK.len(), 0);
            Ok(())
        }
        Some([0xff, 0xfe, ..] | [0xfe, 0xff, ..]) => {
            Err(InputError::Encoding { input: name.into() })
        }
        _ => Ok(()),
    }
}
