//! Address rows for sources of sessions that have none.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ipcascade_core::address::Address;
use ipcascade_core::store::{AddressRow, Check, RepairOptions};

use crate::asn_rows;
use crate::asn_rows::ATTEMPTS;
use crate::counting::add_to_asns;
use crate::deltas::{AsnDeltas, Share};
use crate::engine::{
    AuditRows as _, CountedAddress, Engine, ReadSessions as _, RespellAddresses as _, Tx as _,
    WriteAddresses as _,
};
use crate::locking::{EngineError as _, Lock};
use crate::plan::{row_for_sessions, seen_of, sources_by_address};
use crate::repair::locking_mode::access;
use crate::repair::repaired_batch::{RepairedBatch, RepairedPage};
use crate::repair::session_locks::{is_canonical, lock_sessions_of};
use crate::session_count::SessionCount;
use crate::stored_rows::{AuditedAddress, SessionSource};

/// Adds address rows for the next sources of sessions that have none, or moves their sessions to the row of the same
/// address.
pub(super) async fn add_sources<E: Engine>(
    engine: &E,
    options: &RepairOptions<'_>,
    after: Option<&str>,
) -> RepairedPage<E::Error> {
    let mut made = BTreeSet::new();
    for _ in 0..ATTEMPTS {
        let mut tx = engine.begin(access(options)).await?;
        let sources = tx.orphan_sources(after, options.batch_size.max(1)).await?;
        let mut done = RepairedBatch::default();
        let Some(last) = sources.last().map(|source| source.key.clone()) else {
            return Ok((done, None));
        };
        let by_address = sources_by_address(&sources);
        let sessions = by_address.values().flatten().map(|source| source.sessions);
        done.note(Check::SessionAddressMissing, sessions.sum());
        if options.dry_run {
            return Ok((done, Some(last)));
        }
        let moved = || by_address.values().flatten().map(|source| &source.key);
        lock_sessions_of::<E>(&mut tx, moved().filter(|key| !is_canonical(key))).await?;
        let mut keys: Vec<String> = by_address.keys().map(ToString::to_string).collect();
        keys.sort_unstable();
        let before = tx.audited(&keys, Lock::Yes).await?;
        let (mut rows, mut deltas) = with_sources(&by_address, &before, options);
        let wanted = deltas.rows(options.now).map(|row| (row.asn, row)).collect();
        let ready = asn_rows::ensure(engine, tx, &wanted, options.now, &mut made).await?;
        let Some(mut tx) = ready else { continue };
        let there: BTreeSet<&str> = before
            .iter()
            .map(|stored| stored.row.key.as_str())
            .collect();
        let is_new = |(row, _): &&(AddressRow, SessionCount)| {
            !there.contains(row.address.to_string().as_str())
        };
        // The rows come first, for sessions to refer to.
        let new: Vec<_> = rows.iter().filter(is_new).collect();
        tx.insert_addresses(&counted(&new), options.now).await?;
        for (address, sources) in &by_address {
            let canonical = address.to_string();
            for source in sources.iter().filter(|source| source.key != canonical) {
                tx.merge_address(&source.key, &canonical).await?;
            }
        }
        // More may have come before they were locked.
        let stored = tx.session_rows(&keys).await?;
        for (row, sessions) in &mut rows {
            let stored = stored.get(&row.address.to_string()).copied();
            let right = stored.map_or(*sessions, |stored| sessions.repaired(stored));
            let share = |sessions| Some(Share::of_row(row, sessions));
            deltas.replace(share(*sessions), share(right));
            *sessions = right;
        }
        tx.update_addresses(&counted(&rows.iter().collect::<Vec<_>>()), options.now)
            .await?;
        add_to_asns(&mut tx, &deltas, options.now).await?;
        tx.commit().await?;
        return Ok((done, Some(last)));
    }
    Err(E::Error::overtaken())
}

fn counted<'r>(rows: &[&'r (AddressRow, SessionCount)]) -> Vec<CountedAddress<'r>> {
    let counted = |&(row, sessions): &&'r (AddressRow, SessionCount)| CountedAddress {
        row,
        sessions: Some(*sessions),
    };
    rows.iter().map(counted).collect()
}

/// The rows of addresses that get sessions, in ascending order of their keys, with the changes of the counts. The
/// program that wrote a row counted what was stored then: what is stored now counts.
fn with_sources(
    by_address: &BTreeMap<Address, Vec<&SessionSource>>,
    before: &[AuditedAddress],
    options: &RepairOptions<'_>,
) -> (Vec<(AddressRow, SessionCount)>, AsnDeltas) {
    let stored: HashMap<&str, &AuditedAddress> = before
        .iter()
        .map(|stored| (stored.row.key.as_str(), stored))
        .collect();
    let mut deltas = AsnDeltas::default();
    let mut rows = BTreeMap::new();
    for (&address, sources) in by_address {
        let key = address.to_string();
        let coming = sources.iter().map(|source| source.sessions).sum::<u64>();
        let seen = seen_of(sources);
        let stored = stored.get(key.as_str());
        let Some((mut row, stored)) = stored.and_then(|s| Some((s.row.decode()?.0, s))) else {
            let row = row_for_sessions(address, seen, options.now);
            let sessions = SessionCount::of_rows(coming);
            deltas.replace(None, Some(Share::of_row(&row, sessions)));
            rows.insert(key, (row, sessions));
            continue;
        };
        if let Some(seen) = seen {
            let seen = stored.row.seen().map_or(seen, |known| known.and(seen));
            (row.first_seen, row.last_seen) = (seen.first, seen.last);
        }
        let sessions = stored.row.sessions.repaired(stored.session_rows + coming);
        let share = Share::of_row(&row, sessions);
        deltas.replace(Some(Share::from(&stored.row)), Some(share));
        rows.insert(key, (row, sessions));
    }
    (rows.into_values().collect(), deltas)
}
