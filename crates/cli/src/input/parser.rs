//! The records of a block.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use ipcascade_core::{Address, Timestamp, parse_timestamp};

use super::blocks::{Block, Refused};
use super::csv::{Layout, RecordEnd, Splitter};
use super::detect::trimmed;
use super::ndjson::{Found, Paths};
use super::span::not_an_address;
use super::{Addresses, InputFormat, Item, Record, Unreadable, cowrie, list, scan};

/// How the records of an input are read; the same for all its blocks.
pub struct Form {
    pub(super) input: Arc<str>,
    pub(super) details: Details,
    pub(super) max_line_length: usize,
    pub(super) max_expansion: u64,
}

/// What there is to know of a format.
pub(super) enum Details {
    List,
    Text,
    Cowrie,
    Ndjson(Paths),
    Csv {
        layout: Layout,
        header: Option<Vec<u8>>,
    },
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Form")
            .field("input", &self.input)
            .field("format", &self.format())
            .finish_non_exhaustive()
    }
}

impl Form {
    /// The format that is read.
    pub const fn format(&self) -> InputFormat {
        match self.details {
            Details::List => InputFormat::List,
            Details::Text => InputFormat::Text,
            Details::Cowrie => InputFormat::Cowrie,
            Details::Ndjson(_) => InputFormat::Ndjson,
            Details::Csv { .. } => InputFormat::Csv,
        }
    }

    /// The header of a CSV file that has one, as it was read, without the line end.
    pub fn header(&self) -> Option<&[u8]> {
        match &self.details {
            Details::Csv { header, .. } => header.as_deref(),
            _ => None,
        }
    }

    /// The delimiter of a CSV file.
    pub const fn delimiter(&self) -> Option<u8> {
        match &self.details {
            Details::Csv { layout, .. } => Some(layout.delimiter),
            _ => None,
        }
    }

    /// What splits the records of a CSV file.
    pub(super) fn splitter(&self) -> Option<Splitter> {
        self.delimiter().map(Splitter::new)
    }

    fn unreadable(&self, line: u64, reason: String) -> Unreadable {
        Unreadable {
            input: Arc::clone(&self.input),
            line,
            reason,
        }
    }
}

/// Parses blocks of an input, one after the other.
pub struct Parser {
    form: Arc<Form>,
    /// The addresses of the record at hand.
    found: Vec<Address>,
    object: Found,
    splitter: Option<Splitter>,
    /// What is wrong with a part of the record delivered last.
    pending: Option<Unreadable>,
}

/// How far a block has been parsed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cursor {
    /// Bytes.
    at: usize,
    /// Lines.
    lines: u64,
}

/// Where something is in a block.
pub(super) enum Place {
    /// A record, and the number of its (first) line.
    Record(Range<usize>, u64),
    /// A line that cannot be read.
    Unreadable(Unreadable),
}

impl Cursor {
    const fn pass(&mut self, bytes: usize, lines: u64) {
        self.at += bytes;
        self.lines += lines;
    }
}

impl Parser {
    /// A parser for blocks of an input of this form.
    pub fn new(form: &Arc<Form>) -> Self {
        Self {
            form: Arc::clone(form),
            found: Vec::new(),
            object: Found::default(),
            splitter: form.splitter(),
            pending: None,
        }
    }

    /// The next record or unreadable line of `block` from `cursor` on, which goes on; `None` at its end.
    pub fn next<'b>(&'b mut self, block: &'b Block, cursor: &mut Cursor) -> Option<Item<'b>> {
        let place = self.find(block, cursor)?;
        Some(self.item(place, block))
    }

    /// Where the next one is.
    pub(super) fn find(&mut self, block: &Block, cursor: &mut Cursor) -> Option<Place> {
        if let Some(unreadable) = self.pending.take() {
            return Some(Place::Unreadable(unreadable));
        }
        if let Some(refused) = block.refused.filter(|_| cursor.lines == 0) {
            cursor.lines = 1;
            let reason = match refused {
                Refused::TooLong => self.too_long(),
                Refused::Cut => "the line is cut off".to_owned(),
            };
            return Some(self.unreadable(block.lines_before + 1, reason));
        }
        loop {
            let rest = block
                .bytes
                .get(cursor.at..)
                .filter(|rest| !rest.is_empty())?;
            let number = block.lines_before + cursor.lines + 1;
            let line = memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1);
            if line > self.form.max_line_length.saturating_add(1) {
                cursor.pass(line, 1);
                return Some(self.unreadable(number, self.too_long()));
            }
            if self.is_blank(trimmed(rest.get(..line)?)) {
                cursor.pass(line, 1);
                continue;
            }
            let start = cursor.at;
            let end = match &mut self.splitter {
                Some(splitter) => splitter.end_of_record(rest, self.form.max_line_length),
                None => RecordEnd::Whole {
                    length: line,
                    lines: 1,
                },
            };
            return Some(match end {
                RecordEnd::Whole { length, lines } => {
                    cursor.pass(length, lines);
                    Place::Record(start..start + length, number)
                }
                // Only its first line is lost.
                RecordEnd::Open { first } | RecordEnd::Unclosed { first } => {
                    cursor.pass(first, 1);
                    self.unreadable(number, "a quote is opened and never closed".to_owned())
                }
            });
        }
    }

    /// What is at a place that was [found](Self::find) last.
    pub(super) fn item<'b>(&'b mut self, place: Place, block: &'b Block) -> Item<'b> {
        match place {
            Place::Record(range, line) => {
                let offset = range.start;
                let original = block.bytes.get(range).unwrap_or_default();
                self.record(without_line_end(original), offset, line)
            }
            Place::Unreadable(unreadable) => Item::Unreadable(unreadable),
        }
    }

    fn unreadable(&self, line: u64, reason: String) -> Place {
        Place::Unreadable(self.form.unreadable(line, reason))
    }

    fn too_long(&self) -> String {
        let limit = self.form.max_line_length;
        format!("the line is longer than {limit} bytes")
    }

    fn is_blank(&mut self, text: &[u8]) -> bool {
        match &self.form.details {
            Details::List => matches!(text, [] | [b'#' | b';', ..]),
            Details::Text => {
                self.found.clear();
                scan::scan(text, &mut self.found);
                self.found.is_empty()
            }
            Details::Cowrie | Details::Ndjson(_) | Details::Csv { .. } => text.is_empty(),
        }
    }

    fn record<'b>(&'b mut self, original: &'b [u8], offset: usize, line: u64) -> Item<'b> {
        let text = trimmed(original);
        let form = &*self.form;
        let mut record = Record {
            addresses: Addresses::each(&[]),
            moment: None,
            session: None,
            line,
            original,
            offset,
        };
        let refused = match &form.details {
            Details::List => {
                list::parse(text, form.max_expansion).map(|addresses| record.addresses = addresses)
            }
            Details::Text => {
                record.addresses = Addresses::each(&self.found);
                Ok(())
            }
            Details::Cowrie => cowrie::parse(text).map(|event| {
                record.addresses = Addresses::one(event.address);
                record.moment = event.moment;
                record.session = event.session;
            }),
            Details::Ndjson(paths) => paths.parse(text, &mut self.object).map(|()| {
                let reason = self.object.refused.take();
                self.pending = reason.map(|reason| form.unreadable(line, reason));
                record.addresses = Addresses::each(&self.object.addresses);
                record.moment = self.object.moment;
            }),
            Details::Csv { layout, .. } => address(self.splitter.as_ref(), layout).map(|address| {
                record.addresses = Addresses::one(address);
                record.moment = moment(self.splitter.as_ref(), layout);
            }),
        };
        match refused {
            Ok(()) => Item::Record(record),
            Err(reason) => Item::Unreadable(form.unreadable(line, reason)),
        }
    }
}

fn address(splitter: Option<&Splitter>, layout: &Layout) -> Result<Address, String> {
    let column = &layout.column_name;
    let Some(field) = splitter.and_then(|splitter| splitter.field(layout.column)) else {
        return Err(format!("the record has no column `{column}`"));
    };
    if field.is_empty() {
        return Err(format!("column `{column}` is empty"));
    }
    let text = String::from_utf8_lossy(field);
    text.parse().map_err(|_| not_an_address(&text))
}

fn moment(splitter: Option<&Splitter>, layout: &Layout) -> Option<Timestamp> {
    let field = splitter?.field(layout.moment?)?;
    parse_timestamp(std::str::from_utf8(field).ok()?)
}

pub(super) fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}
