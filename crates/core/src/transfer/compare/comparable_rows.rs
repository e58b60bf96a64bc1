//! How rows of each kind are compared.

use std::cmp::Ordering;

use crate::store::{
    AddressRecord, AsnRecord, AsnRow, HistoryRow, RecordKind, RecordSet, SessionRecord,
};
use crate::transfer::compare::findings::ComparisonFindings;
use crate::transfer::transfer_record::TransferRecord;

/// A row that is compared with that of another store.
pub(super) trait ComparableRecord: TransferRecord {
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
    fn compare_history(&self, _stored: &Self, _findings: &mut ComparisonFindings) {}
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

    fn compare_history(&self, stored: &Self, findings: &mut ComparisonFindings) {
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
                    *findings.comparison.equal.entry(kind).or_default() += 1;
                }
                Some(_) => findings.differ(kind, &key(row), |found| &mut found.different),
                None => findings.differ(kind, &key(row), |found| &mut found.missing),
            }
        }
        for row in &stored.history {
            if find(&self.history, row).is_none() {
                findings.differ(kind, &key(row), |found| &mut found.extra);
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
