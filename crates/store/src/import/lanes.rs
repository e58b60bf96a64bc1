//! The rows that each lane writes.

use ipcascade_core::store::{RecordSet, SessionRecord};

/// The rows that each lane writes; empty if one transaction writes all.
pub(super) fn parts(records: &RecordSet, lanes: usize) -> Vec<RecordSet> {
    fn deal<T: Clone>(rows: &[T], lanes: usize, lane: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
        let mut parts = vec![Vec::new(); lanes];
        for row in rows {
            if let Some(part) = parts.get_mut(lane(row)) {
                part.push(row.clone());
            }
        }
        parts
    }
    if lanes < 2 {
        return Vec::new();
    }
    let parts: Vec<RecordSet> = match records {
        RecordSet::Asns(_) => Vec::new(),
        RecordSet::Addresses(rows) => deal(rows, lanes, |record| record.row.address.lane(lanes))
            .into_iter()
            .map(RecordSet::Addresses)
            .collect(),
        RecordSet::Sessions(rows) => {
            let lane = |record: &SessionRecord| {
                let source = record.row.source_ip;
                source.map_or(0, |source| source.lane(lanes))
            };
            let parts = deal(rows, lanes, lane).into_iter();
            parts.map(RecordSet::Sessions).collect()
        }
    };
    parts.into_iter().filter(|part| !part.is_empty()).collect()
}
