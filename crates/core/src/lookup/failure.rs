//! Why a look-up has no answer.

use std::sync::Arc;

use serde::Serialize;

use crate::clock::Timestamp;

/// Whether, and when, it is worth asking again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// It may succeed immediately or soon: a time-out, SERVFAIL, HTTP 5xx, a lost connection.
    Transient,
    /// This address will fail again: a record that cannot be decoded.
    Permanent,
    /// The service works, but the servers that it asks in turn about this address do not answer: the name servers of a
    /// zone. This is not held against the service.
    Upstream,
    /// The provider cannot work for the rest of the run: a refused key, a missing permission.
    Unusable,
    /// Asked too fast; ask again at the given time, or after a pause that the core chooses.
    RateLimited(Option<Timestamp>),
    /// The quota is used up; do not ask before the given time (if the provider named one).
    QuotaSpent(Option<Timestamp>),
}

impl FailureClass {
    /// The time until which the provider wants to be left alone, if it named one.
    pub const fn until(self) -> Option<Timestamp> {
        match self {
            Self::RateLimited(until) | Self::QuotaSpent(until) => until,
            Self::Transient | Self::Permanent | Self::Upstream | Self::Unusable => None,
        }
    }
}

/// Why a provider has no answer.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct LookupFailure {
    /// Whether it is worth trying again.
    pub class: FailureClass,
    /// What was tried, on what, and why it failed; never contains a secret. Cheap to clone, since a whole batch may
    /// share it.
    pub message: Arc<str>,
}

impl LookupFailure {
    /// A failure with a message for people.
    pub fn new(class: FailureClass, message: impl Into<Arc<str>>) -> Self {
        Self {
            class,
            message: message.into(),
        }
    }

    /// A failure that may not recur at the next try.
    pub fn transient(message: impl Into<Arc<str>>) -> Self {
        Self::new(FailureClass::Transient, message)
    }
}
