//! What was read from an object, or why nothing was.

use ipcascade_core::address::Address;
use ipcascade_core::clock::Timestamp;

use crate::record::Session;
use crate::times::BadTime;

/// What was read from an object.
#[derive(Debug, Default)]
pub(crate) struct Object<'a> {
    /// The address of an event; those of other objects are in [`FoundFields`].
    pub(crate) address: Option<Address>,
    pub(crate) is_event: bool,
    pub(crate) time: Option<Result<Timestamp, BadTime>>,
    pub(crate) session: Option<Session<'a>>,
    /// Why one of its addresses is invalid.
    pub(crate) refused: Option<String>,
}

/// Why there is no record.
#[derive(Debug)]
pub(crate) enum NoRecord {
    /// It cannot be read.
    Broken(String),
    /// It can be read, but has no address.
    NoAddress(String),
}
