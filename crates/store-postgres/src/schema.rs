//! The migration planner: from what the database holds to the steps that are still missing.
//!
//! There is one planner for every database. An empty one lacks everything and gets whole tables; a
//! deployed one lacks some tables, columns and indexes, and all triggers. Nothing is ever dropped
//! or rewritten, but for columns of AS numbers when that is asked for.

use crate::catalog::{Catalog, FunctionFacts};
use crate::indexes::NewIndex;
use crate::shape::Shape;
use crate::tables::{self, INDEXES};
use ipcascade_core::{MigrateOptions, MigrationStep};
use ipcascade_store::schema::{
    ASN_INVENTORY, BOOKS, Column, IP_ASN_HISTORY, IP_INVENTORY, SCHEMA_MARK, SESSION_SUMMARIES,
    TABLES, Table, VERSION, asn_columns,
};

/// Whether there is an inventory, ours or one to adopt.
pub(crate) fn is_there(catalog: &Catalog) -> bool {
    BOOKS
        .iter()
        .any(|table| catalog.tables.contains_key(table.name))
}

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

/// A function that counts. Plans inside are kept for the life of a connection: one that was made while
/// a table was empty must not read the whole of it later on.
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

/// None is PARALLEL SAFE: reading a time may start a subtransaction, which parallel plans refuse.
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

const ADDRESSES: &str = "ipcascade_count_addresses";
const SESSIONS: &str = "ipcascade_count_sessions";
const HISTORY: &str = "ipcascade_keep_history";

/// Triggers of one event fire in the order of their names: the history refers to rows of autonomous
/// systems that counting makes.
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

/// Where the history has a foreign key to addresses, as adopted tables may.
const WITH_FOREIGN_KEY: Trigger = Trigger {
    table: IP_INVENTORY.name,
    name: "ipcascade_deleted_first",
    event: "DELETE",
    when: When::BeforeRow,
    function: "ipcascade_forget_history",
};

/// What a database lacks.
#[derive(Default)]
pub(crate) struct Missing {
    /// Tables, columns, functions and small indexes, in order.
    pub(crate) steps: Vec<MigrationStep>,
    /// Indexes that are built beside writers, when those steps are done.
    pub(crate) online: Vec<(MigrationStep, NewIndex)>,
    /// Triggers, which must not count without an index, and the mark that all is done.
    pub(crate) last: Vec<MigrationStep>,
}

impl Missing {
    /// Every step.
    pub(crate) fn into_steps(self) -> Vec<MigrationStep> {
        let online = self.online.into_iter().map(|(step, _)| step);
        self.steps
            .into_iter()
            .chain(online)
            .chain(self.last)
            .collect()
    }

    fn index(&mut self, description: String, index: NewIndex) {
        let step = step(description, index.sql.clone());
        if index.is_online {
            self.online.push((step, index));
        } else {
            self.steps.push(step);
        }
    }
}

/// What `catalog` lacks; indexes of tables from `online_mib` MiB on are built online.
pub(crate) fn plan(catalog: &Catalog, options: &MigrateOptions, online_mib: u64) -> Missing {
    let mut missing = Missing::default();
    for table in TABLES {
        plan_table(catalog, table, online_mib, &mut missing);
    }
    let steps = &mut missing.steps;
    if options.widen_asn {
        plan_widening(catalog, steps);
    }
    let targets = Targets::of(catalog, options);
    for function in FUNCTIONS {
        plan_function(catalog, function, &targets, steps);
    }
    let last = &mut missing.last;
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
            Some(false) => last.push(step(
                format!("Trigger on {event} of {table}, which was disabled"),
                format!("ALTER TABLE {table} ENABLE TRIGGER {name}"),
            )),
            None => {
                let (moment, scope) = match when {
                    When::AfterStatement(tables) => {
                        ("AFTER", format!("{tables}FOR EACH STATEMENT"))
                    }
                    When::BeforeRow => ("BEFORE", "FOR EACH ROW".to_owned()),
                };
                last.push(step(
                    format!("Trigger on {event} of {table}"),
                    format!(
                        "CREATE TRIGGER {name} {moment} {event} ON {table} {scope} \
                         EXECUTE FUNCTION {function}()"
                    ),
                ));
            }
        }
    }
    if catalog
        .version
        .is_none_or(|version| version < VERSION.into())
    {
        last.push(step(
            format!("Mark the schema as version {VERSION}"),
            format!(
                "INSERT INTO {} (version) VALUES ({VERSION})",
                SCHEMA_MARK.name
            ),
        ));
    }
    missing
}

fn step(description: String, sql: String) -> MigrationStep {
    MigrationStep { description, sql }
}

fn plan_table(catalog: &Catalog, table: &Table, online_mib: u64, missing: &mut Missing) {
    let name = table.name;
    let steps = &mut missing.steps;
    let found = catalog.tables.get(name);
    match found {
        None => steps.push(step(format!("Table {name}"), tables::create(table))),
        Some(columns) => {
            let is_missing = |column: &&Column| !columns.contains_key(column.name);
            for column in table.columns.iter().filter(is_missing) {
                let description = format!("Column {} of {name}", column.name);
                steps.push(step(description, tables::add(table, column)));
            }
        }
    }
    for index in INDEXES.iter().filter(|index| index.table == name) {
        let columns = index.columns;
        let serves = |(of, over): &(String, String)| {
            of == name && (over == columns || over.starts_with(&format!("{columns},")))
        };
        if !catalog.indexes.iter().any(serves) {
            let over = format!("({columns})");
            missing.index(
                format!("Index over {columns} of {name}"),
                NewIndex::new(catalog, index.name, name, &over, online_mib),
            );
        }
    }
}

fn plan_widening(catalog: &Catalog, steps: &mut Vec<MigrationStep>) {
    for (table, column) in asn_columns() {
        if catalog
            .kind(table, column)
            .is_some_and(|kind| kind != "bigint")
        {
            steps.push(step(
                format!("Widen {column} of {table} to 64 bits (rewrites the table)"),
                format!("ALTER TABLE {table} ALTER COLUMN {column} TYPE BIGINT"),
            ));
        }
    }
}

/// What a trigger must know of the tables into which it inserts: columns of others, with values for them.
struct Targets {
    asns: (String, String),
    history: (String, String),
    greatest_asn: u32,
}

impl Targets {
    fn of(catalog: &Catalog, options: &MigrateOptions) -> Self {
        let shape = Shape::of(catalog);
        let mut history = shape.filler(IP_ASN_HISTORY.name);
        if shape.attributions_need_sources {
            history.0.push_str(", verification_source");
            history.1.push_str(", ''");
        }
        Self {
            asns: shape.filler(ASN_INVENTORY.name),
            history,
            greatest_asn: match options.widen_asn {
                true => u32::MAX,
                false => shape.greatest_asn,
            },
        }
    }

    fn fill_in(&self, body: &str) -> String {
        body.replace("{columns}", &self.asns.0)
            .replace("{values}", &self.asns.1)
            .replace("{history_columns}", &self.history.0)
            .replace("{history_values}", &self.history.1)
            .replace("{greatest_asn}", &self.greatest_asn.to_string())
    }
}

/// A function that is missing or not as it should be, in whatever respect.
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

/// A name as SQL has it.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
