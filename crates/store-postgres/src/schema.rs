//! The migration planner: derives the missing steps from what the database contains.
//!
//! There is one planner for every database. An empty one lacks everything and gets whole tables; a deployed one lacks
//! some tables, columns and indexes, and all triggers. Nothing is ever dropped or rewritten, except ASN columns on
//! request.

use ipcascade_core::store::{MigrateOptions, MigrationStep, StoreResult};
use ipcascade_store::schema::{BOOKS, Column, SCHEMA_MARK, TABLES, Table, VERSION, asn_columns};

use crate::catalog::Catalog;
use crate::ddl::step;
use crate::new_index::NewIndex;
use crate::tables::INDEXES;
use crate::{plan_value_indexes, tables, triggers};

/// Whether there is an inventory, ours or one to adopt.
pub(crate) fn is_there(catalog: &Catalog) -> bool {
    BOOKS
        .iter()
        .any(|table| catalog.tables.contains_key(table.name))
}

/// What a database lacks.
#[derive(Default)]
pub(crate) struct Missing {
    /// Tables, columns, functions and small indexes, in order.
    pub(crate) steps: Vec<MigrationStep>,
    /// Indexes that are built concurrently, after those steps.
    pub(crate) online: Vec<(MigrationStep, NewIndex)>,
    /// Triggers, which must not count without an index, and the mark that everything is done.
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

/// What `catalog` lacks; indexes of tables from `online_from` octets on are built concurrently.
///
/// # Errors
///
/// If an index is asked for that cannot be made.
pub(crate) fn plan(
    catalog: &Catalog,
    options: &MigrateOptions,
    online_from: u64,
) -> StoreResult<Missing> {
    let mut missing = Missing::default();
    for table in TABLES {
        plan_table(catalog, table, online_from, &mut missing);
    }
    let steps = &mut missing.steps;
    if options.widen_asn {
        plan_widening(catalog, steps);
    }
    triggers::plan_functions(catalog, options, steps);
    steps.extend(plan_value_indexes::dropped(catalog, options)?);
    for (description, index) in plan_value_indexes::made(catalog, options, online_from)? {
        missing.index(description, index);
    }
    let last = &mut missing.last;
    triggers::plan_triggers(catalog, last);
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
    Ok(missing)
}

fn plan_table(catalog: &Catalog, table: &Table, online_from: u64, missing: &mut Missing) {
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
                NewIndex::new(catalog, index.name, name, &over, online_from),
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
