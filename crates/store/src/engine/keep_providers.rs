//! What is remembered of providers.

use async_trait::async_trait;

use crate::locking::{Fallible, Lock};
use crate::stored_rows::StoredProvider;

/// Keeps the state of providers. Implemented for every [`SqlTx`](crate::sql::SqlTx).
#[async_trait]
pub trait KeepProviders: Fallible {
    /// The stored state of a provider; also for one without any, and before the table exists. With [`Lock::Yes`] no
    /// other transaction changes it until this one ends.
    async fn provider(&mut self, name: &str, lock: Lock) -> Result<StoredProvider, Self::Error>;

    /// The names of providers with a stored state.
    async fn provider_names(&mut self) -> Result<Vec<String>, Self::Error>;

    /// Stores the state of a provider.
    async fn write_provider(
        &mut self,
        name: &str,
        provider: &StoredProvider,
    ) -> Result<(), Self::Error>;
}
