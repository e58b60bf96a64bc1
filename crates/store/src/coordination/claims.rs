//! Claims of due addresses.
//!
//! An engine finds candidates by SQL that sees less of odd documents; [`DueQuery::matches`] decides on each row.

use std::collections::HashMap;

use chrono::TimeDelta;
use futures::FutureExt as _;
use ipcascade_core::address::Address;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::special_purpose::special_purpose;
use ipcascade_core::store::{AddressRow, DueQuery, StoreResult, WorkClaim};

use crate::engine::{Access, Candidates, ClaimAddresses as _, Engine, Lease, Tx};
use crate::locking::{Lock, Locking};
use crate::stored_rows::StoredAddress;

/// Claims addresses that are due, oldest first.
///
/// # Errors
///
/// If the store fails; nothing is claimed then.
pub async fn claim<E: Engine>(engine: &E, claim: &WorkClaim<'_>) -> StoreResult<Vec<AddressRow>> {
    if claim.limit == 0 || claim.due.sections.is_empty() {
        return Ok(Vec::new());
    }
    engine.index_due(&claim.due).await?;
    // In a transaction of its own: with its locks held, two claims could deadlock.
    let now = claim.due.now;
    engine
        .run("end leases", || sweep(engine, now).boxed())
        .await?;
    engine
        .run("claim work", || claim_once(engine, claim).boxed())
        .await
}

async fn sweep<E: Engine>(engine: &E, now: Timestamp) -> Result<(), E::Error> {
    let mut tx = engine.begin(Access::Coordinate).await?;
    tx.end_leases_until(now).await?;
    tx.commit().await
}

async fn claim_once<E: Engine>(
    engine: &E,
    claim: &WorkClaim<'_>,
) -> Result<Vec<AddressRow>, E::Error> {
    let now = claim.due.now;
    let lease = TimeDelta::from_std(claim.lease).unwrap_or_else(|_| TimeDelta::days(36_500));
    let lease = Lease {
        owner: claim.owner,
        expires_at: now + lease,
    };
    let mut tx = engine.begin(Access::Coordinate).await?;
    // Rows that others hold come last: concurrent claims choose different ones.
    let mut passed_over = Vec::new();
    let mut claimed = claim_from(&mut tx, claim, lease, true, &mut passed_over).await?;
    if claimed.is_empty() && E::LOCKING == Locking::Rows {
        // Another program may hold a row briefly, which is not a reason to leave it undone.
        claimed = claim_from(&mut tx, claim, lease, false, &mut passed_over).await?;
    }
    tx.commit().await?;
    Ok(claimed)
}

async fn claim_from<T: Tx>(
    tx: &mut T,
    claim: &WorkClaim<'_>,
    lease: Lease<'_>,
    free_only: bool,
    passed_over: &mut Vec<String>,
) -> Result<Vec<AddressRow>, T::Error> {
    let limit = usize::try_from(claim.limit).unwrap_or(usize::MAX);
    let mut claimed: Vec<AddressRow> = Vec::new();
    while claimed.len() < limit {
        let wanted = limit - claimed.len();
        let candidates = Candidates {
            due: &claim.due,
            passed_over,
            free_only,
            limit: wanted,
        };
        let found = tx.candidates(candidates).await?;
        let were_all = found.len() < wanted;
        let mut due = Vec::new();
        for stored in found {
            let row = stored.decode().map(|(row, _)| row);
            match row.filter(|row| claim.due.matches(row)) {
                // Claimed addresses are released under their canonical spelling.
                Some(row) if row.address.to_string() == stored.key => due.push(row),
                _ => passed_over.push(stored.key),
            }
        }
        let leased = lease_due(tx, &claim.due, due, lease, free_only).await?;
        claimed.extend(leased);
        // Rows that are not locked are leased once in a transaction, in ascending order: in two rounds two processes
        // could deadlock.
        if were_all || (!free_only && !claimed.is_empty()) {
            break;
        }
    }
    Ok(claimed)
}

/// Leases `rows`; returns those that no other process has leased, and that are still due.
async fn lease_due<T: Tx>(
    tx: &mut T,
    due: &DueQuery<'_>,
    mut rows: Vec<AddressRow>,
    lease: Lease<'_>,
    are_locked: bool,
) -> Result<Vec<AddressRow>, T::Error> {
    let mut keys: Vec<String> = rows.iter().map(|row| row.address.to_string()).collect();
    keys.sort_unstable();
    let leased = tx.lease(&keys, lease, due.now).await?;
    rows.retain(|row| leased.contains(&row.address.to_string()));
    if are_locked || rows.is_empty() {
        return Ok(rows);
    }
    // Another process may have done a row that was not locked, between finding and leasing it.
    let leased: Vec<String> = leased.into_iter().collect();
    let stored = tx.addresses(&leased, Lock::No).await?;
    let stored = stored.iter().filter_map(StoredAddress::decode);
    let present: HashMap<Address, AddressRow> = stored
        .map(|(row, _)| (row.address, row))
        .filter(|(_, row)| due.matches(row))
        .filter(|(_, row)| !due.unattributed_only || row.current_asn.is_none())
        .collect();
    let done: Vec<String> = rows
        .iter()
        .filter(|row| !present.contains_key(&row.address))
        .map(|row| row.address.to_string())
        .collect();
    tx.end_leases(lease.owner, &done).await?;
    let now_due = |row: AddressRow| present.get(&row.address).cloned();
    Ok(rows.into_iter().filter_map(now_due).collect())
}

/// Counts the addresses that are due, as far as an engine can tell without reading their documents.
///
/// # Errors
///
/// If the store fails.
pub async fn count_due<E: Engine>(engine: &E, due: &DueQuery<'_>) -> StoreResult<u64> {
    if due.sections.is_empty() {
        return Ok(0);
    }
    engine
        .run("count work", || count_once(engine, due).boxed())
        .await
}

async fn count_once<E: Engine>(engine: &E, due: &DueQuery<'_>) -> Result<u64, E::Error> {
    let mut count = 0;
    let mut tx = engine.begin(Access::Snapshot).await?;
    tx.scan_due(due, &mut |key| {
        let is_global = |address| special_purpose(address).is_none();
        count += u64::from(canonical(key).is_some_and(is_global));
    })
    .await?;
    Ok(count)
}

/// The address of a key in canonical spelling.
fn canonical(key: &str) -> Option<Address> {
    let address: Address = key.parse().ok()?;
    (address.to_string() == key).then_some(address)
}

/// Ends the leases of `owner` on `addresses`.
///
/// # Errors
///
/// If the store fails.
pub async fn release<E: Engine>(engine: &E, owner: &str, addresses: &[Address]) -> StoreResult<()> {
    if addresses.is_empty() {
        return Ok(());
    }
    let mut keys: Vec<String> = addresses.iter().map(Address::to_string).collect();
    keys.sort_unstable();
    keys.dedup();
    let once = async |keys: &[String]| {
        let mut tx = engine.begin(Access::Coordinate).await?;
        tx.end_leases(owner, keys).await?;
        tx.commit().await
    };
    engine.run("release work", || once(&keys).boxed()).await
}
