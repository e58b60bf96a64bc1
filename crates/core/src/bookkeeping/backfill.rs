//! What becomes of the row of an AS when it is built from its addresses.

use std::collections::HashMap;

use futures::TryStreamExt as _;

use super::EvidenceTally;
use crate::{
    Address, AddressQuery, AddressRow, Asn, AsnEvidence, AsnQuery, AsnRow, BackfillOptions,
    BackfillReport, DocumentDefect, Seen, Store, StoreErrorKind, StoreResult, Timestamp,
};

/// Systems in one transaction at most, however few addresses they have.
const SYSTEMS_AT_ONCE: u64 = 5000;

/// What the addresses of an AS add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AsnSums {
    /// How many there are.
    pub addresses: u64,
    /// How many sessions they have.
    pub sessions: u64,
    /// When the first was first, and the last last seen.
    pub seen: Option<Seen>,
}

impl AsnSums {
    /// Adds an address that was seen at some time, if that is known.
    pub fn add(&mut self, sessions: u64, seen: Option<Seen>) {
        self.addresses += 1;
        self.sessions += sessions;
        self.seen = match (self.seen, seen) {
            (Some(all), Some(seen)) => Some(all.and(seen)),
            (all, seen) => all.or(seen),
        };
    }

    /// A row without metadata for an AS that has none; `now` if none of its addresses says when.
    pub fn new_row(&self, asn: Asn, now: Timestamp) -> AsnRow {
        let seen = self.seen.unwrap_or_else(|| Seen::at(now));
        let mut row = AsnRow::new(asn, seen.first);
        row.last_seen = seen.last;
        self.count(&mut row);
        row
    }

    /// Gives `row` these counts, and a span that covers these and its own.
    pub fn count(&self, row: &mut AsnRow) {
        if let Some(seen) = self.seen {
            row.first_seen = row.first_seen.min(seen.first);
            row.last_seen = row.last_seen.max(seen.last);
        }
        row.unique_ip_count = self.addresses;
        row.total_session_count = self.sessions;
    }
}

/// Why a row counts for its AS but says nothing of it: it is for no address, or there is something
/// wrong with its document.
pub const fn reason_to_skip(
    address: Option<Address>,
    defect: Option<DocumentDefect>,
) -> Option<&'static str> {
    match (address, defect) {
        (None, _) => Some("not an IP address"),
        (_, Some(DocumentDefect::NotJson)) => Some("document is not JSON"),
        (_, Some(DocumentDefect::NotAnObject)) => Some("document is not an object"),
        (_, Some(DocumentDefect::EncodedTwice) | None) => None,
    }
}

/// How many of `work`, systems with their numbers of addresses, make the next batch of a backfill:
/// at least one, and no more than `limit` still allows when each of them is changed.
pub fn next_batch(
    work: &[(Asn, u64)],
    options: &BackfillOptions<'_>,
    done: &BackfillReport,
) -> usize {
    let allowed = match options.limit {
        Some(limit) => limit.saturating_sub(done.asns_created + done.asns_updated),
        None => SYSTEMS_AT_ONCE,
    };
    let allowed = usize::try_from(allowed.min(SYSTEMS_AT_ONCE)).unwrap_or(usize::MAX);
    let mut addresses = 0;
    work.iter()
        .take(allowed)
        .enumerate()
        .take_while(|(index, (_, count))| {
            addresses += count;
            *index == 0 || addresses <= options.batch_size
        })
        .count()
}

/// The row of `asn` as its addresses have it: exact counts, a span that covers theirs and the one
/// before, and metadata that is only replaced by better.
pub fn rebuilt(
    before: Option<&AsnRow>,
    asn: Asn,
    sums: &AsnSums,
    best: &AsnEvidence,
    options: &BackfillOptions<'_>,
) -> AsnRow {
    let mut row = before
        .cloned()
        .unwrap_or_else(|| sums.new_row(asn, options.now));
    sums.count(&mut row);
    row.absorb(best, options.policy, options.overwrite_metadata);
    row
}

/// What a backfill of a database would come to whose schema is not up to date yet, from one pass
/// over its addresses. Holds something of every AS in memory, of no address.
///
/// # Errors
///
/// When the store cannot be read.
pub async fn preview(
    store: &dyn Store,
    options: &BackfillOptions<'_>,
) -> StoreResult<BackfillReport> {
    let mut found: HashMap<Asn, (AsnSums, EvidenceTally, bool)> = HashMap::new();
    let mut report = BackfillReport::default();
    let query = AddressQuery::default();
    let mut rows = store.addresses(&query);
    while let Some(row) = rows.try_next().await? {
        let Some(asn) = row.current_asn else { continue };
        report.addresses += 1;
        let (sums, evidence, is_recent) = found.entry(asn).or_default();
        sums.add(row.session_count, Some(seen(&row)));
        evidence.add(
            options
                .policy
                .asn_evidence(asn, row.address, &row.enrichment),
        );
        *is_recent |= options
            .since
            .is_none_or(|since| row.enrichment_updated_at.is_some_and(|at| at >= since));
    }
    let existing = existing(store).await?;
    for row in existing.values() {
        let has_counts = row.unique_ip_count > 0 || row.total_session_count > 0;
        report.asns_emptied += u64::from(has_counts && !found.contains_key(&row.asn));
    }
    let mut asns: Vec<_> = found
        .into_iter()
        .filter(|(_, (.., is_recent))| *is_recent)
        .collect();
    asns.sort_unstable_by_key(|&(asn, _)| asn);
    report.asns_total = u64::try_from(asns.len()).ok();
    for (asn, (sums, evidence, _)) in asns {
        if options
            .limit
            .is_some_and(|limit| report.asns_created + report.asns_updated >= limit)
        {
            break;
        }
        for conflict in evidence.conflicts(options.policy) {
            *report
                .conflicts
                .entry(conflict.field.to_string())
                .or_default() += 1;
        }
        let before = existing.get(&asn);
        let after = rebuilt(before, asn, &sums, &evidence.best(options.policy), options);
        match before {
            None => report.asns_created += 1,
            Some(before) if *before == after => report.asns_unchanged += 1,
            Some(_) => report.asns_updated += 1,
        }
    }
    Ok(report)
}

/// The rows that are there; none if their table is not, or is too different to be read.
async fn existing(store: &dyn Store) -> StoreResult<HashMap<Asn, AsnRow>> {
    let query = AsnQuery {
        include_empty: true,
        ..AsnQuery::default()
    };
    let rows: StoreResult<Vec<AsnRow>> = store.asns(&query).try_collect().await;
    match rows {
        Ok(rows) => Ok(rows.into_iter().map(|row| (row.asn, row)).collect()),
        Err(error) if error.kind == StoreErrorKind::Schema => Ok(HashMap::new()),
        Err(error) => Err(error),
    }
}

const fn seen(row: &AddressRow) -> Seen {
    Seen {
        first: row.first_seen,
        last: row.last_seen,
    }
}
