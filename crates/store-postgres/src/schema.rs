//! The migration planner: from what the database holds to the steps that are still missing.
//!
//! There is one planner for every database. An empty one lacks everything and gets whole tables; a
//! deployed one lacks some tables, columns and indexes, and all triggers. Nothing is ever dropped
//! or rewritten, but for columns of AS numbers when that is asked for.

use ipcascade_core::{MigrateOptions, MigrationStep};

use crate::catalog::Catalog;
use crate::indexes::NewIndex;
use crate::shape::Shape;
use crate::tables::{
    ASN_INVENTORY, Column, IP_ASN_HISTORY, IP_INVENTORY, SCHEMA_MARK, SESSION_SUMMARIES, TABLES,
    Table,
};

/// The version of the schema that this program makes.
pub(crate) const VERSION: i32 = 2;

/// The columns that hold AS numbers.
pub(crate) const ASN_COLUMNS: &[(&str, &str)] = &[
    (ASN_INVENTORY, "asn_number"),
    (IP_INVENTORY, "current_asn"),
    (SESSION_SUMMARIES, "snapshot_asn"),
    (IP_ASN_HISTORY, "asn_number"),
];

struct Function {
    name: &'static str,
    signature: &'static str,
    attributes: &'static str,
    body: &'static str,
    description: &'static str,
}

/// Plans inside the functions are kept for the life of a connection: one that was made while a
/// table was empty must not read the whole of it later on.
const COUNTING: &str = "SECURITY DEFINER SET timezone = 'UTC' SET enable_seqscan = off";

const FUNCTIONS: &[Function] = &[
    Function {
        name: "ipcascade_moment",
        signature: "(value text) RETURNS timestamptz",
        attributes: "IMMUTABLE PARALLEL SAFE SET timezone = 'UTC' SET datestyle = 'ISO, YMD'",
        body: include_str!("sql/moment.sql"),
        description: "Function that reads the times inside documents",
    },
    Function {
        name: "ipcascade_due_key",
        signature: "(cached_at text, is_found text, retry_at text) RETURNS text",
        attributes: "IMMUTABLE PARALLEL SAFE SET timezone = 'UTC'",
        body: include_str!("sql/due_key.sql"),
        description: "Function that sorts sections by when they are due",
    },
    Function {
        name: "ipcascade_count_addresses",
        signature: "() RETURNS trigger",
        attributes: COUNTING,
        body: include_str!("sql/count_addresses.sql"),
        description: "Function that keeps the statistics of autonomous systems exact",
    },
    Function {
        name: "ipcascade_count_sessions",
        signature: "() RETURNS trigger",
        attributes: COUNTING,
        body: include_str!("sql/count_sessions.sql"),
        description: "Function that keeps the number of sessions of addresses exact",
    },
    Function {
        name: "ipcascade_count_new_systems",
        signature: "() RETURNS trigger",
        attributes: COUNTING,
        body: include_str!("sql/count_new_systems.sql"),
        description: "Function that counts the addresses of autonomous systems that are added",
    },
];

struct Trigger {
    table: &'static str,
    name: &'static str,
    event: &'static str,
    referencing: &'static str,
    function: &'static str,
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
        referencing,
        function,
    }
}

const ADDRESSES: &str = "ipcascade_count_addresses";
const SESSIONS: &str = "ipcascade_count_sessions";

const TRIGGERS: &[Trigger] = &[
    trigger(
        IP_INVENTORY,
        "ipcascade_inserted",
        "INSERT",
        ADDED,
        ADDRESSES,
    ),
    trigger(IP_INVENTORY, "ipcascade_updated", "UPDATE", BOTH, ADDRESSES),
    trigger(
        IP_INVENTORY,
        "ipcascade_deleted",
        "DELETE",
        REMOVED,
        ADDRESSES,
    ),
    trigger(
        IP_INVENTORY,
        "ipcascade_truncated",
        "TRUNCATE",
        "",
        ADDRESSES,
    ),
    trigger(
        SESSION_SUMMARIES,
        "ipcascade_inserted",
        "INSERT",
        ADDED,
        SESSIONS,
    ),
    trigger(
        SESSION_SUMMARIES,
        "ipcascade_updated",
        "UPDATE",
        BOTH,
        SESSIONS,
    ),
    trigger(
        SESSION_SUMMARIES,
        "ipcascade_deleted",
        "DELETE",
        REMOVED,
        SESSIONS,
    ),
    trigger(
        SESSION_SUMMARIES,
        "ipcascade_truncated",
        "TRUNCATE",
        "",
        SESSIONS,
    ),
    trigger(
        ASN_INVENTORY,
        "ipcascade_inserted",
        "INSERT",
        ADDED,
        "ipcascade_count_new_systems",
    ),
];

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
    let made = NewSystems::of(catalog, options);
    for function in FUNCTIONS {
        plan_function(catalog, function, &made, steps);
    }
    let last = &mut missing.last;
    for trigger in TRIGGERS {
        let Trigger {
            table,
            name,
            event,
            referencing,
            function,
        } = trigger;
        let key = ((*table).to_owned(), (*name).to_owned());
        match catalog.triggers.get(&key) {
            Some(true) => {}
            Some(false) => last.push(step(
                format!("Trigger on {event} of {table}, which was disabled"),
                format!("ALTER TABLE {table} ENABLE TRIGGER {name}"),
            )),
            None => last.push(step(
                format!("Trigger on {event} of {table}"),
                format!(
                    "CREATE TRIGGER {name} AFTER {event} ON {table} {referencing}\
                     FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
                ),
            )),
        }
    }
    if catalog.version.is_none_or(|version| version < VERSION) {
        last.push(step(
            format!("Mark the schema as version {VERSION}"),
            format!("INSERT INTO {SCHEMA_MARK} (version) VALUES ({VERSION})"),
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
        None => {
            let columns = table.columns.iter().map(|column| match column.default {
                None => format!("{} {}", column.name, column.definition),
                Some(value) => format!("{} {} DEFAULT {value}", column.name, column.definition),
            });
            let constraints = table.constraints.iter().map(|text| (*text).to_owned());
            let parts: Vec<String> = columns.chain(constraints).collect();
            let sql = format!("CREATE TABLE {name} (\n    {}\n)", parts.join(",\n    "));
            steps.push(step(format!("Table {name}"), sql));
        }
        Some(columns) => {
            let is_missing = |column: &&Column| !columns.contains_key(column.name);
            for Column {
                name: column,
                definition,
                default,
            } in table.columns.iter().filter(is_missing)
            {
                let mut sql = format!("ALTER TABLE {name} ADD COLUMN {column} {definition}");
                if let Some(value) = default {
                    sql.push_str(&format!(", ALTER COLUMN {column} SET DEFAULT {value}"));
                }
                steps.push(step(format!("Column {column} of {name}"), sql));
            }
        }
    }
    for index in table.indexes {
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
    for (table, column) in ASN_COLUMNS {
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

/// What a trigger must know to make the row of a system.
struct NewSystems {
    columns: String,
    values: String,
    greatest_asn: u32,
}

impl NewSystems {
    fn of(catalog: &Catalog, options: &MigrateOptions) -> Self {
        let shape = Shape::of(catalog);
        let (columns, values) = shape.filler(ASN_INVENTORY);
        Self {
            columns,
            values,
            greatest_asn: match options.widen_asn {
                true => u32::MAX,
                false => shape.greatest_asn,
            },
        }
    }

    fn fill_in(&self, body: &str) -> String {
        body.replace("{columns}", &self.columns)
            .replace("{values}", &self.values)
            .replace("{greatest_asn}", &self.greatest_asn.to_string())
    }
}

fn plan_function(
    catalog: &Catalog,
    function: &Function,
    made: &NewSystems,
    steps: &mut Vec<MigrationStep>,
) {
    let Function {
        name,
        signature,
        attributes,
        body,
        description,
    } = function;
    let body = format!("\n{}", made.fill_in(body));
    if catalog.functions.get(*name) == Some(&body) {
        return;
    }
    let schema = quoted(&catalog.schema);
    steps.push(step(
        (*description).to_owned(),
        format!(
            "CREATE OR REPLACE FUNCTION {name}{signature}\nLANGUAGE plpgsql {attributes} \
             SET search_path = {schema}, pg_temp\nAS $ipcascade${body}$ipcascade$"
        ),
    ));
}

/// A name as SQL has it.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
