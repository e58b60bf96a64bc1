//! Compares two stores row by row: both are read in one order, and merged.

use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use futures::TryStreamExt as _;
use futures::stream::BoxStream;
use serde::Serialize;

use crate::store::{
    AddressRecord, AsnRecord, AsnRow, HistoryRow, Page, RecordKind, RecordOrder, RecordSet,
    SessionRecord, StoreError, Totals, Transfer, UncopiedRow,
};
use crate::transfer::progress::{
    CopyError, CopyOptions, CopyProgress, OnProgress, Phase, total_of,
};
use crate::transfer::records::{TransferRecord, canonical};

/// Rows without a counterpart that are held, to find out whether it came in another place. Every row that only one
/// store has is held.
const MOST_UNMATCHED: usize = 20_000;

/// How rows of one kind differ.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CopyDifference {
    /// Rows that only the source has, except those that did not fit the target.
    pub missing: u64,
    /// Rows that only the target has.
    pub extra: u64,
    /// Rows that both have and that differ.
    pub different: u64,
    /// Keys of some of them.
    pub examples: Vec<String>,
}

impl CopyDifference {
    const fn is_none(&self) -> bool {
        self.missing == 0 && self.extra == 0 && self.different == 0
    }
}

/// The result of a comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// Equal rows, by kind.
    pub equal: BTreeMap<RecordKind, u64>,
    /// Differences, by kind.
    pub differences: BTreeMap<RecordKind, CopyDifference>,
    /// Invalid rows of the source, such as those whose key is not an address.
    pub unreadable: u64,
    /// Rows whose counts in the source, or whose AS span, do not match its rows; those of the target do.
    pub recounted: u64,
    /// ASes that the source's addresses name but that have no row there.
    pub asns_completed: u64,
}

impl Comparison {
    /// Whether the target has the rows of the source and no others.
    pub fn is_equal(&self) -> bool {
        self.differences.is_empty()
    }
}

/// Compares everything; `None` if the run is interrupted. The target may lack `refused` rows.
pub(super) async fn compare(
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
        comparison: Comparison::default(),
    };
    let is_done = merge.kind::<AsnRecord>().await?
        && merge.kind::<AddressRecord>().await?
        && merge.kind::<SessionRecord>().await?;
    Ok(is_done.then(|| merge.finish(refused)))
}

struct Merge<'a> {
    source: &'a dyn Transfer,
    target: &'a dyn Transfer,
    options: &'a CopyOptions<'a>,
    totals: &'a Totals,
    progress: OnProgress<'a>,
    comparison: Comparison,
}

impl Merge<'_> {
    /// Compares the rows of a kind; `false` if the run is interrupted.
    async fn kind<T: ComparableRecord>(&mut self) -> Result<bool, CopyError> {
        let size = self.options.batch_size;
        let mut own = Sorted::<T>::new(self.source, size);
        let mut other = Sorted::<T>::new(self.target, size);
        let mut unmatched = Unmatched::default();
        // If the source has several rows with one key, each is compared.
        let mut is_matched = false;
        let mut reported = 0;
        loop {
            let (read, stored) = futures::join!(own.fill(), other.fill());
            read.map_err(CopyError::Source)?;
            stored.map_err(CopyError::Target)?;
            self.comparison.unreadable += own.left_out.drain(..).count() as u64;
            for row in other.left_out.drain(..) {
                self.differ(row.kind, &row.key, |found| &mut found.extra);
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
        row.compare_history(stored, self);
        self.comparison.recounted += u64::from(row.counts_differ(stored));
        if row.is_stored_as(stored) {
            *self.comparison.equal.entry(T::KIND).or_default() += 1;
        } else {
            self.differ(T::KIND, &row.key_text(), |found| &mut found.different);
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
                None => self.differ(T::KIND, &row.key_text(), |found| &mut found.missing),
            }
        }
        for row in unmatched.other {
            if matched.contains(&row.key()) {
                continue;
            }
            match row.is_completed() {
                true => self.comparison.asns_completed += 1,
                false => self.differ(T::KIND, &row.key_text(), |found| &mut found.extra),
            }
        }
    }

    fn differ(
        &mut self,
        kind: RecordKind,
        key: &str,
        count: impl Fn(&mut CopyDifference) -> &mut u64,
    ) {
        let found = self.comparison.differences.entry(kind).or_default();
        *count(found) += 1;
        if found.examples.len() < self.options.examples {
            found.examples.push(key.to_owned());
        }
    }

    /// Subtracts what the target is known to lack.
    fn finish(mut self, mut refused: u64) -> Comparison {
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

/// The rows of a store in ascending order of keys.
struct Sorted<'a, T> {
    pages: BoxStream<'a, Result<Page, StoreError>>,
    ready: VecDeque<T>,
    /// Rows since the last check that cannot be compared.
    left_out: Vec<UncopiedRow>,
    /// Rows so far, including those left out.
    read: u64,
}

impl<'a, T: ComparableRecord> Sorted<'a, T> {
    fn new(store: &'a dyn Transfer, page_size: u32) -> Self {
        Self {
            pages: store.records(T::KIND, RecordOrder::ForComparing, page_size),
            ready: VecDeque::new(),
            left_out: Vec::new(),
            read: 0,
        }
    }

    /// Reads on until a row is ready, or none is left.
    async fn fill(&mut self) -> Result<(), StoreError> {
        while self.ready.is_empty() {
            let Some(page) = self.pages.try_next().await? else {
                break;
            };
            self.read += page.records.len() as u64 + page.left_out.len() as u64;
            self.left_out.extend(page.left_out);
            self.ready.extend(T::of(canonical(page.records)));
        }
        Ok(())
    }
}

/// A row that is compared with that of another store.
trait ComparableRecord: TransferRecord {
    /// The rows of its kind.
    fn of(records: RecordSet) -> Vec<Self>;

    /// The order of lists in all stores.
    fn in_lists(&self, other: &Self) -> Ordering;

    /// Whether the values that stores count by themselves differ.
    fn counts_differ(&self, _stored: &Self) -> bool {
        false
    }

    /// Whether it was only created so that others can refer to it.
    fn is_completed(&self) -> bool {
        false
    }

    /// Compares the attributions.
    fn compare_history(&self, _stored: &Self, _merge: &mut Merge<'_>) {}
}

impl ComparableRecord for AsnRecord {
    fn of(records: RecordSet) -> Vec<Self> {
        match records {
            RecordSet::Asns(rows) => rows,
            _ => Vec::new(),
        }
    }

    fn in_lists(&self, other: &Self) -> Ordering {
        self.row.asn.cmp(&other.row.asn)
    }

    fn counts_differ(&self, stored: &Self) -> bool {
        let counts = |row: &AsnRow| {
            (
                row.unique_ip_count,
                row.total_session_count,
                row.first_seen,
                row.last_seen,
            )
        };
        counts(&self.row) != counts(&stored.row)
    }

    fn is_completed(&self) -> bool {
        is_bare(self)
    }
}

impl ComparableRecord for AddressRecord {
    fn of(records: RecordSet) -> Vec<Self> {
        match records {
            RecordSet::Addresses(rows) => rows,
            _ => Vec::new(),
        }
    }

    fn in_lists(&self, other: &Self) -> Ordering {
        match self.row.address == other.row.address {
            true => Ordering::Equal,
            false => self.key_text().cmp(&other.key_text()),
        }
    }

    fn counts_differ(&self, stored: &Self) -> bool {
        self.row.session_count != stored.row.session_count
    }

    fn compare_history(&self, stored: &Self, merge: &mut Merge<'_>) {
        let key = |row: &HistoryRow| format!("{} {} {}", row.address, row.asn, row.observed_at);
        let find = |rows: &[HistoryRow], row: &HistoryRow| {
            rows.iter()
                .find(|other| (other.asn, other.observed_at) == (row.asn, row.observed_at))
                .cloned()
        };
        let kind = RecordKind::History;
        for row in &self.history {
            match find(&stored.history, row) {
                Some(found) if found == *row => {
                    *merge.comparison.equal.entry(kind).or_default() += 1;
                }
                Some(_) => merge.differ(kind, &key(row), |found| &mut found.different),
                None => merge.differ(kind, &key(row), |found| &mut found.missing),
            }
        }
        for row in &stored.history {
            if find(&self.history, row).is_none() {
                merge.differ(kind, &key(row), |found| &mut found.extra);
            }
        }
    }
}

impl ComparableRecord for SessionRecord {
    fn of(records: RecordSet) -> Vec<Self> {
        match records {
            RecordSet::Sessions(rows) => rows,
            _ => Vec::new(),
        }
    }

    fn in_lists(&self, other: &Self) -> Ordering {
        self.row.session_id.cmp(&other.row.session_id)
    }
}

/// Whether a row has no information about the AS except its existence.
fn is_bare(record: &AsnRecord) -> bool {
    let row = &record.row;
    row.organization_name.is_none()
        && row.organization_country.is_none()
        && row.rir_registry.is_none()
        && row.asn_type.is_none()
        && row.enrichment.is_empty()
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use futures::stream::{self, StreamExt as _};

    use super::*;
    use crate::clock::Timestamp;
    use crate::policy::Policy;
    use crate::store::{
        CopyMark, EventIds, ImportBatch, ImportReport, SessionRow, StoreErrorKind, StoreResult,
    };

    /// Sessions, two in a page; a key ends where a `:` begins its number of events.
    #[derive(Debug)]
    struct Sessions(&'static [&'static str]);

    impl Sessions {
        fn record(text: &str) -> SessionRecord {
            let (id, events) = text.split_once(':').unwrap_or((text, "1"));
            SessionRecord {
                row: SessionRow {
                    session_id: id.to_owned(),
                    source_ip: None,
                    sensor: None,
                    first_event_at: None,
                    last_event_at: None,
                    event_count: events.parse().unwrap(),
                    snapshot_asn: None,
                    snapshot_country: None,
                    enrichment_at: None,
                    event_ids: EventIds::default(),
                },
                enrichment: None,
            }
        }
    }

    #[async_trait]
    impl Transfer for Sessions {
        fn records(
            &self,
            kind: RecordKind,
            _: RecordOrder<'_>,
            _: u32,
        ) -> BoxStream<'_, StoreResult<Page>> {
            let rows = match kind {
                RecordKind::Session => self.0,
                _ => &[],
            };
            let page = |rows: &[&str]| Page {
                records: RecordSet::Sessions(rows.iter().map(|text| Self::record(text)).collect()),
                left_out: Vec::new(),
                last: None,
            };
            stream::iter(rows.chunks(2).map(move |rows| Ok(page(rows)))).boxed()
        }

        async fn import(&self, _: &ImportBatch<'_>) -> StoreResult<ImportReport> {
            Err(StoreError::new(StoreErrorKind::Other, "only read"))
        }

        async fn copy_marks(&self) -> StoreResult<Vec<CopyMark>> {
            Ok(Vec::new())
        }
    }

    async fn compared(
        source: &'static [&'static str],
        target: &'static [&'static str],
    ) -> (u64, Option<CopyDifference>) {
        let policy = Policy::new(Vec::new());
        let options = CopyOptions {
            source: "test://",
            batch_size: 2,
            examples: 9,
            policy: &policy,
            now: Timestamp::default(),
        };
        let (source, target) = (Sessions(source), Sessions(target));
        let totals = Totals::default();
        let compared = compare(&source, &target, &options, &totals, &|_| true, 0);
        let mut comparison = compared.await.unwrap().unwrap();
        let equal = comparison.equal.remove(&RecordKind::Session);
        let difference = comparison.differences.remove(&RecordKind::Session);
        (equal.unwrap_or_default(), difference)
    }

    fn difference(missing: u64, extra: u64, different: u64, examples: &[&str]) -> CopyDifference {
        CopyDifference {
            missing,
            extra,
            different,
            examples: examples.iter().map(ToString::to_string).collect(),
        }
    }

    #[tokio::test]
    async fn what_only_one_has_is_found_wherever_it_stands() {
        let all = &["a", "b", "c", "d", "e"];
        assert_eq!(compared(all, all).await, (5, None));
        assert_eq!(compared(&[], &[]).await, (0, None));
        let lacks = difference(3, 0, 0, &["a", "c", "e"]);
        assert_eq!(compared(all, &["b", "d"]).await, (2, Some(lacks)));
        let has_more = difference(0, 3, 0, &["a", "c", "e"]);
        assert_eq!(compared(&["b", "d"], all).await, (2, Some(has_more)));
        let others = difference(0, 0, 1, &["c"]);
        let found = compared(all, &["a", "b", "c:2", "d", "e"]).await;
        assert_eq!(found, (4, Some(others)));
    }

    #[tokio::test]
    async fn a_row_that_comes_in_another_place_is_found() {
        // Without its U+0000 a key sorts elsewhere.
        let found = compared(&["a\0z", "ab", "c"], &["ab", "az", "c"]).await;
        assert_eq!(found, (3, None));
        let found = compared(&["c", "a", "b"], &["a", "b", "c"]).await;
        assert_eq!(found, (3, None));
    }

    #[tokio::test]
    async fn of_rows_with_one_key_each_is_compared() {
        let twice = difference(0, 0, 1, &["a"]);
        assert_eq!(
            compared(&["a", "a:2", "b"], &["a:2", "b"]).await,
            (2, Some(twice))
        );
    }
}
