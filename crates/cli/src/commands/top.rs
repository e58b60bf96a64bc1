//! Counts by a field: `ip top`, `asn top --by`, `session top`.

use std::collections::HashMap;
use std::marker::PhantomData;
use std::sync::Arc;

use clap::Args;
use futures::TryStreamExt as _;
use futures::stream::BoxStream;
use ipcascade_core::policy::Policy;
use ipcascade_core::store::{AddressRow, StoreResult};
use ipnet::IpNet;
use serde_json::Value;

use crate::app::App;
use crate::commands::block_counts::AddressTally;
use crate::commands::listing::Selection;
use crate::commands::values;
use crate::exit::Exit;
use crate::output::{Align, ListColumns, ListRow, OutputFormat, csv_cell, words};
use crate::output_file::FileArgs;
use crate::records::field::{self, RecordField, ValueKind};
use crate::records::{Addresses, Record, RecordKind};
use crate::report::{CliError, CommandResult};

/// What is counted, and how much of it is shown.
#[derive(Debug, Args)]
pub(crate) struct TopArgs {
    /// Count by this field; `ipcascade schema` lists the fields
    #[arg(long, value_name = "FIELD")]
    by: Option<String>,
    /// List at most this many
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10, value_parser = values::count)]
    limit: u64,
    /// List all
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: OutputFormat,
    #[command(flatten)]
    _file: FileArgs,
}

impl TopArgs {
    pub(crate) const fn is_grouped(&self) -> bool {
        self.by.is_some()
    }

    pub(crate) fn limit(&self) -> Option<u64> {
        (!self.all).then_some(self.limit)
    }

    pub(crate) const fn format(&self) -> OutputFormat {
        self.format
    }
}

/// A count of rows by a field.
pub(crate) struct Top<'s, K: RecordKind> {
    selection: &'s Selection<K>,
    by: RecordField,
    limit: usize,
    format: OutputFormat,
}

/// Addresses and sessions.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) addresses: u64,
    pub(crate) sessions: u64,
}

impl Counts {
    pub(crate) const fn add(&mut self, more: Self) {
        self.addresses = self.addresses.saturating_add(more.addresses);
        self.sessions = self.sessions.saturating_add(more.sessions);
    }
}

impl<'s, K: RecordKind + 'static> Top<'s, K> {
    /// Counts by the field that `args` name, or else `otherwise`.
    pub(crate) fn new(
        selection: &'s Selection<K>,
        args: &TopArgs,
        otherwise: &str,
    ) -> Result<Self, CliError> {
        let name = args.by.as_deref().unwrap_or(otherwise);
        let by = field::named(name, selection.fields()).and_then(|field| match field.kind {
            ValueKind::Count => Err(format!("`{}` is what is counted", field.name)),
            _ => Ok(field),
        });
        Ok(Self {
            selection,
            by: by.map_err(|error| CliError::usage(format!("--by: {error}")))?,
            limit: args
                .limit()
                .and_then(|limit| usize::try_from(limit).ok())
                .unwrap_or(usize::MAX),
            format: args.format,
        })
    }

    /// A count of no rows.
    pub(crate) fn tally(&self) -> TopTally<K> {
        TopTally::by(self.by, Arc::clone(self.selection.policy()))
    }

    /// Counts `rows`, each with as many addresses and sessions as `counts` returns.
    pub(crate) async fn count(
        &self,
        mut rows: BoxStream<'_, StoreResult<K::Row>>,
        counts: impl Fn(&K::Row) -> (u64, u64),
    ) -> Result<TopTally<K>, CliError> {
        let mut tally = self.tally();
        while let Some(row) = rows.try_next().await? {
            tally.count(&row, counts(&row));
        }
        Ok(tally)
    }

    /// Writes the greatest counts.
    pub(crate) fn write(&self, app: &App<'_>, tally: TopTally<K>) -> CommandResult {
        let (unknown, all) = (tally.unknown, tally.all);
        let groups = tally.greatest_first();
        let total = groups.len();
        self.print(app, groups, all)?;
        let output = app.output();
        if total == 0 && all.addresses + all.sessions == 0 {
            output.notice("nothing to count");
        } else if unknown.addresses + unknown.sessions > 0 {
            output.notice(&format!(
                "`{}` is not known of {}",
                self.by.name,
                shown_counts(unknown)
            ));
        }
        if total > self.limit {
            let total = words::number(total as u64);
            output.notice(&format!("there are {total} in all (--limit N, --all)"));
        }
        Ok(Exit::Done)
    }

    fn print(
        &self,
        app: &App<'_>,
        groups: Vec<(Value, Counts)>,
        all: Counts,
    ) -> Result<(), CliError> {
        let has_addresses = K::HAS_SOURCES && self.by.name != "address";
        let mut columns = ListColumns {
            titles: vec![(self.by.title(), Align::Left)],
            by_importance: Vec::new(),
            names: vec![self.by.name],
        };
        if has_addresses {
            columns.titles.push(("ADDRESSES".to_owned(), Align::Right));
            columns.names.push("address_count");
        }
        columns.titles.push(("SESSIONS".to_owned(), Align::Right));
        columns.titles.push(("SHARE".to_owned(), Align::Right));
        columns.names.extend(["session_count", "session_share"]);
        columns.by_importance = (0..columns.titles.len()).collect();
        let mut list = app.output().records(self.format, columns);
        for (value, counts) in groups.into_iter().take(self.limit) {
            list.write(&TopRow {
                by: self.by,
                value,
                addresses: has_addresses.then_some(counts.addresses),
                sessions: counts.sessions,
                share: share(counts.sessions, all.sessions),
            })?;
        }
        list.finish()?;
        Ok(())
    }
}

/// What has been counted.
pub(crate) struct TopTally<K: RecordKind> {
    by: RecordField,
    policy: Arc<Policy>,
    groups: HashMap<Value, Counts>,
    unknown: Counts,
    all: Counts,
    kind: PhantomData<fn() -> K>,
}

impl<K: RecordKind> TopTally<K> {
    /// A count of no rows by this field.
    pub(crate) fn by(by: RecordField, policy: Arc<Policy>) -> Self {
        Self {
            by,
            policy,
            groups: HashMap::new(),
            unknown: Counts::default(),
            all: Counts::default(),
            kind: PhantomData,
        }
    }

    /// The counts of each value, the greatest first.
    pub(crate) fn greatest_first(self) -> Vec<(Value, Counts)> {
        let mut groups: Vec<(Value, Counts)> = self.groups.into_iter().collect();
        groups.sort_by(|(one, of_one), (other, of_other)| {
            let counts = |counts: &Counts| (counts.sessions, counts.addresses);
            let order = counts(of_other).cmp(&counts(of_one));
            order.then_with(|| rank(one).cmp(&rank(other)))
        });
        groups
    }

    /// The rows without a value.
    pub(crate) const fn unknown(&self) -> Counts {
        self.unknown
    }

    /// A row with several values counts for each; one without a value for none of them.
    fn count(&mut self, row: &K::Row, (addresses, sessions): (u64, u64)) {
        let counts = Counts {
            addresses,
            sessions,
        };
        self.all.add(counts);
        match K::value(row, &self.by, &self.policy) {
            None => self.unknown.add(counts),
            Some(Value::Array(values)) => {
                for value in values {
                    self.groups.entry(value).or_default().add(counts);
                }
            }
            Some(value) => self.groups.entry(value).or_default().add(counts),
        }
    }
}

impl AddressTally for TopTally<Addresses> {
    fn add(&mut self, row: &AddressRow) {
        self.count(row, (1, row.session_count));
    }

    fn add_all(&mut self, other: Self) {
        self.all.add(other.all);
        self.unknown.add(other.unknown);
        for (value, counts) in other.groups {
            self.groups.entry(value).or_default().add(counts);
        }
    }
}

fn shown_counts(counts: Counts) -> String {
    match counts.addresses {
        0 => words::sessions(counts.sessions),
        addresses => format!(
            "{} with {}",
            words::addresses(addresses),
            words::sessions(counts.sessions)
        ),
    }
}

/// A part of a whole, from 0 to 1, to the ten-thousandth.
fn share(part: u64, whole: u64) -> f64 {
    match whole {
        0 => 0.0,
        whole => (part as f64 / whole as f64 * 10_000.0).round() / 10_000.0,
    }
}

/// A line of a count.
struct TopRow {
    by: RecordField,
    value: Value,
    addresses: Option<u64>,
    sessions: u64,
    share: f64,
}

impl TopRow {
    fn record(&self) -> Record {
        let mut record = Record::default();
        record.add(self.by.name, self.value.clone());
        record.add("address_count", self.addresses.map(Value::from));
        record.add("session_count", Value::from(self.sessions));
        record.add("session_share", Value::from(self.share));
        record
    }
}

impl serde::Serialize for TopRow {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.record().serialize(serializer)
    }
}

impl ListRow for TopRow {
    fn cells(&self) -> Vec<String> {
        let mut cells = vec![self.record().cell(&self.by)];
        cells.extend(self.addresses.map(words::number));
        cells.push(words::number(self.sessions));
        cells.push(format!("{:.1} %", self.share * 100.0));
        cells
    }

    fn csv(&self) -> Vec<String> {
        let mut cells = vec![csv_cell(&self.value)];
        cells.extend(self.addresses.map(|count| count.to_string()));
        cells.push(self.sessions.to_string());
        cells.push(self.share.to_string());
        cells
    }
}

/// Where a value is among others with the same counts: prefixes by number, anything else by its text.
fn rank(value: &Value) -> (Option<IpNet>, String) {
    let text = csv_cell(value);
    (text.parse().ok(), text)
}
