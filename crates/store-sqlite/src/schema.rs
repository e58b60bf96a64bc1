//! The schema: its definition, what a database lacks of it, and migrations.

use ipcascade_core::store::{MigrationStep, StoreError};
use ipcascade_store::schema::{
    ASN_INVENTORY, BOOKS, IP_ASN_HISTORY, Table, VERSION, check_version,
};

use crate::catalog::Catalog;
use crate::dialect::normalised;
use crate::tables::INDEXES;
use crate::triggers::{ForeignColumns, Trigger};
use crate::{tables, triggers};

/// Columns that are read as unknown if they do not exist.
const NOT_NEEDED_TO_READ: &[&str] = &["session_rows", "sessions_without_row", "event_ids"];

/// Whether there is an inventory, ours or one to adopt.
pub(crate) fn is_there(catalog: &Catalog) -> bool {
    BOOKS.iter().any(|table| catalog.has_table(table.name))
}

/// A missing step.
pub(crate) struct Missing {
    /// The step.
    pub(crate) step: MigrationStep,
    /// Whether lists cannot be read before it is done.
    pub(crate) blocks_reading: bool,
}

impl Missing {
    /// A step that reading does not need.
    const fn new(description: String, sql: String) -> Self {
        Self {
            step: MigrationStep { description, sql },
            blocks_reading: false,
        }
    }
}

/// What `catalog` lacks of the schema, in the order of creation. Everything is additive; only triggers of our own are
/// ever replaced.
///
/// # Errors
///
/// If a newer version of the program created the schema.
pub(crate) fn missing(catalog: &Catalog) -> Result<Vec<Missing>, StoreError> {
    check_version(catalog.version)?;
    let mut steps = Vec::new();
    for table in tables::tables() {
        add_table(catalog, table, &mut steps);
    }
    for index in INDEXES {
        let is_there = catalog.has_index(index.name)
            || !index.is_moment && catalog.is_indexed(index.table, index.column);
        if !is_there {
            let on = match index.is_moment {
                true => normalised(index.column),
                false => index.column.to_owned(),
            };
            steps.push(Missing::new(
                format!("index on {} of {}", index.column, index.table),
                format!("CREATE INDEX {} ON {} ({on})", index.name, index.table),
            ));
        }
    }
    for trigger in triggers_for(catalog) {
        add_trigger(catalog, trigger, &mut steps);
    }
    let is_older = |version| version < VERSION.into();
    if catalog.version.is_none_or(is_older) {
        steps.push(Missing::new(
            format!("schema version {VERSION}"),
            format!("INSERT INTO ipcascade_schema (version) VALUES ({VERSION})"),
        ));
    }
    Ok(steps)
}

/// A table, or the columns that it lacks.
fn add_table(catalog: &Catalog, table: &Table, steps: &mut Vec<Missing>) {
    let is_read = BOOKS.iter().any(|book| book.name == table.name);
    if !catalog.has_table(table.name) {
        let description = format!("table {}: {}", table.name, table.purpose);
        steps.push(Missing {
            blocks_reading: is_read,
            ..Missing::new(description, tables::create(table))
        });
        return;
    }
    for column in table.columns {
        if !catalog.has_column(table.name, column.name) {
            let description = format!("column {} of {}", column.name, table.name);
            steps.push(Missing {
                blocks_reading: is_read && !NOT_NEEDED_TO_READ.contains(&column.name),
                ..Missing::new(description, tables::add(table, column))
            });
        }
    }
}

/// A trigger that is not there, or has another text.
fn add_trigger(catalog: &Catalog, trigger: Trigger, steps: &mut Vec<Missing>) {
    let Trigger { name, purpose, sql } = trigger;
    match catalog.trigger(name) {
        Some(known) if known == sql => return,
        Some(_) => steps.push(Missing::new(
            format!("an older trigger {name}"),
            format!("DROP TRIGGER {name}"),
        )),
        None => {}
    }
    steps.push(Missing::new(format!("trigger {name}: {purpose}"), sql));
}

/// Our triggers on these tables, by name and text.
pub(crate) fn own_triggers(catalog: &Catalog) -> Vec<(&'static str, String)> {
    let triggers = triggers_for(catalog).into_iter();
    triggers
        .map(|trigger| (trigger.name, trigger.sql))
        .collect()
}

fn triggers_for(catalog: &Catalog) -> Vec<Trigger> {
    triggers::triggers(&foreign_columns(catalog))
}

/// Columns that are not ours and must be set, in tables into which triggers insert.
fn foreign_columns(catalog: &Catalog) -> ForeignColumns {
    let of = |table: &Table| {
        let ours: Vec<&str> = table.column_names().collect();
        catalog.foreign_columns(table.name, &ours)
    };
    let mut history = of(IP_ASN_HISTORY);
    if catalog.must_be_given(IP_ASN_HISTORY.name, "verification_source") {
        history.push(("verification_source".to_owned(), "''"));
    }
    ForeignColumns {
        asns: of(ASN_INVENTORY),
        history,
    }
}
