//! What processes that share a store agree on.

mod claims;
mod providers;
mod turns;

pub use claims::{claim, count_due, plain_name, release};
pub use providers::{count_usage, defer_provider, provider_state, reserve, resume_provider};
pub use turns::{end_turn, take_turn};
