//! Splits records into their fields.

use csv_core::ReadRecordResult;

use crate::record_end::RecordEnd;

fn reader(delimiter: u8, has_quotes: bool) -> csv_core::Reader {
    csv_core::ReaderBuilder::new()
        .delimiter(delimiter)
        .quoting(has_quotes)
        .terminator(csv_core::Terminator::Any(b'\n'))
        .build()
}

/// Splits records into fields.
pub(crate) struct FieldSplitter {
    core: csv_core::Reader,
    /// If a record is a line: reads records in which a quote is not closed. Programs that separate fields with tabs or
    /// spaces usually write quotes literally.
    literal: Option<csv_core::Reader>,
    text: Vec<u8>,
    ends: Vec<usize>,
    text_length: usize,
    count: usize,
}

impl FieldSplitter {
    pub(crate) fn new(delimiter: u8) -> Self {
        Self {
            core: reader(delimiter, true),
            literal: matches!(delimiter, b'\t' | b' ').then(|| reader(delimiter, false)),
            text: vec![0; 1024],
            ends: vec![0; 64],
            text_length: 0,
            count: 0,
        }
    }

    /// Whether a record is a line.
    pub(crate) const fn are_lines(&self) -> bool {
        self.literal.is_some()
    }

    /// Splits the record that `text` begins with, which may have up to `limit` bytes without its line end.
    pub(crate) fn end_of_record(&mut self, text: &[u8], limit: usize) -> RecordEnd {
        self.core.reset();
        (self.text_length, self.count) = (0, 0);
        let (mut length, mut lines, mut first) = (0, 0, None);
        loop {
            let rest = text.get(length..).unwrap_or_default();
            if rest.is_empty() {
                return RecordEnd::Open {
                    first: first.unwrap_or_default(),
                };
            }
            let line = memchr::memchr(b'\n', rest).map_or(rest, |end| &rest[..=end]);
            length += line.len();
            lines += 1;
            let first = *first.get_or_insert(length);
            if length > limit.saturating_add(1) {
                return RecordEnd::Unclosed { first };
            }
            if self.take(line) {
                return RecordEnd::Whole { length, lines };
            }
            if let Some(literal) = self.literal.take() {
                let quoting = std::mem::replace(&mut self.core, literal);
                self.core.reset();
                (self.text_length, self.count) = (0, 0);
                self.take(line);
                self.literal = Some(std::mem::replace(&mut self.core, quoting));
                return RecordEnd::Whole { length, lines };
            }
        }
    }

    /// Takes a line of a record; returns whether the record ends with it.
    fn take(&mut self, line: &[u8]) -> bool {
        let is_last = !line.ends_with(b"\n");
        self.take_bytes(line) || (is_last && self.take_bytes(b"\n"))
    }

    fn take_bytes(&mut self, mut line: &[u8]) -> bool {
        loop {
            let text = self.text.get_mut(self.text_length..).unwrap_or_default();
            let ends = self.ends.get_mut(self.count..).unwrap_or_default();
            let (result, read, written, ended) = self.core.read_record(line, text, ends);
            line = line.get(read..).unwrap_or_default();
            self.text_length += written;
            self.count += ended;
            match result {
                ReadRecordResult::InputEmpty | ReadRecordResult::End => return false,
                ReadRecordResult::OutputFull => self.text.resize(self.text.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record => return true,
            }
        }
    }

    /// The number of fields of the record.
    pub(crate) const fn count(&self) -> usize {
        self.count
    }

    /// A field of the record, without white space around it.
    pub(crate) fn field(&self, column: usize) -> Option<&[u8]> {
        self.cell(column).map(<[u8]>::trim_ascii)
    }

    /// A field of the record, unchanged.
    fn cell(&self, column: usize) -> Option<&[u8]> {
        let ends = self.ends.get(..self.count)?;
        let end = *ends.get(column)?;
        let start = column
            .checked_sub(1)
            .and_then(|before| ends.get(before).copied())
            .unwrap_or(0);
        self.text.get(start..end)
    }
}

/// Splits rows of a table into their cells.
pub struct Cells(FieldSplitter);

impl Cells {
    /// Cells with this delimiter.
    pub fn new(delimiter: u8) -> Self {
        Self(FieldSplitter::new(delimiter))
    }

    /// The cells of a row, without quotes around them.
    pub fn of(&mut self, row: &[u8]) -> impl Iterator<Item = &[u8]> {
        // If it is not a row, it has no cells.
        self.0.end_of_record(row, usize::MAX);
        (0..self.0.count).filter_map(|column| self.0.cell(column))
    }
}
