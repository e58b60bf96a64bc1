//! Plans the repair of addresses whose rows fail a check. Nothing irrecoverable is destroyed: what is removed is part of
//! the plan, so that it can be shown and kept.

use std::collections::BTreeMap;

use ipcascade_core::address::Address;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::{AddressRow, Check, HistoryRow, RepairChange};
use serde_json::{Value, json};

use crate::plan::repair::{Rules, audit, faults, needs_repair};
use crate::plan::row_audit::{AuditedRow, RowAudit, audit_row};
use crate::plan::twins;
use crate::session_count::SessionCount;
use crate::stored_rows::{AuditedAddress, HistoryState};

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
    let (mut row, sessions) = merged_row(rows)?;
    let found = audit_merged(&row, &canonical, rows, rules);
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
    let is_known = is_known(&row, rows);
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
        odd_keys: odd_keys(rows, &canonical),
        row,
        sessions,
        has_canonical,
        history,
        repaired,
        changes,
    })
}

/// The one row that the rows of an address become, with the numbers of its sessions; its document and attribution are
/// not audited yet.
fn merged_row(rows: &[&AuditedAddress]) -> Option<(AddressRow, SessionCount)> {
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
    Some((row, sessions))
}

/// Audits the row that `rows` have become.
fn audit_merged(
    row: &AddressRow,
    canonical: &str,
    rows: &[&AuditedAddress],
    rules: &Rules<'_>,
) -> RowAudit {
    let document = row.enrichment.to_json();
    let stored_asn = match rows {
        // A number that is not an ASN has to be reported as such.
        [only] => only.row.current_asn,
        _ => row.current_asn.map(i64::from),
    };
    audit_row(
        AuditedRow {
            key: canonical,
            current_asn: stored_asn,
            document: Some(&document),
        },
        rules.policy,
        rules.holds,
    )
}

/// Whether the history has the attribution of the repaired row.
fn is_known(row: &AddressRow, rows: &[&AuditedAddress]) -> bool {
    rows.iter().any(|stored| {
        stored.history == HistoryState::Current
            && stored.row.current_asn == row.current_asn.map(i64::from)
    })
}

fn odd_keys(rows: &[&AuditedAddress], canonical: &str) -> Vec<String> {
    rows.iter()
        .map(|stored| stored.row.key.clone())
        .filter(|key| *key != canonical)
        .collect()
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
