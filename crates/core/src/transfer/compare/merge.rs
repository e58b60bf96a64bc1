//! Reads two stores in one order, and pairs rows with the same key.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use crate::store::{AddressRecord, AsnRecord, SessionRecord, Totals, Transfer};
use crate::transfer::compare::comparable_rows::ComparableRecord;
use crate::transfer::compare::comparison::Comparison;
use crate::transfer::compare::findings::ComparisonFindings;
use crate::transfer::compare::sorted_rows::SortedRows;
use crate::transfer::progress::{
    CopyError, CopyOptions, CopyProgress, OnProgress, Phase, total_of,
};

/// Rows without a counterpart that are held, to find out whether it came in another place. Every row that only one
/// store has is held.
const MOST_UNMATCHED: usize = 20_000;

/// Compares everything; `None` if the run is interrupted. The target may lack `refused` rows.
pub(in crate::transfer) async fn compare(
    source: &dyn Transfer,
    target: &dyn Transfer,
    options: &CopyOptions<'_>,
    totals: &Totals,
    progress: OnProgress<'_>,
    refused: u64,
) -> Result<Option<Comparison>, CopyError> {
    let mut merge = Merge {
        source,
        target,
        options,
        totals,
        progress,
        findings: ComparisonFindings {
            comparison: Comparison::default(),
            most_examples: options.examples,
        },
    };
    let is_done = merge.kind::<AsnRecord>().await?
        && merge.kind::<AddressRecord>().await?
        && merge.kind::<SessionRecord>().await?;
    Ok(is_done.then(|| merge.findings.finish(refused)))
}

struct Merge<'a> {
    source: &'a dyn Transfer,
    target: &'a dyn Transfer,
    options: &'a CopyOptions<'a>,
    totals: &'a Totals,
    progress: OnProgress<'a>,
    findings: ComparisonFindings,
}

impl Merge<'_> {
    /// Compares the rows of a kind; `false` if the run is interrupted.
    async fn kind<T: ComparableRecord>(&mut self) -> Result<bool, CopyError> {
        let size = self.options.batch_size;
        let mut own = SortedRows::<T>::new(self.source, size);
        let mut other = SortedRows::<T>::new(self.target, size);
        let mut unmatched = Unmatched::default();
        // If the source has several rows with one key, each is compared.
        let mut is_matched = false;
        let mut reported = 0;
        loop {
            let (read, stored) = futures::join!(own.fill(), other.fill());
            read.map_err(CopyError::Source)?;
            stored.map_err(CopyError::Target)?;
            self.findings.comparison.unreadable += own.left_out.drain(..).count() as u64;
            for row in other.left_out.drain(..) {
                self.findings
                    .differ(row.kind, &row.key, |found| &mut found.extra);
            }
            if own.read != reported {
                reported = own.read;
                let goes_on = (self.progress)(CopyProgress {
                    phase: Phase::Comparing(T::KIND),
                    done: own.read,
                    total: total_of(self.totals, T::KIND),
                });
                if !goes_on {
                    return Ok(false);
                }
            }
            let order = match (own.ready.front(), other.ready.front()) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(own), Some(other)) => own.in_lists(other),
            };
            match order {
                Ordering::Less => unmatched.own.extend(own.ready.pop_front()),
                Ordering::Equal => {
                    if let Some((row, stored)) = own.ready.pop_front().zip(other.ready.front()) {
                        self.pair(&row, stored);
                    }
                    is_matched = true;
                }
                Ordering::Greater => {
                    let extra = other.ready.pop_front();
                    let was_matched = std::mem::take(&mut is_matched);
                    unmatched.other.extend(extra.filter(|_| !was_matched));
                }
            }
            if unmatched.own.len().max(unmatched.other.len()) >= MOST_UNMATCHED {
                self.settle(std::mem::take(&mut unmatched));
            }
        }
        self.settle(unmatched);
        Ok(true)
    }

    /// Compares two rows with one key.
    fn pair<T: ComparableRecord>(&mut self, row: &T, stored: &T) {
        row.compare_history(stored, &mut self.findings);
        self.findings.comparison.recounted += u64::from(row.counts_differ(stored));
        if row.is_stored_as(stored) {
            *self.findings.comparison.equal.entry(T::KIND).or_default() += 1;
        } else {
            self.findings
                .differ(T::KIND, &row.key_text(), |found| &mut found.different);
        }
    }

    /// Finds pairs among rows that came out of order, as a key may when it is written in a form that every store can
    /// hold.
    fn settle<T: ComparableRecord>(&mut self, unmatched: Unmatched<T>) {
        let other = unmatched.other.iter();
        let other: HashMap<T::Key, &T> = other.map(|row| (row.key(), row)).collect();
        let mut matched: HashSet<T::Key> = HashSet::new();
        for row in &unmatched.own {
            match other.get(&row.key()) {
                Some(stored) => {
                    matched.insert(row.key());
                    self.pair(row, stored);
                }
                None => self
                    .findings
                    .differ(T::KIND, &row.key_text(), |found| &mut found.missing),
            }
        }
        for row in unmatched.other {
            if matched.contains(&row.key()) {
                continue;
            }
            match row.is_completed() {
                true => self.findings.comparison.asns_completed += 1,
                false => self
                    .findings
                    .differ(T::KIND, &row.key_text(), |found| &mut found.extra),
            }
        }
    }
}

/// Rows for which the other store had none with the same key at that point.
struct Unmatched<T> {
    own: Vec<T>,
    other: Vec<T>,
}

impl<T> Default for Unmatched<T> {
    fn default() -> Self {
        Self {
            own: Vec::new(),
            other: Vec::new(),
        }
    }
}
