//! Indexes of merged fields: those of the values that sections have, one for each source that may have the field.

use std::time::{Duration, Instant};

use ipcascade_core::field::Field;
use ipcascade_core::near_miss::suggestion;
use ipcascade_core::policy::Policy;
use ipcascade_core::provider_name::ProviderName;
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

/// Fields whose values have a fraction.
const FRACTIONS: [Field; 2] = [Field::LATITUDE, Field::LONGITUDE];

/// Where sections have the fields of these names.
pub(super) fn section_keys(
    names: &[String],
    option: &str,
    app: &App<'_>,
) -> Result<Vec<SectionKey>, CliError> {
    let mut keys = Vec::new();
    if names.is_empty() {
        return Ok(keys);
    }
    let policy = app.policy()?;
    let fields = Addresses::fields(&policy);
    for name in names {
        // What the configuration no longer has can still be dropped.
        if let Some((provider, key)) = name.split_once('.').filter(|_| option == "drop-index") {
            keys.push(SectionKey {
                provider: ProviderName::new(provider.to_owned().leak()),
                key: key.to_owned().leak(),
            });
            continue;
        }
        let of_option = |error: String| CliError::usage(format!("--{option}: {error}"));
        let field = field::named(name, &fields).map_err(of_option)?;
        let Some(merged) = Addresses::merged_field(&field) else {
            let merged = fields
                .iter()
                .filter(|field| Addresses::merged_field(field).is_some());
            let merged: Vec<&str> = merged.map(|field| field.name).collect();
            let fields = suggestion(field.name, &merged, "sources have");
            return Err(of_option(format!(
                "`{}` is not a field that sources have in their sections; {fields}",
                field.name
            )));
        };
        if option == "index" && FRACTIONS.contains(&merged) {
            return Err(of_option(format!(
                "no list uses an index of `{}`: fractions are compared as they are in the documents",
                field.name
            )));
        }
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
        let cost = match change.indexes.first() {
            Some(key) => cost(&*store, *key, start.elapsed()).await?,
            None => String::new(),
        };
        for step in &steps {
            app.output()
                .notice(&format!("done: {}{cost}", step.description));
        }
        done.extend(steps);
    }
    store.close().await;
    Ok(done)
}

/// What the index of `key` has taken: time and bytes. One that is not there is an error, not only the warning that it was when
/// it failed.
async fn cost(store: &dyn Store, key: SectionKey, took: Duration) -> Result<String, CliError> {
    let indexes = store.value_indexes().await?;
    let mut finished = indexes.iter().filter(|index| index.is_finished);
    let Some(index) = finished.find(|index| index.is_of(key)) else {
        let error = CliError::failed(format!("the index of values of {key} was not built"));
        return Err(error.hint("the warning before says why; the same command tries again"));
    };
    let (took, bytes) = (words::seconds(took), words::bytes(index.bytes));
    Ok(format!(" ({took}, {bytes})"))
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
    /// Whether it is used.
    is_finished: bool,
}

impl Listed {
    fn of(index: &ValueIndex, fields: &[RecordField], policy: &Policy) -> Self {
        let name = index.key.as_str();
        let mut listed = Self {
            fields: Vec::new(),
            source: name.to_owned(),
            key: String::new(),
            bytes: index.bytes,
            is_finished: index.is_finished,
        };
        if let Some((source, key)) = name.split_once('$') {
            listed.source = source.to_owned();
            listed.key = key.to_owned();
        }
        let is_of = |field: &&RecordField| {
            let merged = Addresses::merged_field(field).into_iter();
            let mut keys = merged.flat_map(|field| policy.candidates(field));
            keys.any(|(provider, key)| index.is_of(SectionKey { provider, key }))
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
    let mut listed: Vec<Listed> = indexes
        .iter()
        .map(|index| Listed::of(index, &fields, &policy))
        .collect();
    listed.sort_by(|one, other| one.fields.cmp(&other.fields));
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
            match index.is_finished {
                true => words::bytes(index.bytes),
                false => "unfinished".to_owned(),
            },
        ]);
    }
    output.print_table(&table)?;
    Ok(Exit::Done)
}
