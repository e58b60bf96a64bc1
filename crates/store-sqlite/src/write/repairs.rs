//! Keeps what a repair removes.

use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::RepairChange;
use sqlx::SqliteConnection;

use crate::bulk::Insert;
use crate::dialect::timestamp_text;

/// Keeps what a repair removes.
pub(crate) async fn log_repairs(
    connection: &mut SqliteConnection,
    changes: &[RepairChange],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let now = timestamp_text(now);
    Insert {
        into: "INSERT INTO ipcascade_repairs",
        columns: &["repaired_at", "broken_check", "row_key", "before", "after"],
        constant: &[],
        tail: "",
    }
    .run(connection, changes, |query, change| {
        query
            .bind(now.clone())
            .bind(change.check.name())
            .bind(change.key.clone())
            .bind(change.before.to_string())
            .bind(change.after.to_string())
    })
    .await?;
    Ok(())
}
