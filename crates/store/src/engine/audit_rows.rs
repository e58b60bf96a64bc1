//! What checks and repairs read, each database in a way of its own.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::Value;

use crate::locking::{Fallible, Lock};
use crate::plan::AsnSums;
use crate::stored_rows::AuditedAddress;

/// Reads rows with what checks and repairs need to know.
#[async_trait]
pub trait AuditRows: Fallible {
    /// Those of `keys` whose address rows no other transaction holds, or that do not exist; all of them where a writer
    /// locks the database.
    async fn free_addresses(&mut self, keys: &[String]) -> Result<Vec<String>, Self::Error>;

    /// Addresses with these keys, with what a repair needs to know of other tables, as of when the rows are locked.
    async fn audited(
        &mut self,
        keys: &[String],
        lock: Lock,
    ) -> Result<Vec<AuditedAddress>, Self::Error>;

    /// The next addresses after the position that was returned with the previous ones, in an order of the engine's own
    /// that is stable across transactions; with their last position, `None` if there are no more.
    async fn audited_page(
        &mut self,
        after: Option<&str>,
        limit: u64,
    ) -> Result<(Vec<AuditedAddress>, Option<String>), Self::Error>;

    /// Passes every address to `visit`, in any order.
    async fn scan_addresses(
        &mut self,
        visit: &mut (dyn FnMut(AuditedAddress) + Send),
    ) -> Result<(), Self::Error>;

    /// The sums of the addresses of each of `numbers`; an entry for each, even if it is zero.
    async fn asn_sums(&mut self, numbers: &[i64]) -> Result<BTreeMap<i64, AsnSums>, Self::Error>;

    /// An address row with every column, including those of other programs.
    async fn whole_address(&mut self, key: &str) -> Result<Option<Value>, Self::Error>;
}
