//! What is remembered of providers.

use std::time::Duration;

use ipcascade_core::{ProviderName, ProviderState, StoreResult, Timestamp};
use sqlx::AssertSqlSafe;

use crate::SqliteStore;
use crate::error::Explain as _;
use crate::moment::{self, normalised};
use crate::rows::{count, moment as moment_at, text};

impl SqliteStore {
    pub(crate) async fn read_provider(&self, provider: ProviderName) -> StoreResult<ProviderState> {
        let action = "read the state of a provider";
        let present = self.present_provider_state().await?;
        if !present {
            return Ok(ProviderState::default());
        }
        let row = sqlx::query(
            "SELECT not_before, reason, used, since FROM ipcascade_provider_state WHERE provider = ?",
        )
        .bind(provider.as_str())
        .fetch_optional(self.reading())
        .await
        .explain(&self.path, action)?;
        let Some(row) = row else {
            return Ok(ProviderState::default());
        };
        let state = || {
            Ok::<_, sqlx::Error>(ProviderState {
                not_before: moment_at(&row, 0)?,
                reason: text(&row, 1)?,
                used: count(&row, 2)?,
                since: moment_at(&row, 3)?,
            })
        };
        state().explain(&self.path, action)
    }

    /// A database that nobody has adopted yet can be read without this table.
    async fn present_provider_state(&self) -> StoreResult<bool> {
        sqlx::query_scalar(
            "SELECT count(*) > 0 FROM sqlite_master WHERE name = 'ipcascade_provider_state'",
        )
        .fetch_one(self.reading())
        .await
        .explain(&self.path, "read the schema")
    }

    pub(crate) async fn defer(
        &self,
        provider: ProviderName,
        until: Timestamp,
        reason: &str,
    ) -> StoreResult<()> {
        let action = "note when a provider may be asked again";
        let mut transaction = self.begin(action).await?;
        sqlx::query(
            "INSERT INTO ipcascade_provider_state (provider, not_before, reason) VALUES (?1, ?2, ?3) \
             ON CONFLICT (provider) DO UPDATE SET not_before = excluded.not_before, reason = excluded.reason",
        )
        .bind(provider.as_str())
        .bind(moment::text(until))
        .bind(reason.replace('\0', ""))
        .execute(&mut *transaction)
        .await
        .explain(&self.path, action)?;
        transaction.commit().await.explain(&self.path, action)
    }

    /// The bucket is a level at a moment. Taking more than it holds makes the level negative: a debt
    /// that is paid off at `per_second`, which is how long the caller waits.
    pub(crate) async fn take_permits(
        &self,
        provider: ProviderName,
        permits: u32,
        per_second: f64,
        burst: u32,
    ) -> StoreResult<Duration> {
        let action = "reserve look-ups of a provider";
        if !(per_second.is_finite() && per_second > 0.0) {
            return Ok(Duration::ZERO);
        }
        let mut transaction = self.begin(action).await?;
        let now = seconds(ipcascade_core::Clock::system().now());
        let stored: Option<(Option<f64>, Option<f64>)> = sqlx::query_as(
            "SELECT bucket_level, bucket_at FROM ipcascade_provider_state WHERE provider = ?",
        )
        .bind(provider.as_str())
        .fetch_optional(&mut *transaction)
        .await
        .explain(&self.path, action)?;
        let burst = f64::from(burst.max(1));
        let level = match stored {
            // A clock that was set back gains nothing and costs nothing.
            Some((Some(level), Some(at))) => (level + (now - at).max(0.0) * per_second).min(burst),
            _ => burst,
        };
        let left = level - f64::from(permits);
        sqlx::query(
            "INSERT INTO ipcascade_provider_state (provider, bucket_level, bucket_at) VALUES (?1, ?2, ?3) \
             ON CONFLICT (provider) DO UPDATE SET bucket_level = excluded.bucket_level, bucket_at = excluded.bucket_at",
        )
        .bind(provider.as_str())
        .bind(left)
        .bind(now)
        .execute(&mut *transaction)
        .await
        .explain(&self.path, action)?;
        transaction.commit().await.explain(&self.path, action)?;
        let wait = (-left / per_second).max(0.0);
        Ok(Duration::try_from_secs_f64(wait).unwrap_or(Duration::MAX))
    }

    pub(crate) async fn add_usage(&self, provider: ProviderName, lookups: u64) -> StoreResult<()> {
        let action = "count look-ups of a provider";
        let mut transaction = self.begin(action).await?;
        // A quota period ends with the time before which nothing was to be asked.
        let is_over = format!(
            "{not_before} <= excluded.since AND {since} < {not_before}",
            not_before = normalised("not_before"),
            since = normalised("since"),
        );
        let sql = format!(
            "INSERT INTO ipcascade_provider_state (provider, used, since) VALUES (?1, ?2, ?3) \
             ON CONFLICT (provider) DO UPDATE SET \
             used = CASE WHEN {is_over} THEN excluded.used ELSE used + excluded.used END, \
             since = CASE WHEN {is_over} THEN excluded.since ELSE coalesce(since, excluded.since) END"
        );
        sqlx::query(AssertSqlSafe(sql))
            .bind(provider.as_str())
            .bind(i64::try_from(lookups).unwrap_or(i64::MAX))
            .bind(moment::text(ipcascade_core::Clock::system().now()))
            .execute(&mut *transaction)
            .await
            .explain(&self.path, action)?;
        transaction.commit().await.explain(&self.path, action)
    }
}

/// A moment in seconds since 1970.
fn seconds(moment: Timestamp) -> f64 {
    let whole = i32::try_from(moment.timestamp() / 1000).map_or(0.0, f64::from) * 1000.0;
    let rest = u32::try_from(moment.timestamp() % 1000).map_or(0.0, f64::from);
    whole + rest + f64::from(moment.timestamp_subsec_micros()) / 1e6
}
