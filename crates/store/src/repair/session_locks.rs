//! Sessions of sources that are not spelled as an address is: they are locked before any address.

use std::collections::BTreeSet;

use ipcascade_core::address::Address;

use crate::engine::{Engine, ReadSessions as _, SessionsOf};
use crate::locking::{Lock, Locking};

pub(super) fn is_canonical(key: &str) -> bool {
    let address = key.parse::<Address>();
    address.is_ok_and(|address| address.to_string() == key)
}

/// Locks the sessions that are from `sources`, before any address.
pub(super) async fn lock_sessions_of<E: Engine>(
    tx: &mut E::Tx,
    sources: impl Iterator<Item = &String>,
) -> Result<(), E::Error> {
    let sources: BTreeSet<String> = sources.cloned().collect();
    if sources.is_empty() || E::LOCKING == Locking::Database {
        return Ok(());
    }
    let sources: Vec<String> = sources.into_iter().collect();
    let ids = tx.session_ids(&sources, SessionsOf::All).await?;
    tx.sessions(&ids, Lock::Yes).await?;
    Ok(())
}
