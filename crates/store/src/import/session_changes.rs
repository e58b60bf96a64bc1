//! The rows of sessions that an import writes.

use std::collections::BTreeSet;

use ipcascade_core::store::SessionRecord;
use ipcascade_core::transfer::{Changes, TransferRecord, changes};

use crate::copy_source::session_record;
use crate::stored_rows::DocumentedSession;

/// The changes to write for sessions.
pub(super) fn session_changes(
    rows: Vec<SessionRecord>,
    before: &[DocumentedSession],
) -> Changes<SessionRecord> {
    let stored: Vec<SessionRecord> = before.iter().flat_map(session_record).collect();
    let mut changes = changes(rows, &stored);
    // A row that cannot be copied, such as one whose source is not an address, exists nevertheless.
    let ids = before
        .iter()
        .filter_map(|stored| stored.row.session_id.as_ref());
    let there: BTreeSet<&String> = ids.collect();
    let is_there = |record: &SessionRecord| there.contains(&record.row.session_id);
    let (over, new): (Vec<_>, Vec<_>) = changes.new.into_iter().partition(is_there);
    changes.new = new;
    changes.changed.extend(over);
    changes.changed.sort_unstable_by_key(TransferRecord::key);
    changes
}
