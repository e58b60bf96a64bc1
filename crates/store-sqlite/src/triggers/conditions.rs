//! When triggers fire.

use crate::dialect::normalised;

/// Another program writes: our operations write the history themselves, with the source.
pub(super) const IS_FOREIGN: &str =
    "NOT EXISTS (SELECT 1 FROM ipcascade_counting WHERE by_itself = 2)";

/// Whether `row` is attributed to an AS.
pub(super) fn is_attributed(row: &str) -> String {
    format!("typeof({row}.current_asn) = 'integer' AND {row}.current_asn BETWEEN 1 AND 4294967295")
}

/// Whether `row` is attributed to an AS that has no row yet.
pub(super) fn has_new_asn(row: &str) -> String {
    format!(
        "{} AND NOT EXISTS (SELECT 1 FROM asn_inventory WHERE asn_number = {row}.current_asn)",
        is_attributed(row)
    )
}

/// Whether the time of an address changes; a different spelling of it does not count.
pub(super) fn is_seen_anew() -> String {
    let differs = |column: &str| {
        let [new, old] = ["NEW", "OLD"].map(|row| format!("{row}.{column}"));
        let timestamps = [&new, &old].map(|value| normalised(value));
        format!(
            "({new} IS NOT {old} AND {} IS NOT {})",
            timestamps[0], timestamps[1]
        )
    };
    format!("({} OR {})", differs("first_seen"), differs("last_seen"))
}

/// Whether a column of an address changes that affects its AS.
pub(super) fn is_counted_anew() -> String {
    format!(
        "(NEW.current_asn IS NOT OLD.current_asn OR NEW.session_count IS NOT OLD.session_count OR {})",
        is_seen_anew()
    )
}

/// Another program has written a count without numbers of rows.
pub(super) const STATES_COUNT: &str = "NEW.session_count IS NOT OLD.session_count AND NEW.session_rows IS OLD.session_rows \
     AND (NEW.session_rows IS NULL OR coalesce(NEW.session_count, 0) < NEW.session_rows + NEW.sessions_without_row)";
