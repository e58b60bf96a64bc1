//! The triggers that count writes and keep the history.

use ipcascade_core::store::MigrationStep;
use ipcascade_store::schema::{ASN_INVENTORY, IP_ASN_HISTORY, IP_INVENTORY, SESSION_SUMMARIES};

use crate::catalog::Catalog;
use crate::ddl::step;
use crate::triggers::names::{ADDRESSES, HISTORY, SESSIONS};

struct Trigger {
    table: &'static str,
    name: &'static str,
    event: &'static str,
    when: When,
    function: &'static str,
}

/// When a trigger fires.
enum When {
    /// Once for a statement, after it, with these transition tables.
    AfterStatement(&'static str),
    /// For each row, before it is written.
    BeforeRow,
}

const ADDED: &str = "REFERENCING NEW TABLE AS added ";
const REMOVED: &str = "REFERENCING OLD TABLE AS removed ";
const BOTH: &str = "REFERENCING OLD TABLE AS removed NEW TABLE AS added ";

const fn trigger(
    table: &'static str,
    name: &'static str,
    event: &'static str,
    referencing: &'static str,
    function: &'static str,
) -> Trigger {
    Trigger {
        table,
        name,
        event,
        when: When::AfterStatement(referencing),
        function,
    }
}

/// Triggers of one event fire in the order of their names: if the history refers to AS rows, counting creates them.
const TRIGGERS: &[Trigger] = &[
    trigger(
        IP_INVENTORY.name,
        "ipcascade_inserted",
        "INSERT",
        ADDED,
        ADDRESSES,
    ),
    trigger(
        IP_INVENTORY.name,
        "ipcascade_updated",
        "UPDATE",
        BOTH,
        ADDRESSES,
    ),
    trigger(
        IP_INVENTORY.name,
        "ipcascade_inserted_history",
        "INSERT",
        ADDED,
        HISTORY,
    ),
    trigger(
        IP_INVENTORY.name,
        "ipcascade_updated_history",
        "UPDATE",
        BOTH,
        HISTORY,
    ),
    trigger(
        IP_INVENTORY.name,
        "ipcascade_deleted_history",
        "DELETE",
        REMOVED,
        HISTORY,
    ),
    trigger(
        IP_INVENTORY.name,
        "ipcascade_truncated_history",
        "TRUNCATE",
        "",
        HISTORY,
    ),
    trigger(
        IP_INVENTORY.name,
        "ipcascade_deleted",
        "DELETE",
        REMOVED,
        ADDRESSES,
    ),
    trigger(
        IP_INVENTORY.name,
        "ipcascade_truncated",
        "TRUNCATE",
        "",
        ADDRESSES,
    ),
    trigger(
        SESSION_SUMMARIES.name,
        "ipcascade_inserted",
        "INSERT",
        ADDED,
        SESSIONS,
    ),
    trigger(
        SESSION_SUMMARIES.name,
        "ipcascade_updated",
        "UPDATE",
        BOTH,
        SESSIONS,
    ),
    trigger(
        SESSION_SUMMARIES.name,
        "ipcascade_deleted",
        "DELETE",
        REMOVED,
        SESSIONS,
    ),
    trigger(
        SESSION_SUMMARIES.name,
        "ipcascade_truncated",
        "TRUNCATE",
        "",
        SESSIONS,
    ),
    trigger(
        ASN_INVENTORY.name,
        "ipcascade_inserted",
        "INSERT",
        ADDED,
        "ipcascade_count_new_systems",
    ),
];

/// For a history with a foreign key to addresses, as adopted tables may have.
const WITH_FOREIGN_KEY: Trigger = Trigger {
    table: IP_INVENTORY.name,
    name: "ipcascade_deleted_first",
    event: "DELETE",
    when: When::BeforeRow,
    function: "ipcascade_forget_history",
};

/// Triggers that are missing or disabled.
pub(crate) fn plan_triggers(catalog: &Catalog, steps: &mut Vec<MigrationStep>) {
    let history = (IP_ASN_HISTORY.name.to_owned(), "ip_address".to_owned());
    let has_key = catalog.foreign_keys.contains(&history);
    let with_key = has_key.then_some(&WITH_FOREIGN_KEY);
    for trigger in TRIGGERS.iter().chain(with_key) {
        let Trigger {
            table,
            name,
            event,
            when,
            function,
        } = trigger;
        let key = ((*table).to_owned(), (*name).to_owned());
        match catalog.triggers.get(&key) {
            Some(true) => {}
            Some(false) => steps.push(step(
                format!("Trigger on {event} of {table}, which was disabled"),
                format!("ALTER TABLE {table} ENABLE TRIGGER {name}"),
            )),
            None => {
                let (timestamp, scope) = match when {
                    When::AfterStatement(tables) => {
                        ("AFTER", format!("{tables}FOR EACH STATEMENT"))
                    }
                    When::BeforeRow => ("BEFORE", "FOR EACH ROW".to_owned()),
                };
                steps.push(step(
                    format!("Trigger on {event} of {table}"),
                    format!(
                        "CREATE TRIGGER {name} {timestamp} {event} ON {table} {scope} \
                         EXECUTE FUNCTION {function}()"
                    ),
                ));
            }
        }
    }
}
