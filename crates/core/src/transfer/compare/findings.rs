//! What a comparison finds, counted as it goes on.

use crate::store::RecordKind;
use crate::transfer::compare::comparison::{Comparison, CopyDifference};

/// The result so far.
pub(super) struct ComparisonFindings {
    pub(super) comparison: Comparison,
    /// Keys that are kept of each kind, at most.
    pub(super) most_examples: usize,
}

impl ComparisonFindings {
    /// Counts a difference, and keeps the keys of the first ones.
    pub(super) fn differ(
        &mut self,
        kind: RecordKind,
        key: &str,
        count: impl Fn(&mut CopyDifference) -> &mut u64,
    ) {
        let found = self.comparison.differences.entry(kind).or_default();
        *count(found) += 1;
        if found.examples.len() < self.most_examples {
            found.examples.push(key.to_owned());
        }
    }

    /// Subtracts what the target is known to lack.
    pub(super) fn finish(mut self, mut refused: u64) -> Comparison {
        for difference in self.comparison.differences.values_mut() {
            let known = difference.missing.min(refused);
            difference.missing -= known;
            refused -= known;
        }
        self.comparison
            .differences
            .retain(|_, difference| !difference.is_none());
        self.comparison
    }
}
