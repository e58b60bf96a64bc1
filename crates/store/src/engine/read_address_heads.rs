//! How the keys of addresses begin.

use async_trait::async_trait;

use crate::locking::Fallible;

/// Reads how the keys of addresses begin. Implemented for every [`SqlTx`](crate::sql::SqlTx).
#[async_trait]
pub trait ReadAddressHeads: Fallible {
    /// The distinct beginnings of the keys that begin with `under`: each up to and including the first `.` or `:` behind
    /// `under`, or the whole key if something else comes first. Each is found through the index of the keys, however
    /// many have it in common; `None` if that index is not in the order of bytes.
    async fn address_heads(&mut self, under: &str) -> Result<Option<Vec<String>>, Self::Error>;
}
