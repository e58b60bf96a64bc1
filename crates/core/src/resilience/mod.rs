//! The layer around every online provider: rate limit, time-out, retries, circuit breaker, quota, coalescing, bounded
//! concurrency.
//!
//! [`Resilient`] wraps a provider and is one itself; providers only classify their failures
//! ([`FailureClass`](crate::lookup::FailureClass)). From the outside in:
//!
//! 1. **coalescing**: an address that is already being looked up is not looked up again;
//! 2. **gate**: nothing is asked while the quota is spent or the provider is unusable, and nothing while the circuit is
//!    open (except a probe);
//! 3. **retries** after transient failures, with exponential back-off and jitter;
//! 4. **concurrency**, **rate limit** and **time-out** for each single attempt, so that a retry waits like everything
//!    else.

mod attempt;
mod breaker;
mod coalesce;
mod counts;
mod gate;
mod outcomes;
mod retries;
mod usage;
mod wrapper;

pub use counts::LookupCounts;
pub use wrapper::{ResilienceOptions, Resilient};

pub use crate::ask_again::LONGEST_WAIT;

#[cfg(test)]
mod tests;
