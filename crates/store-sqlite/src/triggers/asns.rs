//! Every AS that an address counts for has a row, and a new row has exact counts.

use super::conditions::{has_new_asn, is_counted_anew};
use super::trigger::{ForeignColumns, NOW, Trigger, filler, trigger};
use crate::dialect::normalised;

/// Creates the row of the AS of `row` (`NEW` or `OLD`), which has none.
fn make_asn(row: &str, foreign: &ForeignColumns) -> String {
    let (columns, values) = filler(&foreign.asns);
    format!(
        "  INSERT INTO asn_inventory (asn_number, is_known_hosting, is_known_vpn, first_seen, last_seen,\n    \
         unique_ip_count, total_session_count, enrichment, created_at, updated_at{columns})\n    \
         VALUES ({row}.current_asn, 0, 0, coalesce({row}.first_seen, {row}.last_seen, {NOW}),\n    \
         coalesce({row}.last_seen, {row}.first_seen, {NOW}), 0, 0, '{{}}',\n    \
         {NOW}, {NOW}{values});"
    )
}

/// Recounts the addresses and sessions of the AS `NEW`.
fn recount_asn() -> String {
    let span = |aggregate: &str, column: &str| {
        let own = normalised(&format!("NEW.{column}"));
        let of_ip = normalised(&format!("i.{column}"));
        format!(
            "{column} = coalesce((SELECT {aggregate}(m) FROM (SELECT {own} AS m UNION ALL \
             SELECT {aggregate}({of_ip}) FROM ip_inventory i WHERE i.current_asn = NEW.asn_number)), {column})"
        )
    };
    format!(
        "  UPDATE asn_inventory SET\n    \
         unique_ip_count = (SELECT count(*) FROM ip_inventory i WHERE i.current_asn = NEW.asn_number),\n    \
         total_session_count = (SELECT coalesce(sum(i.session_count), 0) FROM ip_inventory i WHERE i.current_asn = NEW.asn_number),\n    \
         {},\n    {}\n    WHERE asn_number = NEW.asn_number;",
        span("min", "first_seen"),
        span("max", "last_seen")
    )
}

/// The triggers that make and count ASes.
pub(super) fn triggers(foreign: &ForeignColumns) -> Vec<Trigger> {
    vec![
        trigger(
            "ipcascade_ip_insert_asn",
            "a new address has a row for its AS",
            &format!(
                "BEFORE INSERT ON ip_inventory FOR EACH ROW WHEN {}",
                has_new_asn("NEW")
            ),
            &make_asn("NEW", foreign),
        ),
        trigger(
            "ipcascade_ip_move_asn",
            "the AS that a changed address counts for has a row",
            &format!(
                "BEFORE UPDATE OF current_asn, session_count, first_seen, last_seen ON ip_inventory \
                 FOR EACH ROW WHEN {} AND {}",
                is_counted_anew(),
                has_new_asn("NEW")
            ),
            &make_asn("NEW", foreign),
        ),
        trigger(
            "ipcascade_ip_leave_asn",
            "the AS that an address leaves has a row",
            &format!(
                "BEFORE UPDATE OF current_asn ON ip_inventory FOR EACH ROW \
                 WHEN NEW.current_asn IS NOT OLD.current_asn AND {}",
                has_new_asn("OLD")
            ),
            &make_asn("OLD", foreign),
        ),
        trigger(
            "ipcascade_ip_delete_asn",
            "the AS of a deleted address has a row",
            &format!(
                "BEFORE DELETE ON ip_inventory FOR EACH ROW WHEN {}",
                has_new_asn("OLD")
            ),
            &make_asn("OLD", foreign),
        ),
        trigger(
            "ipcascade_asn_insert",
            "a new AS starts with exact counts",
            "AFTER INSERT ON asn_inventory FOR EACH ROW",
            &recount_asn(),
        ),
        trigger(
            "ipcascade_asn_renumber",
            "a renumbered AS has exact counts",
            "AFTER UPDATE OF asn_number ON asn_inventory FOR EACH ROW WHEN NEW.asn_number IS NOT OLD.asn_number",
            &recount_asn(),
        ),
    ]
}
