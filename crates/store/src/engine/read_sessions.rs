//! What operations read of sessions.

use std::collections::BTreeMap;

use async_trait::async_trait;

use crate::locking::{Fallible, Lock};
use crate::stored_rows::{DocumentedSession, SessionSource, StoredSession};

/// Which sessions of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionsOf {
    /// All.
    All,
    /// Those without a snapshot.
    WithoutSnapshot,
}

/// Reads sessions. Implemented for every [`SqlTx`](crate::sql::SqlTx).
#[async_trait]
pub trait ReadSessions: Fallible {
    /// Sessions with these keys.
    async fn sessions(
        &mut self,
        keys: &[String],
        lock: Lock,
    ) -> Result<Vec<StoredSession>, Self::Error>;

    /// Sessions with these keys, with the documents that other programs have stored with them.
    async fn documented_sessions(
        &mut self,
        keys: &[String],
    ) -> Result<Vec<DocumentedSession>, Self::Error>;

    /// The keys of sessions from `sources`, in ascending order.
    async fn session_ids(
        &mut self,
        sources: &[String],
        of: SessionsOf,
    ) -> Result<Vec<String>, Self::Error>;

    /// The number of stored sessions from each of `sources` that has any.
    async fn session_rows(
        &mut self,
        sources: &[String],
    ) -> Result<BTreeMap<String, u64>, Self::Error>;

    /// Sources of sessions without an address row, after `after`, in ascending order.
    async fn orphan_sources(
        &mut self,
        after: Option<&str>,
        limit: u64,
    ) -> Result<Vec<SessionSource>, Self::Error>;
}
