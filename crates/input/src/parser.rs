//! Parses the records of a block.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use ipcascade_core::address::Address;
use ipcascade_core::clock::Timestamp;

use crate::blocks::{Block, UnreadLine};
use crate::csv::{CsvLayout, FieldSplitter, Header, NamedColumn};
use crate::detect::trimmed;
use crate::error::{Problem, ProblemKind};
use crate::exclude::Exclude;
use crate::json::{FoundFields, Json, NoRecord, Object, ValueSplitter};
use crate::options::InputFormat;
use crate::record::{Addresses, Original, Record, Session};
use crate::record_end::{LineEnds, RecordEnd};
use crate::skipped::{Skip, Skipped};
use crate::spelling::Spelling;
use crate::split::Splitter;
use crate::times::{BadTime, TimeRules};
use crate::{comments, json, list, scan};

/// How the records of an input are read; the same for all its blocks.
pub struct RecordForm {
    pub(super) input: Arc<str>,
    pub(super) details: Details,
    pub(super) max_line_length: usize,
    pub(super) max_expansion: u64,
    pub(super) spelling: Spelling,
    pub(super) exclude: Exclude,
    pub(super) times: TimeRules,
    /// The time of records without one.
    pub(super) seen_at: Option<Timestamp>,
    /// The requested fields or columns with the time.
    pub(super) time_names: Vec<String>,
    pub(super) has_byte_order_mark: bool,
}

/// The details of a format.
pub(super) enum Details {
    List,
    Text {
        /// For honeypot events among the lines.
        events: Json,
    },
    Json {
        json: Json,
        /// The decision between alternatives, for people.
        choice: Option<String>,
    },
    Csv {
        layout: CsvLayout,
        /// The lines before the records: comments, and the names of the columns.
        head: Vec<u8>,
        /// For honeypot events in a column.
        events: Json,
    },
}

/// Counts of what has been read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Records that were read.
    pub records: u64,
    /// Records that were left out: not a record, or without an address.
    pub left_out: u64,
    /// Records that were read but have no time.
    pub untimed: u64,
    /// Excluded addresses.
    pub excluded: u64,
    /// Lines of text without an address.
    pub passed_over: u64,
    /// Text that looked like an address, but was not taken.
    pub skipped: Skipped,
    /// The requested fields or columns in which a record had an address: a bit for each.
    pub fields: u64,
}

impl Tally {
    /// Adds another tally.
    pub fn add(&mut self, other: Self) {
        self.records += other.records;
        self.left_out += other.left_out;
        self.untimed += other.untimed;
        self.excluded += other.excluded;
        self.passed_over += other.passed_over;
        self.skipped.add(other.skipped);
        self.fields |= other.fields;
    }

    /// Whether a record had an address in the requested field or column with this index.
    pub const fn has_field(&self, place: usize) -> bool {
        let bit = field_bit(place);
        bit == 0 || self.fields & bit != 0
    }
}

/// The bit of the field with this index; 0 beyond the supported number.
const fn field_bit(place: usize) -> u64 {
    if place < 64 { 1 << place } else { 0 }
}

impl fmt::Debug for RecordForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Form")
            .field("input", &self.input)
            .field("format", &self.format())
            .finish_non_exhaustive()
    }
}

impl RecordForm {
    /// The format of the input.
    pub const fn format(&self) -> InputFormat {
        match &self.details {
            Details::List => InputFormat::List,
            Details::Text { .. } => InputFormat::Text,
            Details::Json { json, .. } => json.format,
            Details::Csv { .. } => InputFormat::Csv,
        }
    }

    /// The name of the input.
    pub const fn input(&self) -> &Arc<str> {
        &self.input
    }

    /// What precedes the records of a CSV file, line ends included: comments, and the names of its columns.
    pub fn head(&self) -> &[u8] {
        match &self.details {
            Details::Csv { head, .. } => head,
            _ => &[],
        }
    }

    /// Whether it began with a byte order mark.
    pub const fn has_byte_order_mark(&self) -> bool {
        self.has_byte_order_mark
    }

    /// The names of the columns of a CSV file.
    pub fn column_names(&self) -> Vec<String> {
        match &self.details {
            Details::Csv { layout, .. } => layout.names.clone(),
            _ => Vec::new(),
        }
    }

    /// Whether a CSV file has names for its columns, and the number of its columns.
    pub const fn columns(&self) -> Option<(bool, usize)> {
        match &self.details {
            Details::Csv { layout, .. } => {
                Some((!matches!(layout.header, Header::None), layout.width))
            }
            _ => None,
        }
    }

    /// The names of the columns or fields from which addresses are taken, if they were requested or belong to a table.
    pub fn address_names(&self) -> Vec<&str> {
        match &self.details {
            Details::Csv { layout, .. } => layout
                .columns
                .iter()
                .map(|column| column.name.as_str())
                .collect(),
            Details::Json { json, .. } => json.paths.fields().iter().map(String::as_str).collect(),
            Details::List | Details::Text { .. } => Vec::new(),
        }
    }

    /// The requested fields or columns with the time.
    pub fn time_names(&self) -> &[String] {
        &self.time_names
    }

    /// The decision between alternatives, for people.
    pub fn choice(&self) -> Option<&str> {
        match &self.details {
            Details::Csv { layout, .. } => layout.choice.as_deref(),
            Details::Json { choice, .. } => choice.as_deref(),
            Details::List | Details::Text { .. } => None,
        }
    }

    /// The delimiter of a CSV file.
    pub const fn delimiter(&self) -> Option<u8> {
        match &self.details {
            Details::Csv { layout, .. } => Some(layout.delimiter),
            _ => None,
        }
    }

    /// The splitter of the records, if they may have several lines.
    pub(super) fn splitter(&self) -> Option<Splitter> {
        match &self.details {
            Details::Csv { layout, .. } => Some(Splitter::Csv(Box::new(FieldSplitter::new(
                layout.delimiter,
            )))),
            Details::Json { json, .. } => Some(Splitter::Json(json.values)),
            Details::List | Details::Text { .. } => None,
        }
    }

    /// Cuts a block of a table where a comment has other column names; returns the line of that.
    pub(super) fn cut_where_columns_change(&self, block: &mut Block) -> Option<u64> {
        let Details::Csv { layout, .. } = &self.details else {
            return None;
        };
        if layout.header != Header::Fields {
            return None;
        }
        let mut begin = 0;
        for (number, line) in block
            .bytes
            .split_inclusive(|&byte| byte == b'\n')
            .enumerate()
        {
            if line.starts_with(b"#") && layout.has_other_names(trimmed(line)) {
                block.bytes.truncate(begin);
                return Some(block.lines_before + number as u64 + 1);
            }
            begin += line.len();
        }
        None
    }

    fn problem(&self, line: u64, kind: ProblemKind, reason: String) -> Problem {
        Problem {
            input: Arc::clone(&self.input),
            line,
            kind,
            reason,
        }
    }
}

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

/// The position in a block.
#[derive(Clone, Copy, Debug, Default)]
pub struct BlockCursor {
    /// Bytes.
    at: usize,
    /// Lines.
    lines: u64,
}

/// The place of an item in a block.
pub(super) enum Placement {
    /// A record, and the number of its (first) line.
    Record(Range<usize>, u64),
    /// A line that is not a record, and why.
    Broken(Range<usize>, u64, String),
}

impl BlockCursor {
    const fn pass(&mut self, bytes: usize, lines: u64) {
        self.at += bytes;
        self.lines += lines;
    }
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
        let counted = Counted {
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

/// A record, and where it is counted and reported.
struct Counted<'b> {
    form: &'b RecordForm,
    original: Original<'b>,
    line: u64,
    problems: &'b mut Vec<Problem>,
    tally: &'b mut Tally,
    excluded: &'b Cell<u64>,
}

impl<'b> Counted<'b> {
    #[inline]
    fn finish(self, mut read: ParsedRecord<'b>, result: Result<(), NoRecord>) -> Record<'b> {
        let Self {
            form,
            original,
            line,
            problems,
            tally,
            excluded,
        } = self;
        let (mut is_record, mut left_out) = (true, None);
        match (result, read.time.take()) {
            (Err(NoRecord::Broken(reason)), _) => (is_record, left_out) = (false, Some(reason)),
            (Err(NoRecord::NoAddress(reason)), _) => left_out = Some(reason),
            (Ok(()), Some(Err(BadTime::BrokenClock(reason)))) => left_out = Some(reason),
            (Ok(()), Some(Err(BadTime::Unreadable(reason)))) => {
                problems.push(form.problem(line, ProblemKind::Untimed, reason));
            }
            (Ok(()), time) => read.time = time,
        }
        let original =
            (is_record || matches!(form.details, Details::Csv { .. })).then_some(original);
        if let Some(reason) = left_out {
            tally.left_out += 1;
            problems.push(form.problem(line, ProblemKind::LeftOut, reason));
            return Record {
                original,
                cells: read.cells,
                problems,
                ..Record::nothing(line)
            };
        }
        if let Some(reason) = read.part {
            problems.push(form.problem(line, ProblemKind::Part, reason));
        }
        let time = read.time.and_then(Result::ok).or(form.seen_at);
        tally.records += 1;
        tally.untimed += u64::from(time.is_none());
        for &field in read.fields {
            tally.fields |= field_bit(field);
        }
        Record {
            addresses: read
                .addresses
                .of_fields(read.fields)
                .without(&form.exclude, excluded),
            cells: read.cells,
            time,
            session: read.session,
            line,
            original,
            problems,
        }
    }
}

/// What was read from a record.
struct ParsedRecord<'b> {
    addresses: Addresses<'b>,
    /// The field of each address, if several were requested.
    fields: &'b [usize],
    time: Option<Result<Timestamp, BadTime>>,
    session: Option<Session<'b>>,
    /// Why one of its addresses is invalid.
    part: Option<String>,
    cells: Option<usize>,
}

impl<'b> ParsedRecord<'b> {
    /// Takes what was read from a JSON object.
    fn take(&mut self, said: Object<'b>, object: &'b FoundFields, form: &RecordForm) {
        self.addresses = match said.address {
            Some(address) => Addresses::one(address),
            None if said.is_event => Addresses::none(),
            None => Addresses::each(&object.addresses),
        };
        self.fields = &object.of_field;
        (self.time, self.session, self.part) = (said.time, said.session, said.refused);
        if let Some(session) = &mut self.session
            && !form.exclude.is_empty()
        {
            let mut addresses = self.addresses.clone().peekable();
            session.is_excluded =
                addresses.peek().is_some() && addresses.all(|address| form.exclude.holds(address));
        }
    }
}

impl<'b> ParsedRecord<'b> {
    /// Takes the addresses and the time of a line of text; returns whether it has any address.
    fn take_text(
        &mut self,
        text: &[u8],
        form: &RecordForm,
        found: &'b mut Vec<Address>,
        tally: &mut Tally,
    ) -> bool {
        if found.is_empty() {
            scan::scan(text, form.spelling, found, &mut tally.skipped);
        }
        if found.is_empty() {
            tally.passed_over += 1;
            return false;
        }
        self.addresses = Addresses::each(found);
        let line = match std::str::from_utf8(text) {
            Ok(line) => Cow::Borrowed(line),
            Err(_) => String::from_utf8_lossy(text),
        };
        self.time = form.times.find(&line).transpose();
        true
    }

    /// Takes the addresses and the time of a row of a table.
    fn take_row(
        &mut self,
        row: TableRecord<'_>,
        form: &RecordForm,
        found: &'b mut Vec<Address>,
        of_field: &'b mut Vec<usize>,
    ) -> Result<(), NoRecord> {
        let part = row.read(form, found, of_field)?;
        self.part = part.or_else(|| row.too_wide());
        self.addresses = Addresses::each(found);
        if row.layout.columns.len() > 1 {
            self.fields = of_field;
        }
        self.time = row.time(&form.times);
        Ok(())
    }
}

impl Default for ParsedRecord<'_> {
    fn default() -> Self {
        Self {
            addresses: Addresses::none(),
            fields: &[],
            time: None,
            session: None,
            part: None,
            cells: None,
        }
    }
}

/// A record of a table.
#[derive(Clone, Copy)]
struct TableRecord<'r> {
    layout: &'r CsvLayout,
    splitter: Option<&'r Splitter>,
}

impl<'r> TableRecord<'r> {
    fn field(self, column: usize) -> Option<&'r [u8]> {
        match self.splitter? {
            Splitter::Csv(fields) => fields.field(column),
            Splitter::Json(_) => None,
        }
    }

    fn cells(self) -> Option<usize> {
        match self.splitter? {
            Splitter::Csv(fields) => Some(fields.count()),
            Splitter::Json(_) => None,
        }
    }

    /// Finds its addresses; the error says why one of several is invalid.
    fn read(
        self,
        form: &RecordForm,
        found: &mut Vec<Address>,
        of_field: &mut Vec<usize>,
    ) -> Result<Option<String>, NoRecord> {
        let mut refused = None;
        for (place, column) in self.layout.columns.iter().enumerate() {
            let name = &column.name;
            let take = |field: &[u8], found: &mut Vec<Address>| {
                form.spelling.field(&String::from_utf8_lossy(field), found)
            };
            let own = self.field(column.place);
            let mut result = match own {
                None => Err(format!("the record has no column `{name}`")),
                Some(field) if is_nothing(field) => Err(format!("column `{name}` is empty")),
                Some(field) => take(field, found),
            };
            let is_nothing = own.is_some_and(is_nothing);
            let others = self.layout.fallbacks.iter();
            for other in others.filter_map(|&other| self.field(other)) {
                if !found.is_empty() {
                    break;
                }
                let taken = take(other, found);
                // Another column is as good as this one; the problem with this one is reported.
                if is_nothing && !found.is_empty() {
                    result = taken;
                }
            }
            of_field.resize(found.len(), place);
            // If there are several columns, one may be empty.
            if let Err(reason) = result
                && (!is_nothing || self.layout.columns.len() == 1 || refused.is_none())
            {
                refused = Some((reason, is_nothing));
            }
        }
        match refused {
            Some((reason, _)) if found.is_empty() => Err(NoRecord::NoAddress(reason)),
            refused => Ok(refused
                .filter(|(_, is_nothing)| !is_nothing)
                .map(|(reason, _)| reason)),
        }
    }

    /// The honeypot event in a column.
    fn event(
        self,
        column: &NamedColumn,
        events: &Json,
        form: &RecordForm,
        object: &mut FoundFields,
    ) -> Result<Object<'r>, NoRecord> {
        let said = self
            .field(column.place)
            .and_then(|cell| events.read(cell, &form.times, object).ok());
        said.filter(|said| said.is_event).ok_or_else(|| {
            let name = &column.name;
            NoRecord::NoAddress(format!(
                "there is no event of a honeypot in column `{name}`"
            ))
        })
    }

    /// Reports that it has more non-empty cells than there are columns, perhaps because of a literal quote.
    fn too_wide(self) -> Option<String> {
        let (cells, width) = (self.cells()?, self.layout.width);
        let is_something =
            (width..cells).any(|cell| self.field(cell).is_some_and(|cell| !cell.is_empty()));
        (width > 0 && is_something)
            .then(|| format!("the record has {cells} cells, and the table {width} columns"))
    }

    fn time(self, times: &TimeRules) -> Option<Result<Timestamp, BadTime>> {
        if let [column] = self.layout.times.as_slice() {
            let text = std::str::from_utf8(self.field(*column)?).ok()?;
            return times.first_of(std::iter::once(text));
        }
        let columns = self.layout.times.iter();
        times.first_of(columns.filter_map(|&column| std::str::from_utf8(self.field(column)?).ok()))
    }
}

/// Whether a cell means that there is no address.
fn is_nothing(cell: &[u8]) -> bool {
    matches!(cell, b"" | b"-") || cell.eq_ignore_ascii_case(b"unknown")
}

pub(super) fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}
