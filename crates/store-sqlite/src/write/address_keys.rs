//! Changes the keys of address rows: sessions and history follow.

use sqlx::SqliteConnection;

/// Changes the key of an address row; sessions and history follow.
pub(crate) async fn rename_address(
    connection: &mut SqliteConnection,
    from: &str,
    to: &str,
) -> Result<(), sqlx::Error> {
    for sql in [
        "UPDATE ip_inventory SET ip_address = ?2 WHERE ip_address = ?1",
        MOVE_SESSIONS,
        MOVE_HISTORY,
        FORGET_HISTORY,
    ] {
        run(connection, sql, from, to).await?;
    }
    Ok(())
}

/// Moves the sessions and the history of an address to another one, and deletes its row.
pub(crate) async fn merge_address(
    connection: &mut SqliteConnection,
    from: &str,
    to: &str,
) -> Result<(), sqlx::Error> {
    for sql in [
        MOVE_SESSIONS,
        MOVE_HISTORY,
        FORGET_HISTORY,
        "DELETE FROM ip_inventory WHERE ip_address = ?1 AND ?2 IS NOT NULL",
    ] {
        run(connection, sql, from, to).await?;
    }
    Ok(())
}

const MOVE_SESSIONS: &str = "UPDATE session_summaries SET source_ip = ?2 WHERE source_ip = ?1";

/// The remaining history already exists under the other address.
const FORGET_HISTORY: &str = "DELETE FROM ip_asn_history WHERE ip_address = ?1 AND ?2 IS NOT NULL";

const MOVE_HISTORY: &str =
    "UPDATE OR IGNORE ip_asn_history SET ip_address = ?2 WHERE ip_address = ?1";

async fn run(
    connection: &mut SqliteConnection,
    sql: &'static str,
    from: &str,
    to: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query(sql)
        .bind(from)
        .bind(to)
        .execute(connection)
        .await?;
    Ok(())
}
