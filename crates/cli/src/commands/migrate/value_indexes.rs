//! Indexes of merged fields: those of the values that sections have, one for each source that may have the field.

use std::time::Instant;

use ipcascade_core::near_miss::suggestion;
use ipcascade_core::policy::Policy;
use ipcascade_core::store::{
    MigrateOptions, MigrationStep, OpenMode, SectionKey, Store, ValueIndex,
};
use serde::Serialize;

use crate::app::App;
use crate::exit::Exit;
use crate::output::{Align, OutputFormat, words};
use crate::records::field::{self, RecordField};
use crate::records::{Addresses, RecordKind as _};
use crate::report::{CliError, CommandResult};

/// Where sections have the fields of these names.
pub(super) fn section_keys(
    names: &[String],
    option: &str,
    policy: &Policy,
) -> Result<Vec<SectionKey>, CliError> {
    let fields = Addresses::fields(policy);
    let mut keys = Vec::new();
    for name in names {
        let of_option = |error: String| CliError::usage(format!("--{option}: {error}"));
        let field = field::named(name, &fields).map_err(of_option)?;
        let Some(merged) = Addresses::merged_field(&field) else {
            let merged = fields
                .iter()
                .filter(|field| Addresses::merged_field(field).is_some());
            let merged: Vec<&str> = merged.map(|field| field.name).collect();
            let fields = suggestion(field.name, &merged, "those of sources are");
            return Err(of_option(format!(
                "`{}` is a column of the inventory, not a field that sources have; {fields}",
                field.name
            )));
        };
        for (provider, key) in policy.candidates(merged) {
            let key = SectionKey { provider, key };
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
    Ok(keys)
}

/// Makes and drops indexes one by one, and reports what each takes.
pub(super) async fn change(
    app: &App<'_>,
    made: &[SectionKey],
    dropped: &[SectionKey],
) -> Result<Vec<MigrationStep>, CliError> {
    let store = app.open_store(OpenMode::Write).await?;
    let changes = made.iter().map(|&key| MigrateOptions {
        indexes: vec![key],
        ..MigrateOptions::default()
    });
    let changes = changes.chain(dropped.iter().map(|&key| MigrateOptions {
        dropped_indexes: vec![key],
        ..MigrateOptions::default()
    }));
    let mut done = Vec::new();
    for change in changes {
        for step in store.pending_migrations(&change).await? {
            app.output()
                .detail(&format!("begins: {}", step.description));
        }
        let start = Instant::now();
        let steps = store.migrate(&change).await?;
        for step in &steps {
            let cost = cost(&*store, change.indexes.first(), start).await?;
            app.output()
                .notice(&format!("done: {}{cost}", step.description));
        }
        done.extend(steps);
    }
    store.close().await;
    Ok(done)
}

/// What an index has taken: time and bytes.
async fn cost(
    store: &dyn Store,
    key: Option<&SectionKey>,
    start: Instant,
) -> Result<String, CliError> {
    let Some(name) = key.and_then(SectionKey::in_identifiers) else {
        return Ok(String::new());
    };
    let took = words::seconds(start.elapsed());
    let indexes = store.value_indexes().await?;
    let index = indexes.iter().find(|index| index.key == name);
    Ok(index.map_or_else(String::new, |index| {
        format!(" ({took}, {})", words::bytes(index.bytes))
    }))
}

/// An index that there is.
#[derive(Debug, Serialize)]
struct Listed {
    /// The fields that it is for.
    fields: Vec<&'static str>,
    /// The source that has it in its sections.
    source: String,
    key: String,
    bytes: u64,
}

impl Listed {
    fn of(index: &ValueIndex, fields: &[RecordField], policy: &Policy) -> Self {
        let name = index.key.as_str();
        let mut listed = Self {
            fields: Vec::new(),
            source: name.to_owned(),
            key: String::new(),
            bytes: index.bytes,
        };
        if let Some((source, key)) = name.split_once('$') {
            listed.source = source.to_owned();
            listed.key = key.to_owned();
        }
        let is_of = |field: &&RecordField| {
            let merged = Addresses::merged_field(field);
            let mut keys = merged
                .into_iter()
                .flat_map(|field| policy.candidates(field));
            keys.any(|(provider, key)| {
                SectionKey { provider, key }.in_identifiers().as_deref() == Some(name)
            })
        };
        listed.fields = fields
            .iter()
            .filter(is_of)
            .map(|field| field.name)
            .collect();
        listed
    }
}

/// Lists the indexes that there are.
pub(super) async fn list(app: &App<'_>, format: OutputFormat) -> CommandResult {
    let policy = app.policy()?;
    let fields = Addresses::fields(&policy);
    let store = app.open_store(OpenMode::Read).await?;
    let indexes = store.value_indexes().await?;
    store.close().await;
    let listed: Vec<Listed> = indexes
        .iter()
        .map(|index| Listed::of(index, &fields, &policy))
        .collect();
    let output = app.output();
    if format != OutputFormat::Table {
        output.json(&listed, format)?;
        return Ok(Exit::Done);
    }
    if listed.is_empty() {
        output.notice("no merged field has an index; `ipcascade migrate --index FIELD` makes one");
        return Ok(Exit::Done);
    }
    let columns = [
        ("FIELD", Align::Left),
        ("SOURCE", Align::Left),
        ("KEY", Align::Left),
        ("SIZE", Align::Right),
    ];
    let mut table = output.table(&columns);
    for index in listed {
        table.row([
            index.fields.join(", "),
            index.source,
            index.key,
            words::bytes(index.bytes),
        ]);
    }
    output.print_table(&table)?;
    Ok(Exit::Done)
}
