//! How the records of an input are read, once its first bytes have come.

use crate::blocks::{Blocks, SAMPLE_BYTES};
use crate::csv::{CsvLayout, FieldSplitter, Header};
use crate::error::InputError;
use crate::json::{FieldPaths, FoundFields, IsRecord, Json, LeadingObject, ValueSplitter};
use crate::options::{InputFormat, InputOptions};
use crate::recognition::format::{Unrecognised, format, has_enough_lines};
use crate::recognition::json_kinds::JsonKinds;
use crate::recognition::member_names::member_names;
use crate::record_end::RecordEnd;
use crate::record_form::Details;
use crate::span::excerpt;
use crate::times::TimeRules;
use crate::{csv, json, scan};

/// The mark at the beginning of some UTF-8 files.
pub(crate) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Returns how records of `format` are read; `list` is the path of the list that has them, in an answer.
pub(crate) fn details(
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
                let is_enough = is_all || !is_whole || has_enough_lines(sample);
                is_enough.then(|| JsonKinds::of(whole_lines(sample, is_all)).are_prefixed())
            };
            json.are_prefixed = blocks.look_ahead(are_prefixed).unwrap_or_default();
            let choice = list.map(|list| {
                let names = list.join(&b'.');
                let names = String::from_utf8_lossy(&names).into_owned();
                format!("the records are those of the list in `{}`", excerpt(&names))
            });
            let names = options.member_names.as_ref().map(|names| {
                // Of a file, as many records as are looked at; a program may wait for the first one to be read.
                let named =
                    |sample: &[u8], is_all| (is_all || !is_whole).then(|| member_names(sample));
                names.or_find(|| blocks.look_ahead(named).unwrap_or_default())
            });
            Details::Json {
                json,
                choice,
                names: names.unwrap_or_default(),
            }
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
pub(crate) fn asked_format(options: &InputOptions) -> Option<InputFormat> {
    let has_fields = !options.fields.is_empty();
    let has_columns =
        !options.columns.is_empty() || options.no_header || options.delimiter.is_some();
    let json = has_fields.then_some(InputFormat::Ndjson);
    let csv = has_columns.then_some(InputFormat::Csv);
    options.format.or(json).or(csv)
}

/// Whether a value is a record.
pub(crate) fn is_record(options: &InputOptions) -> IsRecord<'static> {
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
pub(crate) fn list(blocks: &mut Blocks<'_>, options: &InputOptions) -> Option<Vec<Vec<u8>>> {
    let is_record = is_record(options);
    let answer = |sample: &[u8], is_all| match json::answer(sample, is_all, &is_record) {
        LeadingObject::Cut => None,
        LeadingObject::List(list) => Some(Some(list)),
        LeadingObject::None => Some(None),
    };
    blocks.look_ahead(answer)?
}

pub(crate) fn recognised(
    name: &str,
    blocks: &mut Blocks<'_>,
    is_whole: bool,
    options: &InputOptions,
) -> Result<InputFormat, InputError> {
    let format = blocks.look_ahead(|sample, is_all| {
        let is_enough = is_all || !is_whole || has_enough_lines(sample);
        let format = format(sample, is_all, options)?;
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
        .map_err(|Unrecognised { reason, remedy }| InputError::Unknown {
            input: name.into(),
            reason,
            remedy,
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
        let is_enough = is_all || !is_whole || has_enough_lines(sample);
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
pub(crate) fn skip_byte_order_mark(blocks: &mut Blocks<'_>) -> bool {
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
