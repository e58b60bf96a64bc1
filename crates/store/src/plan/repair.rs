//! Plans the repair of rows that fail a check. Nothing irrecoverable is destroyed: what is removed is part of the plan,
//! so that it can be shown and kept.

use std::collections::BTreeMap;

use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::policy::Policy;
use ipcascade_core::special_purpose::special_purpose;
use ipcascade_core::store::RepairChange;
use ipcascade_core::store::{AddressRow, AsnRow, Check, HistoryRow, SeenRange};
use serde_json::{Value, json};

use crate::plan::backfill::AsnSums;
use crate::plan::row_audit::{AuditedRow, RowAudit, audit_row};
use crate::plan::twins;
use crate::session_count::SessionCount;
use crate::stored::{AuditedAddress, HistoryState, SessionSource, StoredAsn, count};

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

/// The planned repair of the rows of one address.
#[derive(Clone, Debug)]
pub struct AddressRepair {
    /// The new row, under its canonical key.
    pub row: AddressRow,
    /// The new numbers of its sessions.
    pub sessions: SessionCount,
    /// Keys in other spellings, whose rows become this one.
    pub odd_keys: Vec<String>,
    /// Whether a row already has the canonical key.
    pub has_canonical: bool,
    /// Whether the row itself has to be written.
    pub is_changed: bool,
    /// The attribution to add to the history.
    pub history: Option<HistoryRow>,
    /// The checks that the rows failed, as often as they did.
    pub repaired: Vec<Check>,
    /// The changes, with the previous values.
    pub changes: Vec<RepairChange>,
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

/// Plans the repair of `rows`, by address; rows that need no change are left out.
pub fn plan_repairs(rows: &[AuditedAddress], rules: &Rules<'_>) -> Vec<AddressRepair> {
    let mut by_address: BTreeMap<Address, Vec<&AuditedAddress>> = BTreeMap::new();
    for row in rows {
        if let Some(address) = row.row.address() {
            by_address.entry(address).or_default().push(row);
        }
    }
    by_address
        .into_iter()
        .filter(|(_, rows)| rows.iter().any(|row| needs_repair(row, rules)))
        .filter_map(|(address, rows)| plan_address(address, &rows, rules))
        .collect()
}

fn plan_address(
    address: Address,
    rows: &[&AuditedAddress],
    rules: &Rules<'_>,
) -> Option<AddressRepair> {
    let canonical = address.to_string();
    let has_canonical = rows.iter().any(|stored| stored.row.key == canonical);
    let mut before = rows.iter().filter_map(|stored| {
        let (row, _) = stored.row.decode()?;
        Some((row, stored.row.sessions, stored.session_rows))
    });
    let (mut row, mut sessions, mut session_rows) = before.next()?;
    for (other, count, other_rows) in before {
        row = twins::merged(row, other);
        sessions = SessionCount::merged((sessions, session_rows), (count, other_rows));
        session_rows += other_rows;
    }
    sessions = sessions.repaired(session_rows);
    row.session_count = sessions.total;
    // A row without times says nothing about those of the others.
    let known = rows.iter().filter_map(|stored| stored.row.seen());
    if let Some(seen) = known.reduce(|all, seen| all.and(seen)) {
        (row.first_seen, row.last_seen) = (seen.first, seen.last);
    }
    if row.first_seen > row.last_seen {
        std::mem::swap(&mut row.first_seen, &mut row.last_seen);
    }
    let document = row.enrichment.to_json();
    let stored_asn = match rows {
        // A number that is not an ASN has to be reported as such.
        [only] => only.row.current_asn,
        _ => row.current_asn.map(i64::from),
    };
    let found = audit_row(
        AuditedRow {
            key: &canonical,
            current_asn: stored_asn,
            document: Some(&document),
        },
        rules.policy,
        rules.holds,
    );
    let asn_before = row.current_asn;
    row.enrichment = found.document;
    row.current_asn = found.current_asn;
    let has_moved = row.current_asn != asn_before;
    if has_moved {
        row.asn_last_verified = Some(rules.now);
    }
    let faults: Vec<(&AuditedAddress, RowAudit)> = rows
        .iter()
        .map(|stored| (*stored, audit(stored, rules)))
        .collect();
    let mut repaired: Vec<Check> = faults
        .iter()
        .flat_map(|(stored, audit)| self::faults(stored, audit))
        .map(|(check, _)| check)
        .collect();
    let is_known = rows.iter().any(|stored| {
        stored.history == HistoryState::Current
            && stored.row.current_asn == row.current_asn.map(i64::from)
    });
    let history = row.current_asn.filter(|_| !is_known).map(|asn| {
        if !has_moved && !repaired.contains(&Check::HistoryMissing) {
            repaired.push(Check::HistoryMissing);
        }
        let source = found.source.filter(|_| has_moved);
        HistoryRow {
            address,
            asn,
            observed_at: observed_at(&row, has_moved, rules.now),
            verification_source: source.map(|source| source.as_str().to_owned()),
        }
    });
    let changes = match rows {
        [_] => faults
            .iter()
            .flat_map(|(stored, audit)| changes_of(stored, audit, &row, sessions))
            .collect(),
        // If there are two sections with one name, or two attributions, one stays: everything else is kept in the log.
        _ => rows
            .iter()
            .map(|stored| merged_into(stored, &canonical))
            .collect(),
    };
    let is_changed = rows.len() > 1 || repaired.iter().any(|check| !is_beside_the_row(*check));
    Some(AddressRepair {
        is_changed,
        odd_keys: rows
            .iter()
            .map(|stored| stored.row.key.clone())
            .filter(|key| *key != canonical)
            .collect(),
        row,
        sessions,
        has_canonical,
        history,
        repaired,
        changes,
    })
}

/// Checks whose repair writes other rows than that of the address.
const fn is_beside_the_row(check: Check) -> bool {
    matches!(check, Check::HistoryMissing)
}

/// When an unrecorded attribution was observed: as late as the row proves.
fn observed_at(row: &AddressRow, has_moved: bool, now: Timestamp) -> Timestamp {
    match has_moved {
        true => now,
        false => attributed_since(row),
    }
}

/// When the current AS of an address was observed, as far as its row shows.
pub fn attributed_since(row: &AddressRow) -> Timestamp {
    row.asn_last_verified
        .or(row.enrichment_updated_at)
        .unwrap_or(row.first_seen)
}

/// The changes of a row, check by check, with the previous values.
fn changes_of(
    stored: &AuditedAddress,
    audit: &RowAudit,
    after: &AddressRow,
    sessions: SessionCount,
) -> Vec<RepairChange> {
    let document_before = |name: &str| {
        let document = stored.row.decode().map(|(row, _)| row.enrichment);
        document
            .and_then(|document| serde_json::to_value(document).ok())
            .and_then(|document| document.get(name).cloned())
            .unwrap_or_default()
    };
    let change = |check: Check| {
        let (before, after) = match check {
            Check::AddressSpelling => (
                json!({"ip_address": stored.row.key, "current_asn": stored.row.current_asn}),
                json!({"ip_address": after.address, "current_asn": after.current_asn}),
            ),
            Check::AsnRowMissing | Check::Attribution | Check::BogonAttributed => (
                json!({"current_asn": stored.row.current_asn}),
                json!({"current_asn": after.current_asn}),
            ),
            Check::SessionCount => (counts(stored.row.sessions), counts(sessions)),
            Check::SeenOrder => (
                json!({"first_seen": stored.row.first_seen, "last_seen": stored.row.last_seen}),
                json!({"first_seen": after.first_seen, "last_seen": after.last_seen}),
            ),
            Check::SectionPrefix => {
                let removed = audit.removed.iter();
                let sections = removed.map(|name| (name.clone(), document_before(name)));
                (
                    json!({"enrichment": sections.collect::<serde_json::Map<_, _>>()}),
                    Value::Null,
                )
            }
            Check::DocumentShape => (json!({"enrichment": stored.row.document}), Value::Null),
            _ => return None,
        };
        // A missing AS row is added: nothing is removed.
        (before != after).then(|| RepairChange {
            check,
            key: stored.row.key.clone(),
            before,
            after,
        })
    };
    faults(stored, audit)
        .into_iter()
        .filter_map(|(check, _)| change(check))
        .collect()
}

/// The whole of a row that is merged into another.
fn merged_into(stored: &AuditedAddress, canonical: &str) -> RepairChange {
    let row = &stored.row;
    RepairChange {
        check: Check::AddressSpelling,
        key: row.key.clone(),
        before: json!({
            "ip_address": row.key,
            "current_asn": row.current_asn,
            "asn_last_verified": row.asn_last_verified,
            "first_seen": row.first_seen,
            "last_seen": row.last_seen,
            "sessions": counts(row.sessions),
            "enrichment": row.document,
            "enrichment_updated_at": row.enrichment_updated_at,
        }),
        after: canonical.into(),
    }
}

fn counts(count: SessionCount) -> Value {
    json!({
        "session_count": count.total,
        "session_rows": count.rows,
        "sessions_without_row": count.without_row,
    })
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
