//! Leaving the lock to others after a long transaction.
//!
//! SQLite has no queue: a program that waits looks for the lock again and again, in the end every tenth of a second
//! (`sqliteDefaultBusyCallback`). A writer that begins anew as soon as it has committed would keep it out by chance,
//! and for as long as chance has it.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// A transaction that takes longer keeps others waiting.
const LONG: Duration = Duration::from_millis(500);
/// Longer than others wait between two looks.
const PAUSE: Duration = Duration::from_millis(110);

/// Until when this process leaves the lock to others.
#[derive(Debug, Default)]
pub(crate) struct GivingWay(Mutex<Option<Instant>>);

impl GivingWay {
    /// A transaction has ended that has had the lock since `begun`.
    pub(crate) fn ended(&self, begun: Instant) {
        let now = Instant::now();
        let until = (now - begun > LONG).then(|| now + PAUSE);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = until;
    }

    /// Before the next one begins.
    pub(crate) async fn wait(&self) {
        let until = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(until) = until {
            sleep_until(until).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_pause_follows_a_long_transaction_and_no_short_one() {
        let giving_way = GivingWay::default();
        let begun = Instant::now();
        giving_way.wait().await;
        tokio::time::advance(LONG).await;
        giving_way.ended(begun);
        giving_way.wait().await;
        assert_eq!(begun.elapsed(), LONG);
        tokio::time::advance(Duration::from_millis(1)).await;
        giving_way.ended(begun);
        let ended = Instant::now();
        giving_way.wait().await;
        assert!(ended.elapsed() >= PAUSE);
    }
}
