//! IPv6 addresses, which GreyNoise does not know.

use ipcascade_core::address::Address;
use ipcascade_core::lookup::{FailureClass, LookupFailure, Outcome};

/// One outcome for each of `addresses`: those of the IPv4 ones, and a refusal for the others, for which no call is
/// made.
pub(crate) fn with_ipv6_refused(addresses: &[Address], ipv4: Vec<Outcome>) -> Vec<Outcome> {
    let mut ipv4 = ipv4.into_iter();
    let refuse =
        |problem: &str| Outcome::Failed(LookupFailure::new(FailureClass::Permanent, problem));
    let outcome = |address: &Address| {
        if address.is_ipv4() {
            ipv4.next().unwrap_or_else(|| refuse("not answered"))
        } else {
            refuse("GreyNoise knows IPv4 only")
        }
    };
    addresses.iter().map(outcome).collect()
}
