//! The members that the first JSON records of an input have.

use std::collections::HashSet;

use crate::blocks::SAMPLE_BYTES;
use crate::json::{ValueSplitter, flat_members};
use crate::line_trim::trimmed;
use crate::record_end::RecordEnd;

/// More members than this are not named.
const MOST: usize = 200;

/// The names of the members of the first records, in the order of their first occurrence.
pub(super) fn member_names(sample: &[u8]) -> Vec<String> {
    let values = ValueSplitter::new(false);
    let (mut known, mut names, mut rest) = (HashSet::new(), Vec::new(), sample);
    while let RecordEnd::Whole { length, .. } | RecordEnd::Unclosed { first: length } =
        values.end_of_record(rest, SAMPLE_BYTES)
    {
        let Some((value, after)) = rest.split_at_checked(length).filter(|_| length > 0) else {
            break;
        };
        rest = after;
        let (before, _) = ValueSplitter::before_value(value);
        let value = trimmed(value.get(before..).unwrap_or_default());
        for member in flat_members(value).unwrap_or_default().members {
            if !member.path.is_empty() && known.insert(member.path.clone()) {
                names.push(member.path);
            }
        }
    }
    names.truncate(MOST);
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_named_behind_headers_and_in_lists() {
        for sample in [
            "{\"a\": 1}\n{\"a\": 2, \"b\": {\"c\": 3}}\n",
            "[{\"a\": 1}, {\"b\": {\"c\": 3}}]",
            "2025-03-01T10:00:00+00:00 hp cowrie: {\"a\": 1}\n2025-03-01T10:00:27+00:00 hp cowrie: {\"b\": {\"c\": 1}}\n",
        ] {
            assert_eq!(member_names(sample.as_bytes()), ["a", "b.c"], "{sample}");
        }
    }
}
