//! Plans the row of an AS that is built from its addresses.

use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::asn_evidence::AsnEvidence;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::document::DocumentDefect;
use ipcascade_core::store::{AsnRow, BackfillOptions, BackfillReport, SeenRange, SkipReason};

/// The most ASes in one transaction, however few addresses they have.
const ASNS_AT_ONCE: u64 = 5000;

/// The sums of the addresses of an AS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AsnSums {
    /// The number of addresses.
    pub addresses: u64,
    /// The number of their sessions.
    pub sessions: u64,
    /// From the first to the last sighting.
    pub seen: Option<SeenRange>,
}

impl AsnSums {
    /// Adds an address with its span, if known.
    pub fn add(&mut self, sessions: u64, seen: Option<SeenRange>) {
        self.addresses = self.addresses.saturating_add(1);
        self.sessions = self.sessions.saturating_add(sessions);
        self.seen = match (self.seen, seen) {
            (Some(all), Some(seen)) => Some(all.and(seen)),
            (all, seen) => all.or(seen),
        };
    }

    /// A row without metadata for an AS that has none; `now` if none of its addresses has a time.
    pub fn new_row(&self, asn: Asn, now: Timestamp) -> AsnRow {
        let seen = self.seen.unwrap_or_else(|| SeenRange::at(now));
        let mut row = AsnRow::new(asn, seen.first);
        row.last_seen = seen.last;
        self.count(&mut row);
        row
    }

    /// Sets these counts in `row`, and widens its span to cover these.
    pub fn count(&self, row: &mut AsnRow) {
        if let Some(seen) = self.seen {
            row.first_seen = row.first_seen.min(seen.first);
            row.last_seen = row.last_seen.max(seen.last);
        }
        row.unique_ip_count = self.addresses;
        row.total_session_count = self.sessions;
    }
}

/// Why a row counts for its AS but is not evidence about it: its key is not an address, or its document has a defect.
pub const fn reason_to_skip(
    address: Option<Address>,
    defect: Option<DocumentDefect>,
) -> Option<SkipReason> {
    match (address, defect) {
        (None, _) => Some(SkipReason::NotAnAddress),
        (_, Some(DocumentDefect::NotJson)) => Some(SkipReason::NotJson),
        (_, Some(DocumentDefect::NotAnObject)) => Some(SkipReason::NotAnObject),
        (_, Some(DocumentDefect::EncodedTwice) | None) => None,
    }
}

/// The AS with this number, if a row for it fits columns that hold the numbers accepted by `holds`.
///
/// # Errors
///
/// The reason why it cannot be built.
pub fn buildable(number: i64, holds: impl Fn(Asn) -> bool) -> Result<Asn, SkipReason> {
    match Asn::from_i64(number) {
        None if number == 0 => Err(SkipReason::AsZero),
        None => Err(SkipReason::NotAnAsn),
        Some(asn) if holds(asn) => Ok(asn),
        Some(_) => Err(SkipReason::TooLarge),
    }
}

/// How many of `work`, ASes with their numbers of addresses, make the next batch of a backfill: at least one, and no
/// more than `limit` still allows if each of them changes.
pub fn next_batch(
    work: &[(Asn, u64)],
    options: &BackfillOptions<'_>,
    done: &BackfillReport,
) -> usize {
    let allowed = match options.limit {
        Some(limit) => limit.saturating_sub(done.asns_created + done.asns_updated),
        None => ASNS_AT_ONCE,
    };
    let allowed = usize::try_from(allowed.min(ASNS_AT_ONCE)).unwrap_or(usize::MAX);
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

/// The row of `asn` according to its addresses: exact counts, a span that covers theirs and the previous one, and
/// metadata that is only replaced by better.
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
