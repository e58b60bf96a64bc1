//! Records a batch: in one transaction, or in parts if other programs hold some of its rows.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use ipcascade_core::address::Address;
use ipcascade_core::store::{AddressUpdate, Batch, More, StoreErrorKind, StoreResult, WriteReport};

use crate::engine::{Access, AuditRows as _, Engine};
use crate::locking::Locking;
use crate::record::nul_removal::without_nul;
use crate::record::repertoire::{Sieve, characters};
use crate::record::transaction::{once, together};

const ACTION: &str = "record a batch";

/// Records `batch` with exact statistics: in one transaction, or in several if other programs hold some of its rows,
/// which are then recorded last. If one writer at a time has the database, what `more` returns is recorded in the same
/// transaction, until it returns `None`; elsewhere it is not called.
///
/// # Errors
///
/// If the store fails; what was committed before stays, and no address is recorded in part.
pub async fn record<E: Engine>(
    engine: &E,
    batch: &Batch<'_>,
    more: &mut More<'_>,
) -> StoreResult<WriteReport> {
    if batch.updates.is_empty() {
        return Ok(WriteReport::default());
    }
    match E::LOCKING {
        Locking::Rows => in_parts(engine, batch).await,
        Locking::Database => {
            let report = together(engine, batch, more).await;
            report.map_err(|error| engine.explain(ACTION, error))
        }
    }
}

async fn in_parts<E: Engine>(engine: &E, batch: &Batch<'_>) -> StoreResult<WriteReport> {
    let started = Instant::now();
    let mut report = WriteReport::default();
    let made = Mutex::new(BTreeSet::new());
    let mut has_warned = false;
    let unfit = engine.known_unfit();
    let mut todo = vec![fitting(without_nul(batch.updates), &unfit, &mut report)];
    while let Some(updates) = todo.pop() {
        let part = Batch {
            updates: &updates,
            ..*batch
        };
        let begun = Instant::now();
        let recorded = engine
            .run(ACTION, || once(engine, part, &made).boxed())
            .await;
        let error = match recorded {
            Ok(written) => {
                report += written;
                continue;
            }
            Err(error) => error,
        };
        if error.kind == StoreErrorKind::Unfit {
            let unfit = engine.unfit(&characters(&updates)).await?;
            let fitting = fitting(updates.clone(), &unfit, &mut report);
            if fitting == updates {
                return Err(error);
            }
            todo.push(fitting);
            continue;
        }
        let has_given_way = error.kind == StoreErrorKind::Conflict && begun.elapsed() < GAVE_WAY;
        match is_one_address(&updates) {
            _ if !has_given_way => return Err(error),
            // The rest is what others hold: retrying it blocks nothing else.
            true if started.elapsed() < engine.retry_limit() => {
                if !std::mem::replace(&mut has_warned, true) {
                    tracing::warn!(%error, "a row is waited for: trying again");
                }
                todo.push(updates);
            }
            true => return Err(error),
            false => {
                let keys = keys_of(&updates);
                let free = engine
                    .run(ACTION, || free_addresses(engine, &keys).boxed())
                    .await?;
                todo.extend(apart(&updates, &free).into_iter().map(Cow::Owned));
            }
        }
    }
    report.asns_new = made.into_inner().map_or(0, |made| made.len() as u64);
    Ok(report)
}

/// The updates without what the encoding of the database cannot hold, which is counted.
fn fitting<'u>(
    updates: Cow<'u, [AddressUpdate]>,
    unfit: &BTreeSet<char>,
    report: &mut WriteReport,
) -> Cow<'u, [AddressUpdate]> {
    if unfit.is_empty() {
        return updates;
    }
    let mut sieve = Sieve::new(unfit);
    let fitting = sieve.updates(&updates);
    report.values_left_out += sieve.left_out;
    Cow::Owned(fitting)
}

/// A transaction that gives way has ended after this; one that takes longer has failed for another reason.
const GAVE_WAY: Duration = Duration::from_secs(30);

fn is_one_address(updates: &[AddressUpdate]) -> bool {
    let first = updates.first().map(|update| update.address);
    updates.iter().all(|update| Some(update.address) == first)
}

/// The keys of addresses, ascending.
fn keys_of(updates: &[AddressUpdate]) -> Vec<String> {
    let keys: BTreeSet<String> = updates
        .iter()
        .map(|update| update.address.to_string())
        .collect();
    keys.into_iter().collect()
}

async fn free_addresses<E: Engine>(
    engine: &E,
    keys: &[String],
) -> Result<HashSet<String>, E::Error> {
    // It waits for no row.
    let mut tx = engine.begin(Access::Write).await?;
    Ok(tx.free_addresses(keys).await?.into_iter().collect())
}

/// Splits updates into parts that do not block each other: free addresses at the end, so that they are taken first,
/// before them the others in halves. If all or none are free, something else is held, and the halves are those of all.
fn apart(updates: &[AddressUpdate], free: &HashSet<String>) -> Vec<Vec<AddressUpdate>> {
    let is_free = |update: &&AddressUpdate| free.contains(&update.address.to_string());
    let (free, held): (Vec<_>, Vec<_>) = updates.iter().partition(is_free);
    let halves = |updates: Vec<&AddressUpdate>| {
        let addresses: BTreeSet<Address> = updates.iter().map(|update| update.address).collect();
        let middle = addresses.iter().nth(addresses.len() / 2);
        let is_before = |update: &AddressUpdate| Some(&update.address) < middle;
        let (first, second): (Vec<_>, Vec<_>) = updates.into_iter().cloned().partition(is_before);
        [first, second]
    };
    let mut parts: Vec<Vec<AddressUpdate>> = match (free.is_empty(), held.is_empty()) {
        (false, false) => {
            let mut parts = Vec::from(halves(held));
            parts.push(free.into_iter().cloned().collect());
            parts
        }
        _ => halves(updates.iter().collect()).into(),
    };
    parts.retain(|part| !part.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update(number: u8) -> AddressUpdate {
        AddressUpdate::new(std::net::Ipv4Addr::new(11, 0, 0, number).into())
    }

    fn free(numbers: &[u8]) -> HashSet<String> {
        let keys = numbers
            .iter()
            .map(|&number| update(number).address.to_string());
        keys.collect()
    }

    #[test]
    fn what_is_held_is_parted_from_what_is_free_until_one_address_is_left() {
        let updates: Vec<AddressUpdate> = (1..=5).map(update).collect();
        let numbers =
            |parts: Vec<Vec<AddressUpdate>>| -> Vec<usize> { parts.iter().map(Vec::len).collect() };
        assert_eq!(numbers(apart(&updates, &free(&[1, 2, 4]))), [1, 1, 3]);
        assert_eq!(numbers(apart(&updates, &free(&[]))), [2, 3]);
        assert_eq!(numbers(apart(&updates, &free(&[1, 2, 3, 4, 5]))), [2, 3]);
        // Two updates of one address stay together.
        let twice = [update(1), update(1), update(2)];
        assert_eq!(numbers(apart(&twice, &free(&[]))), [2, 1]);
        assert!(is_one_address(&[update(1), update(1)]) && !is_one_address(&twice));
    }
}
