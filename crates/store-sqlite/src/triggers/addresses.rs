//! An address counts for its AS.

use super::conditions::{STATES_COUNT, is_seen_anew};
use super::sessions::stored_sessions;
use super::trigger::{Trigger, trigger};
use crate::dialect::normalised;

/// Widens the span of the AS of `NEW` to cover that of the address.
fn widened() -> String {
    let (new_first, new_last) = (normalised("NEW.first_seen"), normalised("NEW.last_seen"));
    let (first, last) = (normalised("first_seen"), normalised("last_seen"));
    format!(
        "first_seen = CASE WHEN {new_first} < {first} THEN {new_first} ELSE first_seen END,\n    \
         last_seen = CASE WHEN {new_last} > {last} THEN {new_last} ELSE last_seen END"
    )
}

/// Adds the address `NEW` to the counts of its AS.
fn join_asn() -> String {
    format!(
        "  UPDATE asn_inventory SET unique_ip_count = unique_ip_count + 1,\n    \
         total_session_count = total_session_count + coalesce(NEW.session_count, 0),\n    {}\n    \
         WHERE asn_number = NEW.current_asn;",
        widened()
    )
}

/// Widens the span of the AS of `NEW` to cover that of the address.
fn widen_asn() -> String {
    format!(
        "  UPDATE asn_inventory SET {}\n    WHERE asn_number = NEW.current_asn;",
        widened()
    )
}

const LEAVE_ASN: &str = "  UPDATE asn_inventory SET unique_ip_count = max(unique_ip_count - 1, 0),
    total_session_count = max(total_session_count - coalesce(OLD.session_count, 0), 0)
    WHERE asn_number = OLD.current_asn;";

/// Subtracts a replaced address from the counts of its previous AS.
const LEAVE_REPLACED: &str =
    "  UPDATE asn_inventory SET unique_ip_count = max(unique_ip_count - 1, 0),
    total_session_count = max(total_session_count - coalesce((SELECT session_count
    FROM ipcascade_replaced_addresses WHERE ip_address = NEW.ip_address), 0), 0)
    WHERE asn_number = (SELECT current_asn FROM ipcascade_replaced_addresses
    WHERE ip_address = NEW.ip_address);
  DELETE FROM ipcascade_replaced_addresses WHERE ip_address = NEW.ip_address;";

/// Records the address that a `REPLACE` is about to remove, as for sessions.
const NOTE_REPLACED_ADDRESS: &str =
    "  DELETE FROM ipcascade_replaced_addresses WHERE ip_address = NEW.ip_address;
  INSERT INTO ipcascade_replaced_addresses (ip_address, current_asn, session_count)
    SELECT ip_address, current_asn, session_count FROM ip_inventory WHERE ip_address = NEW.ip_address;";

/// Recounts the stored sessions of the address `NEW`. What the row says about sessions without rows is a statement of
/// the program that wrote it.
fn recount_sessions() -> String {
    let rows = stored_sessions("NEW.ip_address");
    let without = "coalesce(NEW.sessions_without_row, 0)";
    format!(
        "  UPDATE ip_inventory SET session_rows = {rows}, sessions_without_row = {without},\n    \
         session_count = max(coalesce(NEW.session_count, 0), {rows} + {without})\n    \
         WHERE ip_address = NEW.ip_address AND (session_rows IS NOT {rows}\n    \
         OR sessions_without_row IS NULL OR coalesce(session_count, -1) < session_rows + {without});"
    )
}

/// Takes over a count that another program has written: it is at least that of the stored sessions, and an increase is
/// a claim that rows may still follow.
fn take_statement() -> String {
    let rows = format!(
        "coalesce(NEW.session_rows, {})",
        stored_sessions("NEW.ip_address")
    );
    let without = format!(
        "CASE WHEN NEW.session_rows IS NULL THEN coalesce(OLD.session_count, 0) - {rows} ELSE NEW.sessions_without_row END"
    );
    format!(
        "  UPDATE ip_inventory SET session_rows = {rows},\n    \
         sessions_without_row = max(min({without}, coalesce(NEW.session_count, 0) - {rows}), 0),\n    \
         session_count = max(coalesce(NEW.session_count, 0), {rows})\n    \
         WHERE ip_address = NEW.ip_address;"
    )
}

/// The triggers for which AS an address counts for.
pub(super) fn joining() -> Vec<Trigger> {
    vec![
        trigger(
            "ipcascade_ip_insert",
            "counts a new address for its AS, and the sessions that it has already",
            "AFTER INSERT ON ip_inventory FOR EACH ROW",
            &format!("{LEAVE_REPLACED}\n{}\n{}", join_asn(), recount_sessions()),
        ),
        trigger(
            "ipcascade_ip_replace",
            "notes an address that another program replaces",
            "BEFORE INSERT ON ip_inventory FOR EACH ROW \
             WHEN EXISTS (SELECT 1 FROM ip_inventory WHERE ip_address = NEW.ip_address) \
             OR EXISTS (SELECT 1 FROM ipcascade_replaced_addresses WHERE ip_address = NEW.ip_address)",
            NOTE_REPLACED_ADDRESS,
        ),
        trigger(
            "ipcascade_ip_forget_replaced",
            "an address that was deleted is not replaced",
            "AFTER DELETE ON ip_inventory FOR EACH ROW WHEN EXISTS \
             (SELECT 1 FROM ipcascade_replaced_addresses WHERE ip_address = OLD.ip_address)",
            "  DELETE FROM ipcascade_replaced_addresses WHERE ip_address = OLD.ip_address;",
        ),
        trigger(
            "ipcascade_ip_move",
            "counts an address that moves for its new AS and no longer for its old one",
            "AFTER UPDATE OF current_asn ON ip_inventory FOR EACH ROW WHEN NEW.current_asn IS NOT OLD.current_asn",
            &format!("{LEAVE_ASN}\n{}", join_asn()),
        ),
    ]
}

/// The triggers for what is counted of an address.
pub(super) fn counted() -> Vec<Trigger> {
    vec![
        trigger(
            "ipcascade_ip_seen",
            "an AS is first and last seen with its addresses",
            &format!(
                "AFTER UPDATE OF first_seen, last_seen ON ip_inventory FOR EACH ROW \
                 WHEN NEW.current_asn IS OLD.current_asn AND NEW.current_asn IS NOT NULL AND {}",
                is_seen_anew()
            ),
            &widen_asn(),
        ),
        trigger(
            "ipcascade_ip_session_count",
            "the sessions of an address are those of its AS",
            "AFTER UPDATE OF session_count ON ip_inventory FOR EACH ROW \
             WHEN NEW.current_asn IS OLD.current_asn AND NEW.current_asn IS NOT NULL \
             AND NEW.session_count IS NOT OLD.session_count",
            "  UPDATE asn_inventory SET total_session_count =
    max(total_session_count + coalesce(NEW.session_count, 0) - coalesce(OLD.session_count, 0), 0)
    WHERE asn_number = NEW.current_asn;",
        ),
        trigger(
            "ipcascade_ip_rename",
            "an address that is spelled anew has the sessions of its new spelling",
            "AFTER UPDATE OF ip_address ON ip_inventory FOR EACH ROW WHEN NEW.ip_address IS NOT OLD.ip_address",
            &format!("{}\n{}", widen_asn(), recount_sessions()),
        ),
        trigger(
            "ipcascade_ip_claim",
            "a count that another program writes is a claim on sessions",
            &format!(
                "AFTER UPDATE OF session_count ON ip_inventory FOR EACH ROW WHEN {STATES_COUNT}"
            ),
            &take_statement(),
        ),
        trigger(
            "ipcascade_ip_delete",
            "a deleted address no longer counts for its AS",
            "AFTER DELETE ON ip_inventory FOR EACH ROW WHEN OLD.current_asn IS NOT NULL",
            LEAVE_ASN,
        ),
    ]
}
