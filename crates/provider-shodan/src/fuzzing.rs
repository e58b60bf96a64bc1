//! What the targets of `fuzz/` call beside the interface; not part of it, and only built with `--cfg fuzzing`.

use ipcascade_core::address::Address;
use ipcascade_core::lookup::{LookupFailure, Outcome};
use ipcascade_http::{LookUp as _, Reply};

use crate::declaration::SERVICE;
use crate::provider::InternetDb;

/// Reads an answer.
///
/// # Errors
///
/// If it is not one about `address`.
pub fn read(address: Address, is_not_found: bool, body: &[u8]) -> Result<Outcome, LookupFailure> {
    InternetDb.read(address, &Reply::new(&SERVICE, is_not_found, body.to_vec()))
}
