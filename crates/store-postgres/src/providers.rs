//! What is remembered of providers across runs and machines. The clock is the server's, which all
//! machines share.

use std::time::Duration;

use ipcascade_core::{ProviderName, ProviderState, Timestamp};
use sqlx::Row as _;

use crate::errors::Outcome;
use crate::rows::{count, stored};
use crate::store::PgStore;

impl PgStore {
    pub(crate) async fn read_provider_state(
        &self,
        provider: ProviderName,
    ) -> Outcome<ProviderState> {
        let row = sqlx::query(
            "SELECT not_before, reason, used, since FROM ipcascade_provider_state
             WHERE provider = $1",
        )
        .bind(provider.as_str())
        .fetch_optional(&mut *self.begin().await?)
        .await?;
        let Some(row) = row else {
            return Ok(ProviderState::default());
        };
        Ok(ProviderState {
            not_before: row.try_get(0)?,
            reason: row.try_get(1)?,
            used: count(row.try_get(2)?),
            since: row.try_get(3)?,
        })
    }

    pub(crate) async fn write_deferral(
        &self,
        provider: ProviderName,
        until: Timestamp,
        reason: &str,
    ) -> Outcome<()> {
        let mut transaction = self.begin().await?;
        sqlx::query(
            "INSERT INTO ipcascade_provider_state AS s (provider, not_before, reason)
             VALUES ($1, $2, $3)
             ON CONFLICT (provider) DO UPDATE
             SET not_before = excluded.not_before, reason = excluded.reason",
        )
        .bind(provider.as_str())
        .bind(until)
        .bind(reason.replace('\0', ""))
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// The bucket is kept as the moment up to which its permits are spoken for: it is full when
    /// that is `burst / per_second` ago.
    pub(crate) async fn reserve_once(
        &self,
        provider: ProviderName,
        permits: u32,
        per_second: f64,
        burst: u32,
    ) -> Outcome<Duration> {
        if !(per_second.is_finite() && per_second > 0.0) {
            return Ok(Duration::ZERO);
        }
        let taken = f64::from(permits) / per_second;
        let full = f64::from(burst.max(1)) / per_second;
        let mut transaction = self.begin().await?;
        let wait: f64 = sqlx::query_scalar(
            "INSERT INTO ipcascade_provider_state AS s (provider, spoken_for_until)
             VALUES ($1, clock_timestamp() + make_interval(secs => $2 - $3))
             ON CONFLICT (provider) DO UPDATE
             SET spoken_for_until = greatest(coalesce(s.spoken_for_until, '-infinity'),
                     clock_timestamp() - make_interval(secs => $3)) + make_interval(secs => $2)
             RETURNING greatest(extract(epoch FROM s.spoken_for_until - clock_timestamp()), 0)::float8",
        )
        .bind(provider.as_str())
        .bind(taken)
        .bind(full)
        .fetch_one(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(Duration::try_from_secs_f64(wait).unwrap_or_default())
    }

    pub(crate) async fn add_usage(&self, provider: ProviderName, lookups: u64) -> Outcome<()> {
        let mut transaction = self.begin().await?;
        sqlx::query(
            "INSERT INTO ipcascade_provider_state AS s (provider, used, since)
             VALUES ($1, $2, now())
             ON CONFLICT (provider) DO UPDATE
             SET used = CASE WHEN s.not_before <= now() AND s.since < s.not_before
                             THEN excluded.used ELSE s.used + excluded.used END,
                 since = CASE WHEN s.not_before <= now() AND s.since < s.not_before
                              THEN excluded.since ELSE coalesce(s.since, excluded.since) END",
        )
        .bind(provider.as_str())
        .bind(stored(lookups))
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }
}
