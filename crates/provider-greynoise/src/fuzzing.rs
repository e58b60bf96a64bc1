//! What the targets of `fuzz/` call beside the interface; not part of it, and only built with `--cfg fuzzing`.

use ipcascade_core::address::Address;
use ipcascade_core::lookup::Outcome;
use ipcascade_http::Reply;

use crate::answer;
use crate::declaration::SERVICE;

fn reply(is_not_found: bool, body: &[u8]) -> Reply {
    Reply::new(&SERVICE, is_not_found, body.to_vec())
}

/// Reads the answer of the community call.
pub fn community(address: Address, is_not_found: bool, body: &[u8]) -> Outcome {
    answer::community(address, &reply(is_not_found, body))
}

/// Reads the answer of a call for one address.
pub fn single(address: Address, is_not_found: bool, body: &[u8]) -> Outcome {
    answer::single(address, &reply(is_not_found, body))
}

/// Reads the answer of the call for many addresses.
pub fn multi(addresses: &[Address], body: &[u8]) -> Vec<Outcome> {
    answer::multi(addresses, &reply(false, body))
}
