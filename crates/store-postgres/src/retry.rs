//! Retries operations: the only place where that is decided, for everything that a store does.

use std::time::{Duration, Instant};

use backon::{BackoffBuilder as _, ExponentialBuilder};

use crate::config::Config;
use crate::error::{Again, EngineResult};

/// The longest pause before a retry after a lost race.
const SHORT: Duration = Duration::from_millis(500);
/// An operation that takes longer than this is reported before it is retried.
const REPORT_AFTER: Duration = Duration::from_secs(1);

/// Runs `operation` until it succeeds or fails for good, which includes failing too often, or after the time at which
/// no try begins any more ([`Config::retry_limit`]). The operation must be one transaction, so that a failed try leaves
/// nothing behind.
pub(crate) async fn persist<T, F>(
    action: &str,
    config: &Config,
    mut operation: impl FnMut() -> F,
) -> EngineResult<T>
where
    F: Future<Output = EngineResult<T>>,
{
    let begun = Instant::now();
    let mut pauses = ExponentialBuilder::default()
        .with_jitter()
        .with_min_delay(Duration::from_millis(50))
        .with_max_delay(Duration::from_secs(10))
        .without_max_times()
        .build();
    let (mut failures, mut waits, mut has_warned) = (0, 0, false);
    loop {
        let fault = match operation().await {
            Ok(value) => return Ok(value),
            Err(fault) => fault,
        };
        let again = fault.again();
        let pause = pauses.next().unwrap_or(SHORT);
        let (is_worth_it, pause) = match again {
            Again::Never => return Err(fault),
            Again::Once => {
                waits += 1;
                (waits <= config.retries.min(1), pause)
            }
            Again::AFewTimes => {
                failures += 1;
                (failures <= config.retries, pause)
            }
            Again::WhileThereIsTime => (true, pause.min(SHORT)),
        };
        if !is_worth_it || begun.elapsed() + pause > config.retry_limit() {
            return Err(fault);
        }
        if !has_warned && (failures > 1 || begun.elapsed() > REPORT_AFTER) {
            has_warned = true;
            tracing::warn!(%fault, "trying again to {action}");
        } else {
            tracing::debug!(%fault, ?pause, "trying again to {action}");
        }
        tokio::time::sleep(pause).await;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use ipcascade_core::settings::Settings;

    use super::*;
    use crate::error::Fault;

    fn config(text: &str) -> Config {
        Config::read(&Settings::from_toml("store", text)).unwrap()
    }

    async fn tries(settings: &str, fault: impl Fn() -> Fault) -> usize {
        let tries = Cell::new(0);
        let failing = || {
            tries.set(tries.get() + 1);
            std::future::ready(Err::<(), _>(fault()))
        };
        persist("test", &config(settings), failing)
            .await
            .unwrap_err();
        tries.get()
    }

    #[tokio::test(start_paused = true)]
    async fn a_lost_connection_is_tried_as_often_as_the_setting_says() {
        let lost = || Fault::Database(sqlx::Error::Io(std::io::ErrorKind::BrokenPipe.into()));
        assert_eq!(tries("retries = 0", lost).await, 1);
        assert_eq!(tries("retries = 5", lost).await, 6);
        assert_eq!(
            tries("", || Fault::Database(sqlx::Error::PoolClosed)).await,
            1
        );
    }

    #[tokio::test]
    async fn a_lost_race_is_tried_until_the_time_is_up() {
        let settings = "retries = 0\nlock_timeout = \"100ms\"\nstatement_timeout = \"300ms\"";
        let begun = Instant::now();
        assert!(tries(settings, || Fault::Overtaken).await > 1);
        assert!(begun.elapsed() < Duration::from_secs(2));
    }
}
