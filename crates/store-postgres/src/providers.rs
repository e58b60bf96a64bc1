//! Statements about what is remembered of providers.

use ipcascade_core::{ProviderState, Timestamp};
use ipcascade_store::engine::Lock;
use ipcascade_store::stored::{StoredProvider, count, stored};
use sqlx::{AssertSqlSafe, Row as _};

use crate::errors::Outcome;
use crate::transaction::Connection;

/// What is remembered of a provider.
pub(crate) async fn read(
    connection: &mut Connection,
    name: &str,
    lock: Lock,
) -> Outcome<StoredProvider> {
    let locking = match lock {
        // The row has to be there to be locked.
        Lock::Yes => {
            sqlx::query(
                "INSERT INTO ipcascade_provider_state (provider) VALUES ($1) ON CONFLICT DO NOTHING",
            )
            .bind(name)
            .execute(&mut *connection)
            .await?;
            " FOR UPDATE"
        }
        // A database that nobody has adopted yet can be read without this table.
        Lock::No => {
            let is_there: bool =
                sqlx::query_scalar("SELECT to_regclass('ipcascade_provider_state') IS NOT NULL")
                    .fetch_one(&mut *connection)
                    .await?;
            if !is_there {
                return Ok(StoredProvider::default());
            }
            ""
        }
    };
    let sql = format!(
        "SELECT not_before, reason, used, since, spoken_for_until FROM ipcascade_provider_state
         WHERE provider = $1{locking}"
    );
    let row = sqlx::query(AssertSqlSafe(sql))
        .bind(name)
        .fetch_optional(connection)
        .await?;
    let Some(row) = row else {
        return Ok(StoredProvider::default());
    };
    Ok(StoredProvider {
        state: ProviderState {
            not_before: row.try_get(0)?,
            reason: row.try_get(1)?,
            used: count(row.try_get(2)?),
            since: row.try_get(3)?,
        },
        spoken_for_until: row.try_get(4)?,
    })
}

/// Remembers it.
pub(crate) async fn write(
    connection: &mut Connection,
    name: &str,
    provider: &StoredProvider,
) -> Outcome<()> {
    let state = &provider.state;
    sqlx::query(
        "INSERT INTO ipcascade_provider_state
            (provider, not_before, reason, used, since, spoken_for_until)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (provider) DO UPDATE
         SET not_before = excluded.not_before, reason = excluded.reason, used = excluded.used,
             since = excluded.since, spoken_for_until = excluded.spoken_for_until",
    )
    .bind(name)
    .bind(state.not_before)
    .bind(&state.reason)
    .bind(stored(state.used))
    .bind(state.since)
    .bind(provider.spoken_for_until)
    .execute(connection)
    .await?;
    Ok(())
}

/// The server's clock, which all machines share.
pub(crate) async fn clock(connection: &mut Connection) -> Outcome<Timestamp> {
    Ok(sqlx::query_scalar("SELECT clock_timestamp()")
        .fetch_one(connection)
        .await?)
}
