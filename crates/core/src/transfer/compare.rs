//! Comparing two stores row by row, with each row looked up by its key, since two databases may
//! sort text in different orders.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::copy::{CopyError, CopyOptions, CopyProgress, OnProgress, Phase, read_page, total_of};
use super::records::{Record, canonical};
use crate::{
    AddressRecord, AsnRecord, HistoryRow, RecordKind, Records, Store, StoreError, Totals, Transfer,
    Which,
};

/// How rows of one kind differ.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Rows that only the source has, beside those that the target could not take.
    pub missing: u64,
    /// Rows that only the target has.
    pub extra: u64,
    /// Rows that both have and that are not the same.
    pub different: u64,
    /// Keys of some of them.
    pub examples: Vec<String>,
}

impl Difference {
    const fn is_none(&self) -> bool {
        self.missing == 0 && self.extra == 0 && self.different == 0
    }
}

/// What a comparison came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// Rows that were the same, by kind.
    pub equal: BTreeMap<RecordKind, u64>,
    /// What was not, by kind.
    pub differences: BTreeMap<RecordKind, Difference>,
    /// Rows of the source that mean nothing, such as those that are for no address.
    pub unreadable: u64,
    /// Rows of which the source's own counts, or the span of an AS, are not what its rows come to;
    /// the target's are.
    pub recounted: u64,
    /// Autonomous systems that the source's addresses name and that have no row there.
    pub asns_completed: u64,
}

impl Comparison {
    /// Whether the target has the rows of the source and no others.
    pub fn is_equal(&self) -> bool {
        self.differences.is_empty()
    }
}

/// Compares everything; nothing if the run is to end. The target may lack `refused` rows.
pub(super) async fn compare(
    source: &dyn Transfer,
    target: &dyn Store,
    options: &CopyOptions<'_>,
    totals: &Totals,
    progress: OnProgress<'_>,
    refused: u64,
) -> Result<Option<Comparison>, CopyError> {
    let mut state = State {
        options,
        comparison: Comparison::default(),
    };
    let stored = target.totals().await.map_err(CopyError::Target)?;
    for kind in RecordKind::PAGED {
        let mut position: Option<String> = None;
        let (mut done, mut matched) = (0, 0);
        loop {
            let page = read_page(source, kind, position.as_deref(), options)
                .await
                .map_err(CopyError::Source)?;
            let Some(last) = page.last else { break };
            let records = canonical(page.records);
            done += records.len() as u64 + page.left_out.len() as u64;
            state.comparison.unreadable += page.left_out.len() as u64;
            matched += state
                .page(&records, target)
                .await
                .map_err(CopyError::Target)?;
            position = Some(last);
            let goes_on = progress(CopyProgress {
                phase: Phase::Comparing(kind),
                done,
                total: total_of(totals, kind),
            });
            if !goes_on {
                return Ok(None);
            }
        }
        if total_of(&stored, kind) > matched {
            state.find_extra(source, target, kind).await?;
        }
    }
    Ok(Some(state.finish(refused)))
}

struct State<'a> {
    options: &'a CopyOptions<'a>,
    comparison: Comparison,
}

impl State<'_> {
    /// Compares rows of the source with those of the target; says how many are in both.
    async fn page(&mut self, records: &Records, target: &dyn Transfer) -> Result<u64, StoreError> {
        let keys = keys(records);
        let kind = kind(records);
        let page = target.read_records(kind, Which::Keys(&keys)).await?;
        Ok(match (records, canonical(page.records)) {
            (Records::Asns(own), Records::Asns(other)) => self.rows(own, &other, |a, b| {
                (a.row.unique_ip_count, a.row.total_session_count)
                    != (b.row.unique_ip_count, b.row.total_session_count)
                    || (a.row.first_seen, a.row.last_seen) != (b.row.first_seen, b.row.last_seen)
            }),
            (Records::Addresses(own), Records::Addresses(other)) => {
                self.history(own, &other);
                self.rows(own, &other, |a, b| {
                    a.row.session_count != b.row.session_count
                })
            }
            (Records::Sessions(own), Records::Sessions(other)) => {
                self.rows(own, &other, |_, _| false)
            }
            _ => 0,
        })
    }

    fn rows<T: Record>(
        &mut self,
        own: &[T],
        other: &[T],
        is_recounted: impl Fn(&T, &T) -> bool,
    ) -> u64 {
        let stored: HashMap<T::Key, &T> = other.iter().map(|row| (row.key(), row)).collect();
        let mut matched = 0;
        for row in own {
            match stored.get(&row.key()) {
                None => self.differ(T::KIND, &row.key_text(), |found| &mut found.missing),
                Some(stored) => {
                    matched += 1;
                    self.comparison.recounted += u64::from(is_recounted(row, stored));
                    if row.is_stored_as(stored) {
                        *self.comparison.equal.entry(T::KIND).or_default() += 1;
                    } else {
                        self.differ(T::KIND, &row.key_text(), |found| &mut found.different);
                    }
                }
            }
        }
        matched
    }

    fn history(&mut self, own: &[AddressRecord], other: &[AddressRecord]) {
        let stored: HashMap<_, _> = other
            .iter()
            .map(|record| (record.row.address, &record.history))
            .collect();
        for record in own {
            // The history of an address that is missing is not counted on its own.
            let Some(stored) = stored.get(&record.row.address) else {
                continue;
            };
            let key = |row: &HistoryRow| format!("{} {} {}", row.address, row.asn, row.observed_at);
            let find = |rows: &[HistoryRow], row: &HistoryRow| {
                rows.iter()
                    .find(|other| (other.asn, other.observed_at) == (row.asn, row.observed_at))
                    .cloned()
            };
            for row in &record.history {
                match find(stored, row) {
                    Some(found) if found == *row => {
                        let equal = &mut self.comparison.equal;
                        *equal.entry(RecordKind::History).or_default() += 1;
                    }
                    Some(_) => {
                        self.differ(RecordKind::History, &key(row), |found| &mut found.different);
                    }
                    None => {
                        self.differ(RecordKind::History, &key(row), |found| &mut found.missing);
                    }
                }
            }
            for row in stored.iter() {
                if find(&record.history, row).is_none() {
                    self.differ(RecordKind::History, &key(row), |found| &mut found.extra);
                }
            }
        }
    }

    /// Finds the rows that only the target has.
    async fn find_extra(
        &mut self,
        source: &dyn Transfer,
        target: &dyn Transfer,
        kind: RecordKind,
    ) -> Result<(), CopyError> {
        let mut position: Option<String> = None;
        loop {
            let page = read_page(target, kind, position.as_deref(), self.options)
                .await
                .map_err(CopyError::Target)?;
            let Some(last) = page.last else { return Ok(()) };
            let keys = keys(&page.records);
            let found = source
                .read_records(kind, Which::Keys(&keys))
                .await
                .map_err(CopyError::Source)?;
            match (&page.records, &found.records) {
                (Records::Asns(own), Records::Asns(other)) => self.extra(own, other, is_bare),
                (Records::Addresses(own), Records::Addresses(other)) => {
                    self.extra(own, other, |_| false);
                }
                (Records::Sessions(own), Records::Sessions(other)) => {
                    self.extra(own, other, |_| false);
                }
                _ => {}
            }
            for row in page.left_out {
                self.differ(kind, &row.key, |found| &mut found.extra);
            }
            position = Some(last);
        }
    }

    fn extra<T: Record>(&mut self, own: &[T], other: &[T], is_completed: impl Fn(&T) -> bool) {
        let known: HashMap<T::Key, ()> = other.iter().map(|row| (row.key(), ())).collect();
        for row in own.iter().filter(|row| !known.contains_key(&row.key())) {
            if is_completed(row) {
                self.comparison.asns_completed += 1;
            } else {
                self.differ(T::KIND, &row.key_text(), |found| &mut found.extra);
            }
        }
    }

    fn differ(&mut self, kind: RecordKind, key: &str, count: impl Fn(&mut Difference) -> &mut u64) {
        let found = self.comparison.differences.entry(kind).or_default();
        *count(found) += 1;
        if found.examples.len() < self.options.examples {
            found.examples.push(key.to_owned());
        }
    }

    /// Takes out what the target was known to lack.
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

/// Whether a row says nothing of the AS but that it is there.
fn is_bare(record: &AsnRecord) -> bool {
    let row = &record.row;
    row.organization_name.is_none()
        && row.organization_country.is_none()
        && row.rir_registry.is_none()
        && row.asn_type.is_none()
        && row.enrichment.is_empty()
}

const fn kind(records: &Records) -> RecordKind {
    match records {
        Records::Asns(_) => RecordKind::Asn,
        Records::Addresses(_) => RecordKind::Address,
        Records::Sessions(_) => RecordKind::Session,
    }
}

fn keys(records: &Records) -> Vec<String> {
    match records {
        Records::Asns(rows) => rows.iter().map(Record::key_text).collect(),
        Records::Addresses(rows) => rows.iter().map(Record::key_text).collect(),
        Records::Sessions(rows) => rows.iter().map(Record::key_text).collect(),
    }
}
