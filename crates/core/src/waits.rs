//! How long is waited after a failure of a provider.
//!
//! | failure | the request again | the provider again | the address again |
//! |---|---|---|---|
//! | transient | after [`FIRST_PAUSE`], then longer, as often as the provider declares | at once; after [`FAILURES`] in a row not for [`FIRST_REST`], then longer | after 10 minutes |
//! | asked too fast | when it says, if that is within [`LONGEST_WAIT`] | when it says, or after a minute | at the next run |
//! | quota spent | the same | when it says, or after a day; also in later runs and other processes | at the next run |
//! | unusable | no | not in this run | at the next run |
//! | upstream | no | at once | after a day |
//! | permanent | no | at once | after 7 days |
//!
//! What concerns the provider, and no address, is noted of no address. Where something is, runs go by
//! `_failures.<provider>.retry_at`.

use std::time::Duration;

use chrono::TimeDelta;

use crate::clock::Timestamp;
use crate::lookup::FailureClass;

/// The first pause before a request that failed transiently is made again.
pub(crate) const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest such pause.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// The longest time that a provider may ask to be left alone for and is waited for; further ahead, the run goes on without
/// it. A second more, since times are given in whole seconds.
pub const LONGEST_WAIT: Duration = Duration::from_secs(61);
/// How many such waits may follow each other without an answer; after that the run goes on without the provider.
pub(crate) const MOST_WAITS: usize = 5;

/// How long it is from `now` until `until`, if that is worth waiting for.
pub(crate) fn short(until: Timestamp, now: Timestamp) -> Option<Duration> {
    let wait = (until - now).to_std().unwrap_or_default();
    (wait <= LONGEST_WAIT).then_some(wait)
}

/// After so many failed requests in a row a provider is left alone.
pub(crate) const FAILURES: u32 = 5;
/// For how long at first; for twice as long after each probe that fails.
pub(crate) const FIRST_REST: Duration = Duration::from_secs(15);
/// For how long at most.
pub(crate) const LONGEST_REST: Duration = Duration::from_secs(600);

/// When a provider may be asked again after a failure that concerns more than its own address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AskAgain {
    /// At once.
    AtOnce,
    /// From this time on.
    From(Timestamp),
    /// From this time on, and no run or process asks before.
    EverybodyFrom(Timestamp),
    /// Not in this run.
    NotInThisRun,
}

impl AskAgain {
    /// From when on, if that is known.
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
