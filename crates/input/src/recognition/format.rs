//! The format of an input, from its first lines.

use crate::blocks::SAMPLE_BYTES;
use crate::json::ValueSplitter;
use crate::line_trim::trimmed;
use crate::list::{is_entry, looks_like_entry};
use crate::options::{InputFormat, InputOptions};
use crate::recognition::json_kinds::{JsonKinds, SAMPLE};
use crate::record_end::RecordEnd;
use crate::{comments, csv};

/// How deep lists without values may be nested.
const DEEPEST_ARRAY: usize = 128;

/// Why the format of an input is not recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unrecognised {
    /// A clause about the input.
    pub(super) reason: &'static str,
    /// What to do: an imperative.
    pub(super) remedy: &'static str,
}

impl Unrecognised {
    const fn broken_json(reason: &'static str) -> Self {
        Self {
            reason,
            remedy: "name the format with --format-in",
        }
    }
}

/// Why no text begins with `sample`, if none does.
fn refused(sample: &[u8], is_all: bool) -> Option<Unrecognised> {
    if is_binary(sample) {
        return Some(Unrecognised {
            reason: "it is binary data of an unknown kind",
            remedy: "name its format with --format-in if it is text all the same",
        });
    }
    (is_all && has_lone_cr_lines(sample)).then_some(Unrecognised {
        reason: "its lines end with CR alone, as on old Macs",
        remedy: "write it anew, as with `tr '\\r' '\\n'`",
    })
}

/// The format of an input that begins with `sample`; `None` if that is not enough.
///
/// # Errors
///
/// The reason why it is not a supported format.
pub(super) fn format(
    sample: &[u8],
    is_all: bool,
    options: &InputOptions,
) -> Option<Result<InputFormat, Unrecognised>> {
    let last_end = memchr::memrchr(b'\n', sample);
    if let Some(reason) = refused(sample, is_all) {
        return Some(Err(reason));
    }
    // JSON values may have many lines, or none that ends.
    let values = JsonKinds::of(sample);
    if let Some(format) = values.format() {
        return Some(Ok(format));
    }
    if begins_open_object(sample) {
        return match is_all && sample.len() < SAMPLE_BYTES {
            false if is_all => Some(Ok(InputFormat::Ndjson)),
            false => None,
            true => Some(Err(Unrecognised::broken_json(
                "it begins like JSON and is not: an object is never closed, or is not an object",
            ))),
        };
    }
    let sample = match last_end {
        Some(end) if !is_all || sample.len() >= SAMPLE_BYTES => sample.get(..=end)?,
        None if !is_all => return None,
        _ => sample,
    };
    let lines: Vec<&[u8]> = sample
        .split(|&byte| byte == b'\n')
        .map(trimmed)
        .filter(|line| !comments::without_comment(line).is_empty())
        .take(SAMPLE)
        .collect();
    if lines.is_empty() {
        let format = if csv::names_columns(sample) {
            InputFormat::Csv
        } else {
            InputFormat::List
        };
        return is_all.then_some(Ok(format));
    }
    // An empty answer.
    if is_all && values.lines == 0 && begins_array(sample) {
        return Some(match are_closed_arrays(sample) {
            true => Ok(InputFormat::Ndjson),
            false => Err(Unrecognised::broken_json(
                "it begins like JSON and is not: a list is never closed, or a bracket closes nothing",
            )),
        });
    }
    // Cells of a table may be quoted.
    if values.has_texts() && begins_array(sample) {
        return Some(Ok(InputFormat::Ndjson));
    }
    if lines.iter().all(|line| is_entry(line, options.spelling)) {
        return Some(Ok(InputFormat::List));
    }
    if csv::is_likely(sample, options.delimiter) {
        return Some(Ok(InputFormat::Csv));
    }
    let entries = lines.iter().filter(|line| looks_like_entry(line)).count();
    if entries * 2 >= lines.len() {
        return Some(Ok(InputFormat::List));
    }
    Some(Ok(InputFormat::Text))
}

/// Whether lines end with CR alone, except perhaps the last one.
fn has_lone_cr_lines(sample: &[u8]) -> bool {
    let is_lone = |at: &usize| sample.get(at + 1) != Some(&b'\n');
    memchr::memchr_iter(b'\n', sample).count() <= 1
        && memchr::memchr_iter(b'\r', sample).filter(is_lone).count() >= 2
}

fn begins_array(sample: &[u8]) -> bool {
    sample.trim_ascii_start().starts_with(b"[")
}

/// Whether lists that contain nothing but lists are closed, as far as `sample` contains them.
fn are_closed_arrays(sample: &[u8]) -> bool {
    let depth = sample.iter().try_fold(0_usize, |depth, byte| match byte {
        b'[' => (depth < DEEPEST_ARRAY).then_some(depth + 1),
        b']' => depth.checked_sub(1),
        _ => Some(depth),
    });
    depth.is_some_and(|depth| depth == 0 || sample.len() >= SAMPLE_BYTES)
}

/// Whether `sample` has as many lines as are examined: the output of a program that writes piece by piece is recognised
/// by fewer.
pub(super) fn has_enough_lines(sample: &[u8]) -> bool {
    memchr::memchr_iter(b'\n', sample).count() >= 2 * SAMPLE
}

/// Whether `sample` begins with an incomplete object.
fn begins_open_object(sample: &[u8]) -> bool {
    let (before, _) = ValueSplitter::before_value(sample);
    let rest = sample.get(before..).unwrap_or_default();
    rest.starts_with(b"{")
        && rest
            .get(1..)
            .is_some_and(|rest| matches!(trimmed(rest), [] | [b'"', ..]))
        && matches!(
            ValueSplitter::new(false).end_of_record(rest, SAMPLE_BYTES),
            RecordEnd::Open { .. } | RecordEnd::TooLong { .. }
        )
}

/// Whether `sample` is not text: binary data is full of control characters.
fn is_binary(sample: &[u8]) -> bool {
    let is_control =
        |byte: &&u8| matches!(byte, 0x01..=0x08 | 0x0e..=0x1a | 0x1c | 0x1d | 0x1f | 0x7f);
    let controls = sample.iter().filter(is_control).count();
    sample.len() >= 32 && controls * 20 > sample.len()
}
