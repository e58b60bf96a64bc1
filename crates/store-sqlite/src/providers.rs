//! Statements about what is remembered of providers.

use ipcascade_core::ProviderState;
use ipcascade_store::engine::Lock;
use ipcascade_store::stored::{StoredProvider, stored};
use sqlx::{AssertSqlSafe, SqliteConnection};

use crate::moment;
use crate::rows::{count, moment as moment_at, text};

/// What is remembered of a provider.
pub(crate) async fn read(
    connection: &mut SqliteConnection,
    name: &str,
    lock: Lock,
) -> Result<StoredProvider, sqlx::Error> {
    let bucket = match lock {
        Lock::Yes => "spoken_for_until",
        // A database is read without this column, and before adoption without the table.
        Lock::No if !has_table(connection).await? => return Ok(StoredProvider::default()),
        Lock::No => "NULL",
    };
    let sql = format!(
        "SELECT not_before, reason, used, since, {bucket} FROM ipcascade_provider_state \
         WHERE provider = ?"
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
            not_before: moment_at(&row, 0)?,
            reason: text(&row, 1)?,
            used: count(&row, 2)?,
            since: moment_at(&row, 3)?,
        },
        spoken_for_until: moment_at(&row, 4)?,
    })
}

async fn has_table(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT count(*) > 0 FROM sqlite_master WHERE name = 'ipcascade_provider_state'",
    )
    .fetch_one(connection)
    .await
}

/// Remembers it.
pub(crate) async fn write(
    connection: &mut SqliteConnection,
    name: &str,
    provider: &StoredProvider,
) -> Result<(), sqlx::Error> {
    let state = &provider.state;
    sqlx::query(
        "INSERT INTO ipcascade_provider_state (provider, not_before, reason, used, since, \
         spoken_for_until) VALUES (?, ?, ?, ?, ?, ?) \
         ON CONFLICT (provider) DO UPDATE SET not_before = excluded.not_before, \
         reason = excluded.reason, used = excluded.used, since = excluded.since, \
         spoken_for_until = excluded.spoken_for_until",
    )
    .bind(name)
    .bind(state.not_before.map(moment::text))
    .bind(&state.reason)
    .bind(stored(state.used))
    .bind(state.since.map(moment::text))
    .bind(provider.spoken_for_until.map(moment::text))
    .execute(connection)
    .await?;
    Ok(())
}
