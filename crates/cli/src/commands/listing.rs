//! Common parts of lists and exports: which records, in which order, which of their fields.

use std::pin::pin;
use std::sync::Arc;

use clap::Args;
use futures::stream::{BoxStream, StreamExt as _};
use ipcascade_core::field::FieldKind;
use ipcascade_core::policy::Policy;
use ipcascade_core::store::{ListCondition, ListOrder, RowTest, RowValue, StoreResult};
use serde::{Serialize, Serializer};

use crate::app::App;
use crate::commands::values;
use crate::exit::Exit;
use crate::output::{Align, ListColumns, ListRow, OutputFormat, words};
use crate::records::field::{self, RecordField, ValueKind};
use crate::records::{Beside, Condition, Record, RecordKind};
use crate::report::{CliError, CommandResult};

/// The length of a list, and its format.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct ListArgs {
    /// List at most this many
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50, value_parser = values::count)]
    limit: u64,
    /// List all
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    pub(crate) format: OutputFormat,
}

impl ColumnArgs {
    /// Whether anything is asked for.
    pub(crate) const fn is_some(&self) -> bool {
        self.sort.is_some()
            || !self.columns.is_empty()
            || self.beside.sources
            || self.beside.sections
    }
}

impl ListArgs {
    pub(crate) fn limit(self) -> Option<u64> {
        (!self.all).then_some(self.limit)
    }
}

/// The format of an export.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct ExportArgs {
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "ndjson")]
    pub(crate) format: OutputFormat,
    /// Export at most this many
    #[arg(short = 'n', long, value_name = "N", value_parser = values::count)]
    pub(crate) limit: Option<u64>,
}

/// Which records, by any of their fields.
#[derive(Clone, Debug, Args)]
pub(crate) struct WhereArgs {
    /// Only those for which this holds: `country=US`, `session_count>=10`, `last_seen>=7d`, `is_tor`, `!asn`,
    /// `asn_org~telecom` (repeatable: all must hold; see `ipcascade schema` for the fields)
    #[arg(long = "where", value_name = "CONDITION")]
    conditions: Vec<String>,
}

/// The order of a list, and which fields it has.
#[derive(Clone, Debug, Args)]
pub(crate) struct ColumnArgs {
    /// Sort by this field; with `:desc` the greatest first
    #[arg(long, value_name = "FIELD[:desc]")]
    sort: Option<String>,
    /// Only these fields, in this order
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    columns: Vec<String>,
    #[command(flatten)]
    beside: Beside,
}

/// Which records of a kind, in which order, which of their fields.
pub(crate) struct Selection<K: RecordKind> {
    fields: Vec<RecordField>,
    conditions: Vec<Condition>,
    sort: Option<(RecordField, bool)>,
    columns: Option<Vec<RecordField>>,
    beside: Beside,
    policy: Arc<Policy>,
    kind: std::marker::PhantomData<K>,
}

impl<K: RecordKind + 'static> Selection<K> {
    /// What `args` ask for, and the conditions that other options stand for: `(field, value)`.
    pub(crate) fn new(
        app: &App<'_>,
        conditions: &WhereArgs,
        columns: Option<&ColumnArgs>,
        options: &[(&str, Option<String>)],
    ) -> Result<Self, CliError> {
        let policy = Arc::new(app.policy()?);
        let fields = K::fields(&policy);
        let mut parsed = Vec::new();
        for text in &conditions.conditions {
            let condition = Condition::parse(text, &fields, app.now());
            parsed.push(condition.map_err(|error| of_option("where", &error))?);
        }
        for (name, value) in options {
            if let Some(value) = value {
                let condition = Condition::is(name, value, &fields, app.now());
                parsed.push(condition.map_err(|error| of_option(name, &error))?);
            }
        }
        let mut selection = Self {
            fields,
            conditions: parsed,
            sort: None,
            columns: None,
            beside: Beside::default(),
            policy,
            kind: std::marker::PhantomData,
        };
        if let Some(args) = columns {
            selection.beside = args.beside;
            if let Some(sort) = &args.sort {
                let sort = selection.sorting(sort);
                selection.sort = Some(sort.map_err(|error| of_option("sort", &error))?);
            }
            if !args.columns.is_empty() {
                let names = args.columns.iter().filter(|name| !name.trim().is_empty());
                let columns = names.map(|name| field::named(name, &selection.fields));
                let columns: Result<Vec<RecordField>, String> = columns.collect();
                selection.columns = Some(columns.map_err(|error| of_option("columns", &error))?);
            }
        }
        Ok(selection)
    }

    fn sorting(&self, text: &str) -> Result<(RecordField, bool), String> {
        let (name, direction) = text.split_once(':').unwrap_or((text, "asc"));
        let greatest_first = match direction.trim().to_ascii_lowercase().as_str() {
            "asc" => false,
            "desc" => true,
            other => {
                return Err(format!(
                    "`{other}` is not a direction: expected asc or desc"
                ));
            }
        };
        Ok((field::named(name, &self.fields)?, greatest_first))
    }

    pub(crate) const fn policy(&self) -> &Arc<Policy> {
        &self.policy
    }

    pub(crate) fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    pub(crate) fn fields(&self) -> &[RecordField] {
        &self.fields
    }

    /// The conditions that a store decides by itself.
    pub(crate) fn stored_conditions(&self) -> Vec<(K::Column, ListCondition)> {
        let stored = self.conditions.iter().filter_map(|condition| {
            let (stored, _) = condition.stored()?;
            Some((K::column(&condition.field)?, stored))
        });
        stored.collect()
    }

    /// The test for all others.
    pub(crate) fn test(&self) -> Option<RowTest<K::Row>> {
        let is_open = |condition: &&Condition| {
            let is_decided = condition.stored().is_some_and(|(_, is_all)| is_all);
            !is_decided || K::column(&condition.field).is_none()
        };
        let open: Vec<Condition> = self.conditions.iter().filter(is_open).cloned().collect();
        if open.is_empty() {
            return None;
        }
        let policy = Arc::clone(&self.policy);
        Some(RowTest::new(move |row: &K::Row| {
            let holds = |condition: &Condition| {
                condition.holds(K::value(row, &condition.field, &policy).as_ref())
            };
            open.iter().all(holds)
        }))
    }

    /// The order, or else `otherwise`; and what the list is sorted by that no column has.
    pub(crate) fn order(
        &self,
        otherwise: ListOrder<K::Column>,
    ) -> (ListOrder<K::Column>, Option<RowValue<K::Row>>) {
        let Some((field, greatest_first)) = self.sort else {
            return (otherwise, None);
        };
        if let Some(by) = K::column(&field) {
            return (ListOrder { by, greatest_first }, None);
        }
        let policy = Arc::clone(&self.policy);
        let value = RowValue::new(move |row: &K::Row| K::sort_value(row, &field, &policy));
        let by = otherwise.by;
        (ListOrder { by, greatest_first }, Some(value))
    }

    /// The order by a column; other fields are refused.
    pub(crate) fn column_order(
        &self,
        otherwise: ListOrder<K::Column>,
    ) -> Result<ListOrder<K::Column>, CliError> {
        let (order, value) = self.order(otherwise);
        let Some((field, _)) = self.sort.filter(|_| value.is_some()) else {
            return Ok(order);
        };
        let columns = self
            .fields
            .iter()
            .filter(|field| K::column(field).is_some());
        let names: Vec<&str> = columns.map(|field| field.name).collect();
        Err(CliError::usage(format!(
            "--sort: this list cannot be sorted by `{}`, only by {}",
            field.name,
            names.join(", ")
        )))
    }

    /// Writes every row of `rows`; reports on standard error if there are none (`nothing` is the message), or if there
    /// are more than `limit`: the rows have one more then.
    pub(crate) async fn write(
        &self,
        app: &App<'_>,
        rows: BoxStream<'_, StoreResult<K::Row>>,
        format: OutputFormat,
        limit: Option<u64>,
        nothing: &str,
    ) -> CommandResult {
        let columns = self.list_columns(format)?;
        let by_names = columns.clone();
        let mut records = app.output().records(format, list_columns::<K>(&columns));
        let mut rows = pin!(rows);
        let (mut written, mut has_more) = (0_u64, false);
        while let Some(row) = rows.next().await {
            let row = match row {
                Ok(row) => row,
                Err(error) => {
                    records.break_off()?;
                    return Err(error.into());
                }
            };
            if Some(written) == limit {
                has_more = true;
                break;
            }
            written += 1;
            let record = K::record(&row, &self.policy, self.beside);
            let record = match self.columns {
                Some(_) => record.restricted(&by_names),
                None => record,
            };
            records.write(&RecordRow {
                record,
                columns: &columns,
            })?;
        }
        records.finish()?;
        if written == 0 {
            app.output().notice(nothing);
        } else if has_more {
            let listed = words::number(written);
            app.output().notice(&format!(
                "there are more than these {listed} (--limit N, --all)"
            ));
        }
        Ok(Exit::Done)
    }

    fn list_columns(&self, format: OutputFormat) -> Result<Vec<RecordField>, CliError> {
        let is_json = matches!(format, OutputFormat::Json | OutputFormat::Ndjson);
        let has_beside = self.beside.sources || self.beside.sections;
        if has_beside && !is_json {
            let text = "--with-sources and --with-sections are for `--format json` and `ndjson`";
            return Err(CliError::usage(text));
        }
        if has_beside && !K::HAS_SOURCES {
            let text = "--with-sources, --with-sections: what sources say is stored with addresses and ASes";
            return Err(CliError::usage(text));
        }
        if let Some(columns) = &self.columns {
            return Ok(columns.clone());
        }
        let names = match format {
            OutputFormat::Table => K::SHOWN,
            _ => K::EXPORTED,
        };
        let of_name = |name: &&'static str| self.fields.iter().find(|field| field.name == *name);
        Ok(names.iter().filter_map(of_name).copied().collect())
    }
}

fn of_option(option: &str, error: &str) -> CliError {
    CliError::usage(format!("--{option}: {error}"))
}

/// How a table of these fields is laid out.
fn list_columns<K: RecordKind>(columns: &[RecordField]) -> ListColumns {
    let titles = columns
        .iter()
        .map(|field| (field.title(), align(field.kind)));
    let rank = |position: &usize| {
        let name = columns[*position].name;
        let rank = K::IMPORTANT.iter().position(|known| *known == name);
        (rank.unwrap_or(usize::MAX), *position)
    };
    let mut by_importance: Vec<usize> = (0..columns.len()).collect();
    by_importance.sort_by_key(rank);
    ListColumns {
        titles: titles.collect(),
        by_importance,
        names: columns.iter().map(|field| field.name).collect(),
    }
}

const fn align(kind: ValueKind) -> Align {
    match kind {
        ValueKind::Count | ValueKind::Merged(Some(FieldKind::Number)) => Align::Right,
        ValueKind::Address
        | ValueKind::Id
        | ValueKind::Time
        | ValueKind::Merged(Some(
            FieldKind::Asn | FieldKind::Prefix | FieldKind::Country | FieldKind::Flag,
        )) => Align::Whole,
        ValueKind::Merged(_) => Align::Left,
    }
}

/// A record with the columns that it is shown in.
struct RecordRow<'c> {
    record: Record,
    columns: &'c [RecordField],
}

impl Serialize for RecordRow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.record.serialize(serializer)
    }
}

impl ListRow for RecordRow<'_> {
    fn cells(&self) -> Vec<String> {
        let cells = self.columns.iter().map(|field| self.record.cell(field));
        cells.collect()
    }

    fn csv(&self) -> Vec<String> {
        let cells = self.columns.iter().map(|field| self.record.csv(field));
        cells.collect()
    }
}
