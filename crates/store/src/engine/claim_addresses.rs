//! Addresses that are due, and leases.

use std::collections::BTreeSet;

use async_trait::async_trait;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::DueQuery;

use crate::locking::Fallible;
use crate::stored_rows::StoredAddress;

/// Which addresses to find for a claim.
#[derive(Clone, Copy, Debug)]
pub struct Candidates<'a> {
    /// Which are due.
    pub due: &'a DueQuery<'a>,
    /// Keys that turned out not to be due.
    pub passed_over: &'a [String],
    /// Whether to leave out rows that another transaction currently holds; if so, the rows are locked.
    pub free_only: bool,
    /// At most this many.
    pub limit: usize,
}

/// The owner of a lease, and its expiry.
#[derive(Clone, Copy, Debug)]
pub struct Lease<'a> {
    /// The owner.
    pub owner: &'a str,
    /// When other processes may claim the address.
    pub expires_at: Timestamp,
}

/// Finds addresses that are due, and leases them.
#[async_trait]
pub trait ClaimAddresses: Fallible {
    /// The first addresses that are due and not leased at `due.now`: the oldest sections first, or the addresses with
    /// the most sessions if look-ups are scarce. Rows that other transactions hold are left out, and the returned ones
    /// are locked, unless a writer locks the database.
    async fn candidates(
        &mut self,
        candidates: Candidates<'_>,
    ) -> Result<Vec<StoredAddress>, Self::Error>;

    /// Passes the key of every due address to `visit`, in any order.
    async fn scan_due(
        &mut self,
        due: &DueQuery<'_>,
        visit: &mut (dyn for<'k> FnMut(&'k str) + Send),
    ) -> Result<(), Self::Error>;

    /// Leases addresses that no other process has leased at `now`; returns the keys of the leased ones.
    async fn lease(
        &mut self,
        keys: &[String],
        lease: Lease<'_>,
        now: Timestamp,
    ) -> Result<BTreeSet<String>, Self::Error>;

    /// Ends the leases of `owner` on addresses.
    async fn end_leases(&mut self, owner: &str, keys: &[String]) -> Result<(), Self::Error>;

    /// Deletes leases that have expired at `now`, except those that another transaction holds.
    async fn end_leases_until(&mut self, now: Timestamp) -> Result<(), Self::Error>;
}
