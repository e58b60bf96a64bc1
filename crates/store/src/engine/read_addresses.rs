//! What operations read of addresses and of their history.

use std::collections::BTreeMap;

use async_trait::async_trait;
use ipcascade_core::asn::Asn;
use ipcascade_core::clock::Timestamp;

use crate::deltas::Share;
use crate::locking::{Fallible, Lock};
use crate::stored_rows::{StoredAddress, StoredHistory};

/// Reads addresses and their history. Implemented for every [`SqlTx`](crate::sql::SqlTx).
#[async_trait]
pub trait ReadAddresses: Fallible {
    /// Addresses with these keys.
    async fn addresses(
        &mut self,
        keys: &[String],
        lock: Lock,
    ) -> Result<Vec<StoredAddress>, Self::Error>;

    /// The contributions of addresses with these keys.
    async fn shares(
        &mut self,
        keys: &[String],
        lock: Lock,
    ) -> Result<BTreeMap<String, Share>, Self::Error>;

    /// Passes every address of `asns` to `visit`, in any order.
    async fn scan_addresses_of(
        &mut self,
        asns: &[Asn],
        visit: &mut (dyn FnMut(StoredAddress) + Send),
    ) -> Result<(), Self::Error>;

    /// The origin numbers of addresses, each with the number of addresses, whether it is a valid ASN or not, in
    /// ascending order; with `since` only those with an address whose row or document was updated then or later; with
    /// `new_first`, those without an AS row come first.
    async fn origins(
        &mut self,
        since: Option<Timestamp>,
        new_first: bool,
    ) -> Result<Vec<(i64, u64)>, Self::Error>;

    /// The attributions of addresses with these keys, in any order.
    async fn history(&mut self, keys: &[String]) -> Result<Vec<StoredHistory>, Self::Error>;
}
