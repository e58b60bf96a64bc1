//! Triggers that keep the statistics exact, whichever program writes.
//! While a transaction of ours counts for itself they are set aside: see `triggers_aside`.

use crate::dialect::normalised;

/// A trigger.
pub(crate) struct Trigger {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its purpose.
    pub(crate) purpose: &'static str,
    /// The statement that creates it.
    pub(crate) sql: String,
}

fn trigger(name: &'static str, purpose: &'static str, event: &str, body: &str) -> Trigger {
    let sql = format!("CREATE TRIGGER {name} {event}\nBEGIN\n{body}\nEND");
    Trigger { name, purpose, sql }
}

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

/// The number of stored sessions of the address in `key`.
fn stored_sessions(key: &str) -> String {
    format!("(SELECT count(*) FROM session_summaries WHERE source_ip = {key})")
}

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

/// Another program has written a count without numbers of rows.
const STATES_COUNT: &str = "NEW.session_count IS NOT OLD.session_count AND NEW.session_rows IS OLD.session_rows \
     AND (NEW.session_rows IS NULL OR coalesce(NEW.session_count, 0) < NEW.session_rows + NEW.sessions_without_row)";

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

/// Records the address that a `REPLACE` is about to remove, as for sessions.
const NOTE_REPLACED_ADDRESS: &str =
    "  DELETE FROM ipcascade_replaced_addresses WHERE ip_address = NEW.ip_address;
  INSERT INTO ipcascade_replaced_addresses (ip_address, current_asn, session_count)
    SELECT ip_address, current_asn, session_count FROM ip_inventory WHERE ip_address = NEW.ip_address;";

/// Subtracts a replaced address from the counts of its previous AS.
const LEAVE_REPLACED: &str =
    "  UPDATE asn_inventory SET unique_ip_count = max(unique_ip_count - 1, 0),
    total_session_count = max(total_session_count - coalesce((SELECT session_count
    FROM ipcascade_replaced_addresses WHERE ip_address = NEW.ip_address), 0), 0)
    WHERE asn_number = (SELECT current_asn FROM ipcascade_replaced_addresses
    WHERE ip_address = NEW.ip_address);
  DELETE FROM ipcascade_replaced_addresses WHERE ip_address = NEW.ip_address;";

/// Columns of other programs that must be set, each with a neutral value.
#[derive(Default)]
pub(crate) struct ForeignColumns {
    /// Those of `asn_inventory`.
    pub(crate) asns: Vec<(String, &'static str)>,
    /// Those of `ip_asn_history`.
    pub(crate) history: Vec<(String, &'static str)>,
}

/// What to append to the list of columns, and to the list of values, of an INSERT.
fn filler(foreign: &[(String, &'static str)]) -> (String, String) {
    let columns = foreign.iter().map(|(name, _)| format!(", {name}"));
    let values = foreign.iter().map(|(_, value)| format!(", {value}"));
    (columns.collect(), values.collect())
}

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

/// The current time, in the form of our tables' defaults.
const NOW: &str = "strftime('%Y-%m-%d %H:%M:%f000', 'now')";

/// Whether `row` is attributed to an AS.
fn is_attributed(row: &str) -> String {
    format!("typeof({row}.current_asn) = 'integer' AND {row}.current_asn BETWEEN 1 AND 4294967295")
}

/// Whether `row` is attributed to an AS that has no row yet.
fn has_new_asn(row: &str) -> String {
    format!(
        "{} AND NOT EXISTS (SELECT 1 FROM asn_inventory WHERE asn_number = {row}.current_asn)",
        is_attributed(row)
    )
}

/// Another program writes: our operations write the history themselves, with the source.
const IS_FOREIGN: &str = "NOT EXISTS (SELECT 1 FROM ipcascade_counting WHERE by_itself = 2)";

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

/// Whether the time of an address changes; a different spelling of it does not count.
fn is_seen_anew() -> String {
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
fn is_counted_anew() -> String {
    format!(
        "(NEW.current_asn IS NOT OLD.current_asn OR NEW.session_count IS NOT OLD.session_count OR {})",
        is_seen_anew()
    )
}

/// Every trigger.
pub(crate) fn triggers(foreign: &ForeignColumns) -> Vec<Trigger> {
    let either =
        format!("WHEN NOT ({IS_FOREIGN}) THEN coalesce(session_count, 0) + 1\n      {THEIRS}");
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
