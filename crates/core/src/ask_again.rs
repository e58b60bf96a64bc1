//! How long to wait after a failure of a provider.
//!
//! | failure | next request | next question to the provider | next look-up of the address |
//! |---|---|---|---|
//! | transient | after [`FIRST_PAUSE`], then longer, as often as the provider declares | at once; after [`FAILURES`] in a row not for [`FIRST_REST`], then longer | after 10 minutes |
//! | asked too fast | when it says, if that is within [`LONGEST_WAIT`] | when it says, or after a minute | at the next run |
//! | quota spent | the same | when it says, or after a day; also in later runs and other processes | at the next run |
//! | unusable | no | not in this run | at the next run |
//! | upstream | no | at once | after a day |
//! | permanent | no | at once | after 7 days |
//!
//! Failures of the provider are not recorded for any address. Where a failure is recorded, runs respect
//! `_failures.<provider>.retry_at`.

use std::time::Duration;

use chrono::TimeDelta;

use crate::clock::Timestamp;
use crate::lookup::FailureClass;

/// The first pause before a request is retried after a transient failure.
pub(crate) const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest such pause.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// The longest pause requested by a provider for which a run waits; beyond that it continues without the provider. One
/// second more, since times are whole seconds.
pub const LONGEST_WAIT: Duration = Duration::from_secs(61);
/// How many such waits may follow each other without an answer; after that the run continues without the provider.
pub(crate) const MOST_WAITS: usize = 5;

/// The time from `now` until `until`, if it is short enough to wait for.
pub(crate) fn short(until: Timestamp, now: Timestamp) -> Option<Duration> {
    let wait = (until - now).to_std().unwrap_or_default();
    (wait <= LONGEST_WAIT).then_some(wait)
}

/// After this many failed requests in a row a provider is left alone.
pub(crate) const FAILURES: u32 = 5;
/// How long at first; twice as long after each failed probe.
pub(crate) const FIRST_REST: Duration = Duration::from_secs(15);
/// How long at most.
pub(crate) const LONGEST_REST: Duration = Duration::from_secs(600);

/// When a provider may be asked again after a failure that concerns more than its own address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AskAgain {
    /// At once.
    AtOnce,
    /// From this time on.
    From(Timestamp),
    /// From this time on, for every run and process.
    EverybodyFrom(Timestamp),
    /// Not in this run.
    NotInThisRun,
}

impl AskAgain {
    /// The time from which it may be asked, if known.
    pub(crate) const fn from(self) -> Option<Timestamp> {
        match self {
            Self::From(time) | Self::EverybodyFrom(time) => Some(time),
            Self::AtOnce | Self::NotInThisRun => None,
        }
    }
}

impl FailureClass {
    /// When the provider may be asked again.
    pub(crate) fn ask_again(self, now: Timestamp) -> AskAgain {
        match self {
            Self::Transient | Self::Permanent | Self::Upstream => AskAgain::AtOnce,
            Self::Unusable => AskAgain::NotInThisRun,
            Self::RateLimited(until) => {
                AskAgain::From(until.unwrap_or(now + TimeDelta::minutes(1)))
            }
            Self::QuotaSpent(until) => {
                AskAgain::EverybodyFrom(until.unwrap_or(now + TimeDelta::days(1)))
            }
        }
    }

    /// When the address may be looked up again.
    pub(crate) fn retry_at(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Transient => now + TimeDelta::minutes(10),
            Self::Unusable => now + TimeDelta::hours(1),
            Self::RateLimited(until) => until.unwrap_or(now + TimeDelta::minutes(15)),
            Self::QuotaSpent(until) => until.unwrap_or(now + TimeDelta::days(1)),
            Self::Upstream => now + TimeDelta::days(1),
            Self::Permanent => now + TimeDelta::days(7),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_not_due_before_its_provider_may_be_asked() {
        let now = crate::clock::parse_timestamp("2026-01-01").unwrap();
        let said = Some(now + TimeDelta::hours(3));
        for class in [
            FailureClass::Transient,
            FailureClass::Permanent,
            FailureClass::Upstream,
            FailureClass::Unusable,
            FailureClass::RateLimited(None),
            FailureClass::RateLimited(said),
            FailureClass::QuotaSpent(None),
            FailureClass::QuotaSpent(said),
        ] {
            let again = class.retry_at(now);
            match class.ask_again(now) {
                AskAgain::AtOnce | AskAgain::NotInThisRun => assert!(again > now),
                AskAgain::From(from) | AskAgain::EverybodyFrom(from) => assert!(again >= from),
            }
        }
    }
}
