//! Which records, in which order, which of their fields.

use std::pin::pin;
use std::sync::Arc;

use futures::stream::{BoxStream, StreamExt as _};
use ipcascade_core::field::Field;
use ipcascade_core::policy::Policy;
use ipcascade_core::store::{
    ListCondition, ListOrder, RowTest, RowValue, SectionKey, SectionOrder, SectionTest, StoreResult,
};

use crate::app::App;
use crate::commands::listing::args::{ColumnArgs, WhereArgs};
use crate::commands::listing::record_row::{RecordRow, list_columns};
use crate::exit::Exit;
use crate::output::{OutputFormat, words};
use crate::records::field::{self, RecordField};
use crate::records::kind::sort_value;
use crate::records::{Beside, Condition, RecordKind};
use crate::report::{CliError, CommandResult};

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
        beside: Beside,
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
            beside,
            policy,
            kind: std::marker::PhantomData,
        };
        if let Some(args) = columns {
            if let Some(sort) = &args.sort {
                let sort = selection.sorting(sort);
                selection.sort = Some(sort.map_err(|error| of_option("sort", &error))?);
            }
            if !args.columns.is_empty() {
                let names = args.columns.iter().filter(|name| !name.trim().is_empty());
                if names.clone().next().is_none() {
                    return Err(of_option("columns", "it names no field"));
                }
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

    /// What is true of the sections of every row that passes the test, for indexes of their values.
    pub(crate) fn section_tests(&self) -> Vec<SectionTest> {
        let tests = self.of_known().filter_map(|condition| {
            let field = K::merged_field(&condition.field)?;
            let condition = condition.clone();
            Some(SectionTest::new(self.section_keys(field), move |value| {
                let merged = Policy::usual_form(field, value);
                merged.is_some_and(|merged| condition.holds(Some(&merged)))
            }))
        });
        tests.collect()
    }

    /// The merged fields that conditions and the order are about, with where sections have them.
    pub(crate) fn section_fields(&self) -> Vec<(&'static str, Vec<SectionKey>)> {
        let fields = self.of_known().map(|condition| condition.field);
        let sorted = self.sort.map(|(field, _)| field);
        let merged = fields.chain(sorted).filter_map(|field| {
            let merged = K::merged_field(&field)?;
            Some((field.name, self.section_keys(merged)))
        });
        merged.collect()
    }

    /// The conditions that no row without a value meets.
    fn of_known(&self) -> impl Iterator<Item = &Condition> {
        let conditions = self.conditions.iter();
        conditions.filter(|condition| !condition.holds(None))
    }

    fn section_keys(&self, field: Field) -> Vec<SectionKey> {
        let candidates = self.policy.candidates(field);
        candidates
            .map(|(provider, key)| SectionKey { provider, key })
            .collect()
    }

    /// Where in sections the values are that the list is sorted by, if each is always what a section has.
    pub(crate) fn section_order(&self) -> Option<SectionOrder> {
        let (field, _) = self.sort?;
        let merged_field = K::merged_field(&field)?;
        let keys = self.section_keys(merged_field);
        Some(SectionOrder::new(keys, move |value| {
            sort_value(&field, &*Policy::usual_form(merged_field, value)?)
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

    /// Writes every row of `rows`; reports on standard error if it is empty (`nothing` is the message), or if it has more
    /// than `limit`: one more is enough to see that.
    pub(crate) async fn write(
        &self,
        app: &App<'_>,
        rows: BoxStream<'_, StoreResult<K::Row>>,
        format: OutputFormat,
        limit: Option<u64>,
        nothing: &str,
    ) -> CommandResult {
        let columns = self.list_columns(format)?;
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
                Some(_) => record.restricted(&columns),
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
                "listed {listed}; there are more (--limit N, --all)"
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
