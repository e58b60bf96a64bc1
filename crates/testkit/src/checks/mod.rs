//! The checks: each panics with what is wrong if the provider breaks its contract.

mod answers;
mod asked_addresses;
mod concurrency;
mod confinement;
mod failures;
mod messages;

pub use answers::{
    alone_or_together, batch_order, duplicates, ipv6, prefixes_as_answered, steady_version,
};
pub use asked_addresses::{non_global_withheld, only_what_is_asked};
pub use concurrency::{cancellation, concurrency};
pub use confinement::{no_blocking_sleep, offline_sends_nothing};
pub use failures::failures_classified;
pub use messages::{no_secrets, settings_errors_named};

pub use crate::declarations::{declaration, fields_as_declared};
