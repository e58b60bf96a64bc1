//! Locks the rows to be written, and checks that they are as they were read.

use std::collections::{BTreeMap, BTreeSet};

use ipcascade_core::store::{AddressRecord, HistoryRow, SessionRecord};
use ipcascade_core::transfer::{Changes, TransferRecord};

use crate::engine::{AuditRows as _, Engine, ReadSessions as _};
use crate::locking::{EngineError as _, Lock};
use crate::stored_rows::{AuditedAddress, DocumentedSession};

/// Locks the addresses to be written, including those that get a history.
pub(super) async fn lock_addresses<E: Engine>(
    tx: &mut E::Tx,
    changes: &Changes<AddressRecord>,
    history: &[HistoryRow],
    before: &[AuditedAddress],
) -> Result<(), E::Error> {
    let touched = changes.new.iter().chain(&changes.changed);
    let dated = history.iter().map(|row| row.address.to_string());
    let keys: BTreeSet<String> = touched.map(TransferRecord::key_text).chain(dated).collect();
    let before = before
        .iter()
        .filter(|stored| keys.contains(&stored.row.key));
    let keys: Vec<String> = keys.iter().cloned().collect();
    if !keys.is_empty() && !tx.audited(&keys, Lock::Yes).await?.iter().eq(before) {
        return Err(E::Error::overtaken());
    }
    Ok(())
}

/// Locks the sessions to be overwritten.
pub(super) async fn lock_sessions<E: Engine>(
    tx: &mut E::Tx,
    changes: &Changes<SessionRecord>,
    before: &[DocumentedSession],
) -> Result<(), E::Error> {
    let ids: BTreeSet<String> = changes.changed.iter().map(TransferRecord::key).collect();
    let is_touched = |stored: &&DocumentedSession| {
        let id = stored.row.session_id.as_ref();
        id.is_some_and(|id| ids.contains(id))
    };
    let before = before.iter().filter(is_touched);
    let before: BTreeMap<_, _> = before
        .map(|stored| (&stored.row.session_id, &stored.row))
        .collect();
    let ids: Vec<String> = ids.iter().cloned().collect();
    let again = tx.sessions(&ids, Lock::Yes).await?;
    let again: BTreeMap<_, _> = again.iter().map(|row| (&row.session_id, row)).collect();
    if again != before {
        return Err(E::Error::overtaken());
    }
    Ok(())
}
