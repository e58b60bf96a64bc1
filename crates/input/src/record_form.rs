//! How the records of an input are read.

use std::fmt;
use std::sync::Arc;

use ipcascade_core::clock::Timestamp;

use crate::block::Block;
use crate::csv::{CsvLayout, FieldSplitter, Header};
use crate::error::{Problem, ProblemKind};
use crate::exclude::Exclude;
use crate::json::Json;
use crate::line_trim::trimmed;
use crate::options::InputFormat;
use crate::spelling::Spelling;
use crate::split::Splitter;
use crate::times::TimeRules;

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
        /// The members that the first records have, if they were asked for.
        names: Arc<[String]>,
    },
    Csv {
        layout: CsvLayout,
        /// The lines before the records: comments, and the names of the columns.
        head: Vec<u8>,
        /// For honeypot events in a column.
        events: Json,
    },
}

impl fmt::Debug for RecordForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RecordForm")
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

    /// The members that the first JSON records have, if they were asked for: dotted paths.
    pub fn member_names(&self) -> &[String] {
        match &self.details {
            Details::Json { names, .. } => names,
            _ => &[],
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

    pub(super) fn problem(&self, line: u64, kind: ProblemKind, reason: String) -> Problem {
        Problem {
            input: Arc::clone(&self.input),
            line,
            kind,
            reason,
        }
    }
}
