//! Reads single rows, and how much is stored.

use std::collections::{BTreeSet, HashMap};

use futures::FutureExt as _;
use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::store::{AddressRow, AsnRow, HistoryRow, StoreResult, Totals};

use crate::engine::{Access, Engine, ReadAddresses as _, ReadAsns as _, ReadTotals as _};
use crate::locking::Lock;
use crate::stored_rows::{StoredAddress, StoredAsn, StoredHistory};

/// What is stored about each address, in the order of the question.
///
/// # Errors
///
/// If the store fails, as for all functions of this module.
pub async fn known<E: Engine>(
    engine: &E,
    addresses: &[Address],
) -> StoreResult<Vec<Option<AddressRow>>> {
    if addresses.is_empty() {
        return Ok(Vec::new());
    }
    let keys: BTreeSet<String> = addresses.iter().map(Address::to_string).collect();
    let keys: Vec<String> = keys.into_iter().collect();
    let read = async |keys: &[String]| {
        let mut tx = engine.begin(Access::Page).await?;
        tx.addresses(keys, Lock::No).await
    };
    let stored = engine.run("read addresses", || read(&keys).boxed());
    let rows = stored.await?;
    let rows = rows.iter().filter_map(StoredAddress::decode);
    let found: HashMap<Address, AddressRow> = rows.map(|(row, _)| (row.address, row)).collect();
    let row_of = |address| found.get(address).cloned();
    Ok(addresses.iter().map(row_of).collect())
}

/// The row of `asn`.
pub async fn asn<E: Engine>(engine: &E, asn: Asn) -> StoreResult<Option<AsnRow>> {
    let read = async || {
        let mut tx = engine.begin(Access::Page).await?;
        tx.asns(&[asn.into()], Lock::No).await
    };
    let rows = engine.run("read an AS", || read().boxed());
    Ok(rows.await?.first().and_then(StoredAsn::decode))
}

/// The attributions of `address`, oldest first.
pub async fn history<E: Engine>(engine: &E, address: Address) -> StoreResult<Vec<HistoryRow>> {
    let keys = [address.to_string()];
    let read = async |keys: &[String]| {
        let mut tx = engine.begin(Access::Page).await?;
        tx.history(keys).await
    };
    let stored = engine.run("read attributions", || read(&keys).boxed());
    let mut rows: Vec<HistoryRow> = stored
        .await?
        .iter()
        .flat_map(StoredHistory::decode)
        .collect();
    rows.sort_by_key(|row| (row.observed_at, row.asn));
    Ok(rows)
}

/// How much is stored, from one snapshot.
pub async fn totals<E: Engine>(engine: &E) -> StoreResult<Totals> {
    let read = async || {
        let mut tx = engine.begin(Access::Snapshot).await?;
        tx.totals().await
    };
    engine.run("count rows", || read().boxed()).await
}
