//! A session counts for the address that it is from.

use super::conditions::IS_FOREIGN;
use super::trigger::{Trigger, trigger};

/// The number of stored sessions of the address in `key`.
pub(super) fn stored_sessions(key: &str) -> String {
    format!("(SELECT count(*) FROM session_summaries WHERE source_ip = {key})")
}

/// Counts the session `NEW` for its address, if `condition`; `counted` is the `session_count` of its row afterwards, if
/// the row was evaluated before. A row from before adoption is evaluated now.
fn one_more(counted: &str, condition: &str) -> String {
    let rows = stored_sessions("NEW.source_ip");
    format!(
        "  UPDATE ip_inventory SET\n    \
         session_count = CASE WHEN session_rows IS NULL THEN max(coalesce(session_count, 0), {rows} - 1) + 1\n      \
         {counted} END,\n    \
         sessions_without_row = CASE WHEN session_rows IS NULL\n      \
         THEN max(coalesce(session_count, 0) - {rows} + 1, 0) ELSE sessions_without_row END,\n    \
         session_rows = coalesce(session_rows + 1, {rows})\n    \
         WHERE ip_address = NEW.source_ip AND {condition};"
    )
}

/// A session of ours is a new one.
const OURS: &str = "ELSE coalesce(session_count, 0) + 1";

/// A session that another program stores uses up a claim.
const THEIRS: &str =
    "ELSE max(coalesce(session_count, 0), session_rows + 1 + sessions_without_row)";

/// Records the session that a `REPLACE` is about to remove: its triggers for deleting do not fire (unless the
/// connection has `recursive_triggers` on).
const NOTE_REPLACED: &str = "  INSERT OR REPLACE INTO ipcascade_replaced (session_id, source_ip)
    SELECT session_id, source_ip FROM session_summaries WHERE session_id = NEW.session_id;";

/// Subtracts a session that was replaced by one from another address from the counts of its address.
const ONE_REPLACED: &str = "  UPDATE ip_inventory SET session_count = max(session_count - 1, 0),
    session_rows = max(session_rows - 1, 0) WHERE ip_address =
    (SELECT source_ip FROM ipcascade_replaced WHERE session_id = NEW.session_id AND source_ip IS NOT NEW.source_ip);";

const FORGET_NEW: &str = "  DELETE FROM ipcascade_replaced WHERE session_id = NEW.session_id;";

/// A session that replaces one from the same address is already counted.
const IS_ONE_MORE: &str = "NOT EXISTS (SELECT 1 FROM ipcascade_replaced \
     WHERE session_id = NEW.session_id AND source_ip IS NEW.source_ip)";

const FORGET_REPLACED: &str = "  DELETE FROM ipcascade_replaced WHERE session_id = OLD.session_id;";

const ONE_LESS: &str = "  UPDATE ip_inventory SET session_count = max(session_count - 1, 0),
    session_rows = max(session_rows - 1, 0) WHERE ip_address = OLD.source_ip;";

/// The triggers that count sessions.
pub(super) fn triggers() -> Vec<Trigger> {
    let either =
        format!("WHEN NOT ({IS_FOREIGN}) THEN coalesce(session_count, 0) + 1\n      {THEIRS}");
    vec![
        trigger(
            "ipcascade_session_replace",
            "notes a session that another program replaces",
            "BEFORE INSERT ON session_summaries FOR EACH ROW \
             WHEN NOT EXISTS (SELECT 1 FROM ipcascade_counting WHERE by_itself = 2) \
             AND EXISTS (SELECT 1 FROM session_summaries WHERE session_id = NEW.session_id)",
            NOTE_REPLACED,
        ),
        trigger(
            "ipcascade_session_insert",
            "counts a new session of another program for its address",
            &format!("AFTER INSERT ON session_summaries FOR EACH ROW WHEN {IS_FOREIGN}"),
            &format!(
                "{ONE_REPLACED}\n{}\n{FORGET_NEW}",
                one_more(THEIRS, IS_ONE_MORE)
            ),
        ),
        trigger(
            "ipcascade_session_store",
            "counts a session of ours for its address",
            &format!("AFTER INSERT ON session_summaries FOR EACH ROW WHEN NOT ({IS_FOREIGN})"),
            &one_more(OURS, "TRUE"),
        ),
        trigger(
            "ipcascade_session_move",
            "counts a session for the address that it is from",
            "AFTER UPDATE OF source_ip ON session_summaries FOR EACH ROW WHEN NEW.source_ip IS NOT OLD.source_ip",
            &format!("{ONE_LESS}\n{}", one_more(&either, "TRUE")),
        ),
        trigger(
            "ipcascade_session_rename",
            "a session with another id was not replaced",
            "AFTER UPDATE OF session_id ON session_summaries FOR EACH ROW \
             WHEN EXISTS (SELECT 1 FROM ipcascade_replaced WHERE session_id IN (OLD.session_id, NEW.session_id))",
            "  DELETE FROM ipcascade_replaced WHERE session_id IN (OLD.session_id, NEW.session_id);",
        ),
        trigger(
            "ipcascade_session_delete",
            "a deleted session no longer counts for its address",
            "AFTER DELETE ON session_summaries FOR EACH ROW",
            &format!("{FORGET_REPLACED}\n{ONE_LESS}"),
        ),
    ]
}
