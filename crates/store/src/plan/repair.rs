//! The faults of rows, and the repair of those that need no merging.

use std::collections::BTreeMap;

use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::policy::Policy;
use ipcascade_core::special_purpose::special_purpose;
use ipcascade_core::store::{AddressRow, AsnRow, Check, SeenRange};

use crate::plan::backfill::AsnSums;
use crate::plan::row_audit::{AuditedRow, RowAudit, audit_row};
use crate::stored_rows::{AuditedAddress, HistoryState, SessionSource, StoredAsn, count};

/// What a repair of addresses needs to know.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    /// Decides the attribution from the sections.
    pub policy: &'a Policy,
    /// Which ASNs the columns can hold.
    pub holds: &'a (dyn Fn(Asn) -> bool + Send + Sync),
    /// The time of writing.
    pub now: Timestamp,
}

/// The faults of a row whose key is an address, in the order of [`Check`].
pub fn faults(stored: &AuditedAddress, audit: &RowAudit) -> Vec<(Check, String)> {
    let key = stored.row.key.escape_debug();
    let mut faults = Vec::new();
    if let Some(number) = stored.row.current_asn.filter(|_| !stored.has_asn_row) {
        let fault = format!("{key} points at AS{number}, which has no row");
        faults.push((Check::AsnRowMissing, fault));
    }
    if !stored.row.sessions.is_right_for(stored.session_rows) {
        let (total, rows) = (stored.row.sessions.total, stored.session_rows);
        let mut fault = format!("{key}: {total} counted, {rows} stored");
        let without_row = stored.row.sessions.without_row;
        if without_row > 0 {
            fault.push_str(&format!(", {without_row} known only as a number"));
        }
        faults.push((Check::SessionCount, fault));
    }
    let (first, last) = (stored.row.first_seen, stored.row.last_seen);
    if let Some((first, last)) = first.zip(last).filter(|(first, last)| first > last) {
        faults.push((Check::SeenOrder, format!("{key}: {first} to {last}")));
    }
    if stored.history == HistoryState::Outdated
        && let Some(number) = stored.row.current_asn
    {
        faults.push((Check::HistoryMissing, format!("{key} in AS{number}")));
    }
    faults.extend(audit.faults.iter().cloned());
    faults
}

/// Audits a row.
pub fn audit(stored: &AuditedAddress, rules: &Rules<'_>) -> RowAudit {
    let row = AuditedRow {
        key: &stored.row.key,
        current_asn: stored.row.current_asn,
        document: stored.row.document.as_deref(),
    };
    audit_row(row, rules.policy, rules.holds)
}

/// Whether a repair can do anything about a row. Rows whose key is not an address need a human.
pub fn needs_repair(stored: &AuditedAddress, rules: &Rules<'_>) -> bool {
    let audit = audit(stored, rules);
    audit.address.is_some() && (lacks_history(stored) || !faults(stored, &audit).is_empty())
}

/// Whether the history lacks the attribution, including when none was kept.
fn lacks_history(stored: &AuditedAddress) -> bool {
    let has_asn = stored.row.current_asn.and_then(Asn::from_i64).is_some();
    has_asn && stored.history != HistoryState::Current
}

/// Sessions whose source has no address row, by the address of the source; sources that are not addresses are left out.
pub fn sources_by_address(sources: &[SessionSource]) -> BTreeMap<Address, Vec<&SessionSource>> {
    let mut by_address: BTreeMap<Address, Vec<&SessionSource>> = BTreeMap::new();
    for source in sources {
        if let Ok(address) = source.key.parse() {
            by_address.entry(address).or_default().push(source);
        }
    }
    by_address
}

/// The time span of the events of these sessions, as far as known.
pub fn seen_of(sources: &[&SessionSource]) -> Option<SeenRange> {
    let times = || {
        sources
            .iter()
            .flat_map(|source| [source.first, source.last])
    };
    Some(SeenRange {
        first: times().flatten().min()?,
        last: times().flatten().max()?,
    })
}

/// The row of an address of which only sessions are known.
pub fn row_for_sessions(address: Address, seen: Option<SeenRange>, now: Timestamp) -> AddressRow {
    let seen = seen.unwrap_or_else(|| SeenRange::at(now));
    let mut row = AddressRow::new(address, seen.first);
    row.last_seen = seen.last;
    if let Some(purpose) = special_purpose(address) {
        row.enrichment.mark_special(purpose);
    }
    row
}

/// The row of an AS according to its addresses, with the checks that it fails; `None` if it fails none, or if its
/// number is not an ASN.
pub fn plan_asn(stored: &StoredAsn, sums: &AsnSums) -> Option<(AsnRow, Vec<Check>)> {
    let checks: Vec<Check> = asn_faults(stored, sums)
        .into_iter()
        .map(|(check, _)| check)
        .collect();
    let mut row = stored.decode().filter(|_| !checks.is_empty())?;
    if row.first_seen > row.last_seen {
        std::mem::swap(&mut row.first_seen, &mut row.last_seen);
    }
    sums.count(&mut row);
    Some((row, checks))
}

/// The faults of an AS row.
pub fn asn_faults(stored: &StoredAsn, sums: &AsnSums) -> Vec<(Check, String)> {
    let number = stored.number;
    let mut faults = Vec::new();
    let counted = |check: Check, stored: Option<i64>, counted: u64| {
        let is_wrong = stored.is_none_or(|stored| stored < 0) || count(stored) != counted;
        let shown = stored.map_or_else(|| "nothing".to_owned(), |stored| stored.to_string());
        is_wrong.then(|| {
            (
                check,
                format!("AS{number}: {shown} stored, {counted} counted"),
            )
        })
    };
    faults.extend(counted(
        Check::UniqueIpCount,
        stored.unique_ip_count,
        sums.addresses,
    ));
    faults.extend(counted(
        Check::TotalSessionCount,
        stored.total_session_count,
        sums.sessions,
    ));
    let (first, last) = (stored.first_seen, stored.last_seen);
    let is_known_order = first.zip(last).filter(|(first, last)| first > last);
    if let Some(seen) = sums.seen {
        let begins_late = first.is_none_or(|first| first > seen.first);
        let ends_early = last.is_none_or(|last| last < seen.last);
        // A reversed span is turned round before it is compared.
        let covers =
            is_known_order.is_some_and(|(first, last)| last <= seen.first && first >= seen.last);
        if (begins_late || ends_early) && !covers {
            let shown =
                |at: Option<Timestamp>| at.map_or_else(|| "?".to_owned(), |at| at.to_string());
            let (first, last) = (shown(first), shown(last));
            let fault = format!(
                "AS{number}: {first} to {last}, but its addresses {} to {}",
                seen.first, seen.last
            );
            faults.push((Check::SeenRange, fault));
        }
    }
    if let Some((first, last)) = is_known_order {
        faults.push((Check::SeenOrder, format!("AS{number}: {first} to {last}")));
    }
    faults
}
