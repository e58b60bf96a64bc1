//! What operations write of sessions.

use async_trait::async_trait;
use ipcascade_core::asn::Asn;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::country::CountryCode;
use ipcascade_core::store::SessionRow;

use crate::locking::Fallible;

/// The snapshot for older sessions of an address that gets its first answers.
#[derive(Clone, Debug)]
pub struct SessionSnapshot {
    /// The address.
    pub source: String,
    /// Its origin AS.
    pub asn: Option<Asn>,
    /// Its country.
    pub country: Option<CountryCode>,
}

/// Writes sets of session rows.
#[async_trait]
pub trait WriteSessions: Fallible {
    /// Adds new sessions.
    ///
    /// # Errors
    ///
    /// [`EngineError::overtaken`](crate::EngineError::overtaken) if one exists.
    async fn insert_sessions(&mut self, rows: &[&SessionRow]) -> Result<(), Self::Error>;

    /// Writes existing sessions.
    async fn update_sessions(
        &mut self,
        rows: &[&SessionRow],
        now: Timestamp,
    ) -> Result<(), Self::Error>;

    /// Writes documents of other programs, as text, into existing sessions. A column that must not be empty gets an
    /// empty object for none.
    async fn write_session_documents(
        &mut self,
        documents: &[(String, Option<String>)],
    ) -> Result<(), Self::Error>;

    /// Sets the snapshot of sessions that have none.
    async fn take_snapshots(
        &mut self,
        snapshots: &[SessionSnapshot],
        now: Timestamp,
    ) -> Result<(), Self::Error>;
}
