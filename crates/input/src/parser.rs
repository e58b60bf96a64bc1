//! Parses the records of a block.

use std::cell::Cell;
use std::ops::Range;
use std::sync::Arc;

use ipcascade_core::address::Address;

use crate::block::{Block, UnreadLine};
use crate::block_cursor::{BlockCursor, Placement};
use crate::error::{Problem, ProblemKind};
use crate::json::{FoundFields, NoRecord, ValueSplitter};
use crate::line_trim::trimmed;
use crate::parsed_record::{CountedRecord, ParsedRecord};
use crate::record::{Addresses, Original, Record};
use crate::record_end::{LineEnds, RecordEnd};
use crate::record_form::{Details, RecordForm};
use crate::skipped_text::Skip;
use crate::split::Splitter;
use crate::table_record::TableRecord;
use crate::tally::Tally;
use crate::{comments, json, list, scan};

/// Parses blocks of an input, one after the other.
pub struct Parser {
    form: Arc<RecordForm>,
    /// The addresses of the current record.
    found: Vec<Address>,
    /// The columns or fields of these addresses, if several were requested.
    of_field: Vec<usize>,
    object: FoundFields,
    splitter: Option<Splitter>,
    line_ends: LineEnds,
    problems: Vec<Problem>,
    tally: Tally,
    excluded: Cell<u64>,
}

impl Parser {
    /// A parser for blocks of an input of this form.
    pub fn new(form: &Arc<RecordForm>) -> Self {
        Self {
            form: Arc::clone(form),
            found: Vec::new(),
            of_field: Vec::new(),
            object: FoundFields::default(),
            splitter: form.splitter(),
            line_ends: LineEnds::default(),
            problems: Vec::new(),
            tally: Tally::default(),
            excluded: Cell::default(),
        }
    }

    /// Returns what has been read since the last call.
    pub fn take_tally(&mut self) -> Tally {
        self.tally.excluded += self.excluded.take();
        std::mem::take(&mut self.tally)
    }

    /// Returns the next record of `block` from `cursor` on, which advances; `None` at the end of the block.
    pub fn next<'b>(
        &'b mut self,
        block: &'b Block,
        cursor: &mut BlockCursor,
    ) -> Option<Record<'b>> {
        let place = self.find(block, cursor)?;
        Some(self.record_at(place, block))
    }

    /// Finds the next record.
    pub(super) fn find(&mut self, block: &Block, cursor: &mut BlockCursor) -> Option<Placement> {
        if let Some(refused) = block.refused.filter(|_| cursor.lines == 0) {
            cursor.lines = 1;
            let reason = match refused {
                UnreadLine::TooLong => self.too_long(),
                UnreadLine::Cut => "the line is cut off".to_owned(),
            };
            return Some(Placement::Broken(0..0, block.lines_before + 1, reason));
        }
        loop {
            if let Details::Json { json, .. } = &self.form.details {
                let start = cursor.at;
                let length = self.line_ends.line_at(&block.bytes, start);
                let line = block.bytes.get(start..start + length)?;
                let limit = self.form.max_line_length;
                if !self.line_ends.is_glued() && json.values.is_object(line, limit) {
                    let number = block.lines_before + cursor.lines + 1;
                    cursor.pass(length, 1);
                    return Some(Placement::Record(start..start + length, number));
                }
                let (bytes, lines) = ValueSplitter::before_value(block.bytes.get(cursor.at..)?);
                cursor.pass(bytes, lines);
            }
            let rest = block
                .bytes
                .get(cursor.at..)
                .filter(|rest| !rest.is_empty())?;
            let number = block.lines_before + cursor.lines + 1;
            let start = cursor.at;
            let line = self.line_ends.line_at(&block.bytes, start);
            let is_json = matches!(self.form.details, Details::Json { .. });
            if !is_json && line > self.form.max_line_length.saturating_add(1) {
                cursor.pass(line, 1);
                return Some(Placement::Broken(0..0, number, self.too_long()));
            }
            if self.is_blank(trimmed(rest.get(..line)?)) {
                cursor.pass(line, 1);
                continue;
            }
            let end = match &mut self.splitter {
                Some(splitter) => splitter.end_of_record(
                    &block.bytes,
                    &mut self.line_ends,
                    start,
                    self.form.max_line_length,
                ),
                None => RecordEnd::Whole {
                    length: line,
                    lines: 1,
                },
            };
            return Some(self.placed(end, block, cursor, number));
        }
    }

    /// The place of what begins at `cursor`, which advances behind it.
    #[inline]
    fn placed(
        &self,
        end: RecordEnd,
        block: &Block,
        cursor: &mut BlockCursor,
        number: u64,
    ) -> Placement {
        let start = cursor.at;
        let rest = block.bytes.get(start..).unwrap_or_default();
        match end {
            RecordEnd::Whole { length, lines } => {
                cursor.pass(length, lines);
                Placement::Record(start..start + length, number)
            }
            RecordEnd::TooLong { .. } => {
                let length = json::length_of_object(rest).unwrap_or(rest.len());
                let text = rest.get(..length).unwrap_or_default();
                cursor.pass(length, memchr::memchr_iter(b'\n', text).count() as u64);
                Placement::Broken(0..0, number, self.too_long())
            }
            end => {
                let lost = match end {
                    RecordEnd::Open { first } if block.is_last => first,
                    // Only its first line is lost.
                    _ => memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1),
                };
                let range = start..start + lost;
                let text = block.bytes.get(range.clone()).unwrap_or_default();
                let lines = memchr::memchr_iter(b'\n', text).count() as u64;
                cursor.pass(lost, lines.max(1));
                self.unclosed(range, number)
            }
        }
    }

    fn unclosed(&self, range: Range<usize>, number: u64) -> Placement {
        match &self.form.details {
            // A parser reports best what is wrong with it.
            Details::Json { .. } if range.len() <= self.form.max_line_length.saturating_add(1) => {
                Placement::Record(range, number)
            }
            Details::Json { .. } => Placement::Broken(range, number, self.too_long()),
            _ => Placement::Broken(
                range,
                number,
                "a quote is opened and never closed".to_owned(),
            ),
        }
    }

    /// The record at a place that was [found](Self::find) last.
    pub(super) fn record_at<'b>(&'b mut self, place: Placement, block: &'b Block) -> Record<'b> {
        self.problems.clear();
        match place {
            Placement::Record(range, line) => {
                let offset = range.start;
                let bytes = without_line_end(block.bytes.get(range).unwrap_or_default());
                self.record(Original { bytes, offset }, line)
            }
            Placement::Broken(range, line, reason) => {
                self.leave_out(line, reason);
                // A line of a table stays one.
                let is_line = matches!(self.form.details, Details::Csv { .. }) && !range.is_empty();
                let offset = range.start;
                let bytes = without_line_end(block.bytes.get(range).unwrap_or_default());
                Record {
                    original: is_line.then_some(Original { bytes, offset }),
                    problems: &self.problems,
                    ..Record::nothing(line)
                }
            }
        }
    }

    fn leave_out(&mut self, line: u64, reason: String) {
        self.tally.left_out += 1;
        self.problems
            .push(self.form.problem(line, ProblemKind::LeftOut, reason));
    }

    fn too_long(&self) -> String {
        let limit = self.form.max_line_length;
        let what = match self.form.details {
            Details::Json { .. } => "record",
            _ => "line",
        };
        format!("the {what} is longer than {limit} bytes (--max-line-length)")
    }

    fn is_blank(&mut self, text: &[u8]) -> bool {
        match &self.form.details {
            Details::List => matches!(text, [] | [b'#' | b';', ..]),
            Details::Text { .. } => {
                self.found.clear();
                // Text typed into an event is not its source.
                if json::event_in_text(text).is_some() {
                    return false;
                }
                let (found, skipped) = (&mut self.found, &mut self.tally.skipped);
                scan::scan(text, self.form.spelling, found, skipped);
                if json::has_event(text) {
                    skipped.count(Skip::Event, text);
                }
                self.tally.passed_over += u64::from(self.found.is_empty() && !text.is_empty());
                self.found.is_empty()
            }
            Details::Json { .. } | Details::Csv { .. } => text.is_empty(),
        }
    }

    #[expect(clippy::too_many_lines, reason = "an arm for each format")]
    fn record<'b>(&'b mut self, original: Original<'b>, line: u64) -> Record<'b> {
        let Self {
            form,
            found,
            of_field,
            object,
            splitter,
            problems,
            tally,
            excluded,
            ..
        } = self;
        let form = &**form;
        let text = trimmed(original.bytes);
        if let Details::List = form.details
            && let Some(address) = list::address(text)
        {
            tally.records += 1;
            return Record {
                addresses: Addresses::one(address).without(&form.exclude, excluded),
                time: Some(form.seen_at.unwrap_or(form.times.now)),
                original: Some(original),
                ..Record::nothing(line)
            };
        }
        let mut read = ParsedRecord::default();
        let result = match &form.details {
            Details::List => entry(text, form, found).map(|addresses| {
                read.addresses = addresses;
                read.time = Some(Ok(form.seen_at.unwrap_or(form.times.now)));
            }),
            Details::Text { events } => {
                let event = found
                    .is_empty()
                    .then(|| json::event_in_text(text))
                    .flatten();
                let event = event.and_then(|event| events.read(event, &form.times, object).ok());
                if let Some(said) = event.filter(|said| said.is_event) {
                    read.take(said, object, form);
                } else if !read.take_text(text, form, found, tally) {
                    return Record::comment(original, line);
                }
                Ok(())
            }
            Details::Json { json, .. } => json
                .read(text, &form.times, object)
                .map(|said| read.take(said, object, form)),
            Details::Csv {
                layout,
                head,
                events,
            } => {
                if text.starts_with(b"#") && head.starts_with(b"#") {
                    return Record::comment(original, line);
                }
                found.clear();
                of_field.clear();
                let row = TableRecord {
                    layout,
                    splitter: splitter.as_ref(),
                };
                read.cells = row.cells();
                if let Some(column) = &layout.events {
                    row.event(column, events, form, object).map(|said| {
                        read.take(said, object, form);
                        read.time = read.time.take().or_else(|| row.time(&form.times));
                    })
                } else {
                    read.take_row(row, form, found, of_field)
                }
            }
        };
        let counted = CountedRecord {
            form,
            original,
            line,
            problems,
            tally,
            excluded,
        };
        counted.finish(read, result)
    }
}

/// The addresses of an entry of a list: an address, a network or a range, or several addresses.
fn entry<'b>(
    text: &[u8],
    form: &RecordForm,
    found: &'b mut Vec<Address>,
) -> Result<Addresses<'b>, NoRecord> {
    found.clear();
    list::parse(text, form.spelling, form.max_expansion).or_else(|reason| {
        let entries = String::from_utf8_lossy(comments::without_comment(text));
        let are_several = entries.contains([',', ';', ' ', '\t']);
        match form.spelling.field(&entries, found) {
            Ok(()) if are_several => Ok(Addresses::each(found)),
            _ => Err(NoRecord::Broken(reason)),
        }
    })
}

pub(super) fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}
