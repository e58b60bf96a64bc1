//! The boundary to the code of providers: a panic in it is a bug, but neither ends the run nor loses the answers of
//! others.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use futures::FutureExt as _;

use crate::address::Address;
use crate::lookup::{Answers, FailureClass, LookupFailure};
use crate::provider::Provider;

/// Asks `provider`; returns its permanent failure if it panics.
///
/// # Errors
///
/// The failure, which names the address. Of several it names none: they are counted together.
pub(crate) async fn look_up(
    provider: &dyn Provider,
    addresses: &[Address],
) -> Result<Answers, LookupFailure> {
    // A provider may be left in an inconsistent state by a panic, but no state of ours is shared with it.
    let asked = AssertUnwindSafe(async { provider.look_up(addresses).await });
    asked.catch_unwind().await.map_err(|panic| {
        let asked = match addresses {
            [address] => address.to_string(),
            several => format!("{} addresses at once", several.len()),
        };
        let name = provider.capabilities().name;
        let message = format!(
            "the provider `{name}` panicked, which is a bug, when it was asked for {asked}: {}",
            message_of(&*panic)
        );
        LookupFailure::new(FailureClass::Permanent, message)
    })
}

/// The message of a panic.
fn message_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("without a word")
}
