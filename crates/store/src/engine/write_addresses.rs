//! What operations write of addresses and of their history.

use async_trait::async_trait;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::{AddressRow, HistoryRow, SeenRange};

use crate::locking::Fallible;
use crate::session_count::SessionCount;

/// An address row to write, with the numbers of its sessions.
#[derive(Clone, Copy, Debug)]
pub struct CountedAddress<'a> {
    /// The row; its `session_count` is ignored.
    pub row: &'a AddressRow,
    /// The numbers of its sessions; `None` keeps the stored ones; a new row then has no sessions.
    pub sessions: Option<SessionCount>,
}

/// The changes of an address without new answers.
#[derive(Clone, Debug)]
pub struct Touched {
    /// The key of its row.
    pub key: String,
    /// When it was seen, if that changes.
    pub seen: Option<SeenRange>,
    /// The numbers of its sessions, if they change.
    pub sessions: Option<SessionCount>,
}

/// Writes sets of address rows, and attributions.
#[async_trait]
pub trait WriteAddresses: Fallible {
    /// Adds new addresses, with [`DOCUMENT_VERSION`](crate::DOCUMENT_VERSION).
    ///
    /// # Errors
    ///
    /// [`EngineError::overtaken`](crate::EngineError::overtaken) if one exists.
    async fn insert_addresses(
        &mut self,
        rows: &[CountedAddress<'_>],
        now: Timestamp,
    ) -> Result<(), Self::Error>;

    /// Writes existing addresses, with [`DOCUMENT_VERSION`](crate::DOCUMENT_VERSION).
    async fn update_addresses(
        &mut self,
        rows: &[CountedAddress<'_>],
        now: Timestamp,
    ) -> Result<(), Self::Error>;

    /// Writes only the times and the numbers of sessions of existing addresses. If only sessions change, `updated_at`
    /// stays.
    async fn touch_addresses(
        &mut self,
        touched: &[Touched],
        now: Timestamp,
    ) -> Result<(), Self::Error>;

    /// Writes the document format version of existing addresses.
    async fn write_versions(&mut self, versions: &[(String, String)]) -> Result<(), Self::Error>;

    /// Adds new attributions.
    async fn insert_history(&mut self, rows: &[&HistoryRow]) -> Result<(), Self::Error>;
}
