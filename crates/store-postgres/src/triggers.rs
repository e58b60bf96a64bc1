//! The triggers that count writes and keep the history, and the functions that they call.
//! While a transaction of ours counts for itself they are set aside: see `triggers_aside`.

use ipcascade_core::store::{MigrateOptions, MigrationStep};
use ipcascade_store::schema::{ASN_INVENTORY, IP_ASN_HISTORY, IP_INVENTORY, SESSION_SUMMARIES};
use ipcascade_store::sql::quoted;

use crate::catalog::{Catalog, FunctionFacts};
use crate::columns::TableColumns;
use crate::ddl::step;

struct Function {
    name: &'static str,
    arguments: &'static str,
    returns: &'static str,
    is_immutable: bool,
    is_security_definer: bool,
    settings: &'static [(&'static str, &'static str)],
    body: &'static str,
    description: &'static str,
}

/// A function that counts. Plans inside are kept for the life of a connection: one that was made while a table was
/// empty must not read the whole table later.
const fn counting(name: &'static str, body: &'static str, description: &'static str) -> Function {
    Function {
        name,
        arguments: "",
        returns: "trigger",
        is_immutable: false,
        is_security_definer: true,
        settings: &[("TimeZone", "UTC"), ("enable_seqscan", "off")],
        body,
        description,
    }
}

/// None of them is PARALLEL SAFE: reading a time may start a subtransaction, which parallel plans refuse.
const FUNCTIONS: &[Function] = &[
    Function {
        name: "ipcascade_moment",
        arguments: "value text",
        returns: "timestamptz",
        is_immutable: true,
        is_security_definer: false,
        settings: &[("TimeZone", "UTC"), ("DateStyle", "ISO, YMD")],
        body: include_str!("sql/moment.sql"),
        description: "Function that reads the times inside documents",
    },
    Function {
        name: "ipcascade_due_key",
        arguments: "cached_at text, is_found text, retry_at text",
        returns: "text",
        is_immutable: true,
        is_security_definer: false,
        settings: &[("TimeZone", "UTC")],
        body: include_str!("sql/due_key.sql"),
        description: "Function that sorts sections by when they are due",
    },
    counting(
        "ipcascade_count_addresses",
        include_str!("sql/count_addresses.sql"),
        "Function that keeps the statistics of autonomous systems exact",
    ),
    counting(
        "ipcascade_count_sessions",
        include_str!("sql/count_sessions.sql"),
        "Function that keeps the number of sessions of addresses exact",
    ),
    counting(
        SETTLE,
        include_str!("sql/settle.sql"),
        "Function that counts at commit what a transaction has changed",
    ),
    counting(
        "ipcascade_count_new_systems",
        include_str!("sql/count_new_systems.sql"),
        "Function that counts the addresses of autonomous systems that are added",
    ),
    counting(
        HISTORY,
        include_str!("sql/keep_history.sql"),
        "Function that keeps the history of addresses that other programs move",
    ),
    counting(
        "ipcascade_forget_history",
        include_str!("sql/forget_history.sql"),
        "Function that deletes the history of an address with it",
    ),
];

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

const SETTLE: &str = "ipcascade_settle";
const ADDRESSES: &str = "ipcascade_count_addresses";
const SESSIONS: &str = "ipcascade_count_sessions";
const HISTORY: &str = "ipcascade_keep_history";

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

/// A table of what a transaction has written but not counted yet. Its rows are deleted before the commit, so that a
/// crash can lose none.
struct PendingTable {
    name: &'static str,
    columns: &'static str,
}

const PENDING: [PendingTable; 2] = [
    PendingTable {
        name: "ipcascade_pending_sessions",
        columns: "source_ip text NOT NULL, added bigint NOT NULL, removed bigint NOT NULL",
    },
    PendingTable {
        name: "ipcascade_pending_addresses",
        columns: "asn bigint NOT NULL, addresses bigint NOT NULL, sessions bigint NOT NULL, \
                  first_seen timestamptz, last_seen timestamptz, span_from timestamptz, \
                  span_to timestamptz",
    },
];

/// The trigger on each, which fires at the commit of the writer.
pub(crate) const SETTLED: &str = "ipcascade_settled";

impl PendingTable {
    /// The table with its trigger, which must exist before anything is written to it.
    fn plan(&self, catalog: &Catalog, steps: &mut Vec<MigrationStep>) {
        let Self { name, columns } = self;
        let key = ((*name).to_owned(), SETTLED.to_owned());
        match catalog.triggers.get(&key) {
            Some(true) => {}
            Some(false) => steps.push(step(
                format!("Trigger of {name}, which was disabled"),
                format!("ALTER TABLE {name} ENABLE TRIGGER {SETTLED}"),
            )),
            None => steps.push(step(
                format!("Table {name}, which is empty after each commit"),
                format!(
                    "CREATE UNLOGGED TABLE IF NOT EXISTS {name} \
                     (tx xid8 NOT NULL DEFAULT pg_current_xact_id(), {columns});\n\
                     CREATE INDEX IF NOT EXISTS {name}_tx ON {name} (tx);\n\
                     CREATE CONSTRAINT TRIGGER {SETTLED} AFTER INSERT ON {name} \
                     DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION {SETTLE}();\n\
                     -- Functions that are there keep their owners, who write here.\n\
                     DO $$ DECLARE owner text; BEGIN FOR owner IN SELECT DISTINCT p.proowner::regrole::text \
                     FROM pg_proc p JOIN pg_proc s ON s.pronamespace = p.pronamespace \
                     WHERE s.oid = '{SETTLE}()'::regprocedure AND starts_with(p.proname, 'ipcascade_') \
                     LOOP EXECUTE 'GRANT SELECT, INSERT, DELETE ON {name} TO ' || owner; END LOOP; END $$"
                ),
            )),
        }
    }
}

/// Functions that are missing or outdated, and the tables that they write to.
pub(crate) fn plan_functions(
    catalog: &Catalog,
    options: &MigrateOptions,
    steps: &mut Vec<MigrationStep>,
) {
    let targets = Targets::of(catalog, options);
    for function in FUNCTIONS {
        plan_function(catalog, function, &targets, steps);
    }
    for pending in &PENDING {
        pending.plan(catalog, steps);
    }
}

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

/// Adds the missing ones of the AS rows `numbers`, `spans_from`, `spans_to`.
const MISSING_ASNS: &str = include_str!("sql/missing_asns.sql");

/// What a trigger needs to know about the tables into which it inserts: columns of other programs, with values for
/// them.
struct Targets {
    asns: (String, String),
    history: (String, String),
    greatest_asn: u32,
    /// Whether a foreign key refers to AS rows.
    asns_are_referred_to: bool,
}

impl Targets {
    fn of(catalog: &Catalog, options: &MigrateOptions) -> Self {
        let columns = TableColumns::of(catalog);
        let mut history = columns.filler(IP_ASN_HISTORY.name);
        if columns.attributions_need_sources {
            history.0.push_str(", verification_source");
            history.1.push_str(", ''");
        }
        Self {
            asns: columns.filler(ASN_INVENTORY.name),
            history,
            greatest_asn: match options.widen_asn {
                true => u32::MAX,
                false => columns.greatest_asn,
            },
            asns_are_referred_to: [
                (IP_ASN_HISTORY.name, "asn_number"),
                (IP_INVENTORY.name, "current_asn"),
            ]
            .iter()
            .any(|(table, column)| {
                let key = ((*table).to_owned(), (*column).to_owned());
                // A table of ours has it from its creation.
                !catalog.tables.contains_key(*table) || catalog.foreign_keys.contains(&key)
            }),
        }
    }

    fn fill_in(&self, body: &str) -> String {
        body.replace("{missing_asns}", MISSING_ASNS.trim_end())
            .replace("{columns}", &self.asns.0)
            .replace("{values}", &self.asns.1)
            .replace("{history_columns}", &self.history.0)
            .replace("{history_values}", &self.history.1)
            .replace(
                "{asns_are_needed_now}",
                if self.asns_are_referred_to {
                    "TRUE"
                } else {
                    "FALSE"
                },
            )
            .replace("{greatest_asn}", &self.greatest_asn.to_string())
    }
}

/// A function that is missing or differs in any respect.
fn plan_function(
    catalog: &Catalog,
    function: &Function,
    targets: &Targets,
    steps: &mut Vec<MigrationStep>,
) {
    let Function {
        name,
        arguments,
        returns,
        is_immutable,
        is_security_definer,
        settings,
        body,
        description,
    } = function;
    let path = |schema: &str| format!("{schema}, pg_temp");
    let in_catalog = settings
        .iter()
        .map(|(name, value)| format!("{name}={value}"));
    let path_in_catalog = format!("search_path={}", path(&catalog.schema_in_lists));
    let wanted = FunctionFacts {
        source: format!("\n{}", targets.fill_in(body)),
        is_immutable: *is_immutable,
        is_parallel_safe: false,
        is_security_definer: *is_security_definer,
        settings: in_catalog.chain([path_in_catalog]).collect(),
    };
    let key = ((*name).to_owned(), (*arguments).to_owned());
    if catalog.functions.get(&key) == Some(&wanted) {
        return;
    }
    let volatility = if *is_immutable { "IMMUTABLE " } else { "" };
    let security = if *is_security_definer {
        "SECURITY DEFINER "
    } else {
        ""
    };
    let settings: String = settings
        .iter()
        .map(|(name, value)| format!("SET {name} = '{value}' "))
        .collect();
    let (path, body) = (path(&quoted(&catalog.schema)), wanted.source);
    steps.push(step(
        (*description).to_owned(),
        format!(
            "CREATE OR REPLACE FUNCTION {name}({arguments}) RETURNS {returns}\n\
             LANGUAGE plpgsql {volatility}PARALLEL UNSAFE {security}{settings}\
             SET search_path = {path}\nAS $ipcascade${body}$ipcascade$"
        ),
    ));
}
