//! Coordination of processes that share a store.

mod claims;
mod providers;
mod service_lock;

pub use claims::{claim, count_due, release};
pub use providers::{count_usage, defer_provider, provider_state, reserve, resume_provider};
pub use service_lock::{acquire_service_lock, release_service_lock};
