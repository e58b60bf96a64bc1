//! Records session events without a source address.

use std::collections::BTreeSet;

use futures::FutureExt as _;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::{Placed, SessionUpdate, StoreErrorKind, StoreResult, WriteReport};

use crate::engine::{Access, Engine, Tx, WriteSessions as _};
use crate::plan::{Unplaced, plan_unplaced, unplaced_keys};
use crate::record::known_sessions::read_sessions;
use crate::record::nul_removal::without_nul_in;
use crate::record::repertoire::{Sieve, of_sessions};

const ACTION: &str = "record events of sessions";

/// Records sessions without a source address: in rows without an address, until events with one come. Sessions that are
/// stored with an address are returned as updates of it, and not recorded.
///
/// # Errors
///
/// If the store fails; nothing is recorded then.
pub async fn record_unplaced<E: Engine>(
    engine: &E,
    sessions: &[SessionUpdate],
    now: Timestamp,
) -> StoreResult<Placed> {
    let mut sessions = sessions.to_vec();
    sessions.iter_mut().for_each(without_nul_in);
    let error = match recorded(engine, &sessions, now).await {
        Err(error) if error.kind == StoreErrorKind::Unfit => error,
        recorded => return recorded,
    };
    let unfit = engine.unfit(&of_sessions(&sessions)).await?;
    let mut sieve = Sieve::new(&unfit);
    sieve.sessions(&mut sessions);
    if sieve.left_out == 0 {
        return Err(error);
    }
    let mut placed = recorded(engine, &sessions, now).await?;
    placed.written.values_left_out += sieve.left_out;
    Ok(placed)
}

async fn recorded<E: Engine>(
    engine: &E,
    sessions: &[SessionUpdate],
    now: Timestamp,
) -> StoreResult<Placed> {
    let keys: BTreeSet<String> = unplaced_keys(sessions).collect();
    let keys: Vec<String> = keys.into_iter().collect();
    let keys = &keys;
    engine
        .run(ACTION, || once(engine, keys, sessions, now).boxed())
        .await
}

async fn once<E: Engine>(
    engine: &E,
    keys: &[String],
    sessions: &[SessionUpdate],
    now: Timestamp,
) -> Result<Placed, E::Error> {
    let mut tx = engine.begin(Access::Write).await?;
    let existing = read_sessions(&mut tx, keys).await?;
    let Unplaced { sessions, placed } = plan_unplaced(sessions, existing);
    let (mut new, old): (Vec<_>, Vec<_>) = sessions.iter().partition(|session| session.is_new());
    if tx.sessions_need_sources() && !new.is_empty() {
        tracing::warn!(
            sessions = new.len(),
            "sessions that do not say where they are from are left out: the column `source_ip` of the adopted table must \
             have a value; read their other events first"
        );
        new.clear();
    }
    let written = WriteReport {
        sessions_new: new.len() as u64,
        sessions_updated: old.len() as u64,
        ..WriteReport::default()
    };
    let new: Vec<_> = new.into_iter().map(|session| &session.row).collect();
    tx.insert_sessions(&new).await?;
    let old: Vec<_> = old.into_iter().map(|session| &session.row).collect();
    tx.update_sessions(&old, now).await?;
    tx.commit().await?;
    Ok(Placed {
        written,
        updates: placed,
    })
}
