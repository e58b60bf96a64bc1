//! The stored sessions of a batch, locked.

use std::collections::HashMap;

use crate::engine::Tx;
use crate::locking::Lock;
use crate::plan::KnownSession;

pub(super) async fn read_sessions<T: Tx>(
    tx: &mut T,
    keys: &[String],
) -> Result<HashMap<String, KnownSession>, T::Error> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let stored = tx.sessions(keys, Lock::Yes).await?.into_iter();
    let known = stored.map(|stored| {
        let row = stored.decode();
        let source = stored.source_ip;
        (row.session_id.clone(), KnownSession { row, source })
    });
    Ok(known.collect())
}
