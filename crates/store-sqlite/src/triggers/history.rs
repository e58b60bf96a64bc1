//! The history of an address has what other programs do with it.

use super::conditions::{IS_FOREIGN, is_attributed};
use super::trigger::{ForeignColumns, NOW, Trigger, filler, trigger};
use crate::dialect::normalised;

/// Whether the history of the address `NEW` has the AS of `row`.
fn is_in_history(row: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM ip_asn_history h \
         WHERE h.ip_address = NEW.ip_address AND h.asn_number = {row}.current_asn)"
    )
}

/// Adds the AS of `row` to the history of the address `NEW`, observed at `timestamp`, if `condition`.
fn attribute(row: &str, timestamp: &str, condition: &str, foreign: &ForeignColumns) -> String {
    let (columns, values) = filler(&foreign.history);
    format!(
        "  INSERT INTO ip_asn_history (ip_address, asn_number, observed_at{columns})\n    \
         SELECT NEW.ip_address, {row}.current_asn, {timestamp}{values}\n    \
         WHERE NEW.ip_address IS NOT NULL AND {} AND {condition}\n    \
         AND NOT EXISTS (SELECT 1 FROM ip_asn_history h WHERE h.ip_address = NEW.ip_address\n    \
         AND h.asn_number = {row}.current_asn AND h.observed_at = {timestamp});",
        is_attributed(row)
    )
}

/// Records both ends of a move by another program: what the address leaves, if the history does not have it, and what
/// it moves to.
fn keep_move(foreign: &ForeignColumns) -> String {
    let [verified, before, enriched, seen] = [
        "NEW.asn_last_verified",
        "OLD.asn_last_verified",
        "OLD.enrichment_updated_at",
        "OLD.first_seen",
    ]
    .map(normalised);
    let since = format!("coalesce({before}, {enriched}, {seen}, {NOW})");
    let now = format!(
        "coalesce(CASE WHEN NEW.asn_last_verified IS NOT OLD.asn_last_verified THEN {verified} END, {NOW})"
    );
    let is_unknown = format!("NOT {}", is_in_history("OLD"));
    format!(
        "{}\n{}",
        attribute("OLD", &since, &is_unknown, foreign),
        attribute("NEW", &now, "TRUE", foreign)
    )
}

/// Records the AS of an address that comes back after it was deleted, if its history has only others.
fn keep_return(foreign: &ForeignColumns) -> String {
    let verified = normalised("NEW.asn_last_verified");
    let is_unknown = format!("NOT {}", is_in_history("NEW"));
    let timestamp = format!("coalesce({verified}, {NOW})");
    attribute("NEW", &timestamp, &is_unknown, foreign)
}

/// The triggers that keep the history.
pub(super) fn triggers(foreign: &ForeignColumns) -> Vec<Trigger> {
    vec![
        trigger(
            "ipcascade_ip_move_history",
            "the history has what another program moves an address from and to",
            &format!(
                "AFTER UPDATE OF current_asn ON ip_inventory FOR EACH ROW \
                 WHEN NEW.current_asn IS NOT OLD.current_asn AND NEW.ip_address IS OLD.ip_address \
                 AND {IS_FOREIGN}"
            ),
            &keep_move(foreign),
        ),
        trigger(
            "ipcascade_ip_rename_history",
            "an address that is spelled anew goes on with the history of its new spelling",
            &format!(
                "AFTER UPDATE OF ip_address ON ip_inventory FOR EACH ROW \
                 WHEN NEW.ip_address IS NOT OLD.ip_address AND {} AND {IS_FOREIGN} \
                 AND EXISTS (SELECT 1 FROM ip_asn_history h WHERE h.ip_address = NEW.ip_address)",
                is_attributed("NEW")
            ),
            &keep_return(foreign),
        ),
        trigger(
            "ipcascade_ip_return_history",
            "an address that had a history goes on with it",
            &format!(
                "AFTER INSERT ON ip_inventory FOR EACH ROW WHEN {} AND {IS_FOREIGN} \
                 AND EXISTS (SELECT 1 FROM ip_asn_history h WHERE h.ip_address = NEW.ip_address)",
                is_attributed("NEW")
            ),
            &keep_return(foreign),
        ),
        trigger(
            "ipcascade_ip_delete_history",
            "the history of an address is deleted with it",
            // Foreign keys would prevent a program from deleting an address that it has moved before.
            "BEFORE DELETE ON ip_inventory FOR EACH ROW",
            "  DELETE FROM ip_asn_history WHERE ip_address = OLD.ip_address;",
        ),
    ]
}
