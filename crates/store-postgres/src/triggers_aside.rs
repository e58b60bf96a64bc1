//! The triggers stand aside while a transaction of ours writes: it counts for itself.
//!
//! They do so if a setting names the transaction. It is local to the transaction and names no other, so the next
//! program in the session, after a commit, a rollback or a mistake, is counted. If other programs have triggers or
//! rules on the same tables, ours count: what those write must be counted too.

use ipcascade_store::deltas::Counting;
use sqlx::Row as _;

use crate::connection::Transaction;
use crate::error::EngineResult;

/// Makes the triggers stand aside; returns which side counts.
pub(crate) async fn stand_aside(transaction: &mut Transaction) -> EngineResult<Counting> {
    let row = sqlx::query(STAND_ASIDE)
        .fetch_one(&mut **transaction)
        .await?;
    Ok(match row.try_get(0)? {
        true => Counting::ByOperation,
        false => Counting::ByTriggers,
    })
}

/// If they do count, `own_sessions` informs them that the rows are ours.
const STAND_ASIDE: &str = "
WITH tables AS MATERIALIZED (
    SELECT t.oid FROM unnest(ARRAY['asn_inventory', 'ip_inventory', 'ip_asn_history', 'session_summaries'])
        AS n (name), to_regclass(n.name) AS t (oid)
    UNION ALL
    SELECT i.inhrelid FROM pg_inherits i WHERE i.inhparent IN (to_regclass('asn_inventory'),
        to_regclass('ip_inventory'), to_regclass('ip_asn_history'), to_regclass('session_summaries'))
), others AS MATERIALIZED (
    SELECT EXISTS (
        SELECT 1 FROM pg_trigger t
        WHERE t.tgrelid IN (SELECT oid FROM tables) AND NOT t.tgisinternal AND t.tgenabled <> 'D'
          AND NOT starts_with(t.tgname, 'ipcascade_')
    ) OR EXISTS (
        SELECT 1 FROM pg_rewrite r
        WHERE r.ev_class IN (SELECT oid FROM tables) AND r.ev_enabled <> 'D'
    ) AS write
)
SELECT counted <> '' FROM (
    SELECT set_config('ipcascade.own_sessions', pg_current_xact_id()::text, true) AS own,
           set_config('ipcascade.counted',
               CASE WHEN NOT write THEN pg_current_xact_id()::text ELSE '' END, true) AS counted
    FROM others
    OFFSET 0
) settings WHERE own <> ''";
