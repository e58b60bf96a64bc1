//! How fast, and by how many processes at a time, a service is asked.

mod pacer;
mod service_lock;

pub use pacer::Pacer;
pub(crate) use pacer::RUN_IS_ENDING;
pub use service_lock::{ServiceLock, ServiceLockGuard};
