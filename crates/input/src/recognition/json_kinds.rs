//! What the first JSON values of an input are.

use serde::de::IgnoredAny;

use crate::blocks::SAMPLE_BYTES;
use crate::json;
use crate::json::ValueSplitter;
use crate::line_trim::trimmed;
use crate::list::looks_like_entry;
use crate::options::InputFormat;
use crate::record_end::RecordEnd;

/// How many values, or lines, are examined.
pub(super) const SAMPLE: usize = 20;

/// The kinds of the first JSON values of an input.
#[derive(Clone, Copy, Default)]
pub(super) struct JsonKinds {
    has_events: bool,
    objects: usize,
    /// Texts that are addresses.
    texts: usize,
    /// Lines with an object after a prefix, and all lines.
    prefixed: usize,
    prefixed_events: usize,
    pub(super) lines: usize,
}

impl JsonKinds {
    pub(super) fn of(sample: &[u8]) -> Self {
        let values = ValueSplitter::new(false);
        let (mut rest, mut found) = (sample, Self::default());
        for _ in 0..SAMPLE {
            let length = match values.end_of_record(rest, SAMPLE_BYTES) {
                RecordEnd::Whole { length, .. } | RecordEnd::Unclosed { first: length } => length,
                RecordEnd::Open { .. } | RecordEnd::TooLong { .. } => break,
            };
            let Some((value, after)) = rest.split_at_checked(length).filter(|_| length > 0) else {
                break;
            };
            rest = after;
            let (before, _) = ValueSplitter::before_value(value);
            let value = trimmed(value.get(before..).unwrap_or_default());
            let is_event = json::is_event(value);
            let is_bare = value.starts_with(b"{");
            found.has_events |= is_event && is_bare;
            found.prefixed_events += usize::from(is_event && !is_bare);
            found.lines += usize::from(!value.is_empty());
            found.prefixed += usize::from(!is_bare && (is_event || json::is_prefixed(value)));
            match value.first() {
                Some(b'{') => {
                    let is_object = serde_json::from_slice::<IgnoredAny>(value).is_ok()
                        || json::is_lenient(value);
                    found.objects += usize::from(is_object);
                }
                Some(b'"') => {
                    let text = serde_json::from_slice::<String>(value);
                    let is_entry = text.is_ok_and(|text| looks_like_entry(text.as_bytes()));
                    found.texts += usize::from(is_entry);
                }
                _ => {}
            }
        }
        found
    }

    /// Whether values are texts that are addresses, and more than a single line of something else.
    pub(super) const fn has_texts(self) -> bool {
        self.texts > 0 && self.texts * 2 >= self.lines
    }

    /// Whether most lines have an object after a prefix: a log with an occasional one is text.
    pub(super) const fn are_prefixed(self) -> bool {
        self.prefixed > 0 && self.prefixed * 2 >= self.lines
    }

    pub(super) const fn format(self) -> Option<InputFormat> {
        let are_prefixed = self.are_prefixed();
        let are_objects = self.objects > 0 && (self.objects + self.prefixed) * 2 >= self.lines;
        let has_events = self.has_events || (are_prefixed && self.prefixed_events > 0);
        match (has_events, are_objects || are_prefixed) {
            (true, _) => Some(InputFormat::Cowrie),
            (false, true) => Some(InputFormat::Ndjson),
            (false, false) => None,
        }
    }
}
