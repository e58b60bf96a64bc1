//! The circuit breaker: a provider that keeps failing is left alone for a while, then probed.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::ask_again;

/// When the circuit opens and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BreakerOptions {
    /// It opens after this many requests in a row have failed.
    pub(super) failures: u32,
    /// How long it stays open at first; twice as long after each failed probe.
    pub(super) first_pause: Duration,
    /// The longest time that it stays open.
    pub(super) longest_pause: Duration,
}

impl Default for BreakerOptions {
    fn default() -> Self {
        Self {
            failures: ask_again::FAILURES,
            first_pause: ask_again::FIRST_REST,
            longest_pause: ask_again::LONGEST_REST,
        }
    }
}

#[derive(Debug)]
enum BreakerState {
    Closed { failures: u32 },
    Open { until: Instant, pause: Duration },
    Probing { pause: Duration, since: Instant },
}

#[derive(Debug)]
pub(super) struct Breaker {
    options: BreakerOptions,
    state: Mutex<BreakerState>,
}

/// Whether a request may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// It may.
    Pass,
    /// It may not; the circuit stays open for this long.
    Refused(Duration),
}

impl Breaker {
    pub(super) const fn new(options: BreakerOptions) -> Self {
        Self {
            options,
            state: Mutex::new(BreakerState::Closed { failures: 0 }),
        }
    }

    /// Asks to make a request. In the half-open state one request passes as a probe; a probe that never reports (its
    /// caller was cancelled) is replaced after the pause.
    pub(super) fn admit(&self) -> Admission {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        match *state {
            BreakerState::Closed { .. } => Admission::Pass,
            BreakerState::Open { until, .. } if now < until => Admission::Refused(until - now),
            BreakerState::Open { pause, .. } => {
                *state = BreakerState::Probing { pause, since: now };
                Admission::Pass
            }
            BreakerState::Probing { pause, since } if now < since + pause => {
                Admission::Refused(since + pause - now)
            }
            BreakerState::Probing { pause, .. } => {
                *state = BreakerState::Probing { pause, since: now };
                Admission::Pass
            }
        }
    }

    /// Records that a request was answered.
    pub(super) fn succeeded(&self) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) =
            BreakerState::Closed { failures: 0 };
    }

    /// Records that a request failed; returns the pause if that opens the circuit.
    pub(super) fn failed(&self) -> Option<Duration> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let pause = match *state {
            BreakerState::Closed { failures } if failures + 1 < self.options.failures => {
                *state = BreakerState::Closed {
                    failures: failures + 1,
                };
                return None;
            }
            BreakerState::Closed { .. } => self.options.first_pause,
            BreakerState::Open { .. } => return None,
            BreakerState::Probing { pause, .. } => (pause * 2).min(self.options.longest_pause),
        };
        *state = BreakerState::Open {
            until: Instant::now() + pause,
            pause,
        };
        Some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_opens_probes_once_and_closes() {
        let options = BreakerOptions {
            failures: 2,
            ..BreakerOptions::default()
        };
        let breaker = Breaker::new(options);
        assert_eq!(breaker.failed(), None);
        breaker.succeeded();
        assert_eq!(breaker.failed(), None, "only failures in a row count");
        assert_eq!(breaker.failed(), Some(options.first_pause));
        assert_eq!(breaker.admit(), Admission::Refused(options.first_pause));
        tokio::time::advance(options.first_pause).await;
        assert_eq!(breaker.admit(), Admission::Pass);
        assert!(
            matches!(breaker.admit(), Admission::Refused(_)),
            "one probe at a time"
        );
        assert_eq!(breaker.failed(), Some(options.first_pause * 2));
        tokio::time::advance(options.first_pause * 2).await;
        assert_eq!(breaker.admit(), Admission::Pass);
        breaker.succeeded();
        assert_eq!(breaker.admit(), Admission::Pass);
    }
}
