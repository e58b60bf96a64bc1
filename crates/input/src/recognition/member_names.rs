//! The members that the first JSON records of an input have.

use std::collections::HashSet;

use crate::blocks::SAMPLE_BYTES;
use crate::json::{ValueSplitter, flat_members};
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
        let value = value.get(before..).unwrap_or_default();
        for member in flat_members(value).unwrap_or_default() {
            if !member.path.is_empty() && known.insert(member.path.clone()) {
                names.push(member.path);
            }
        }
    }
    names.truncate(MOST);
    names
}
