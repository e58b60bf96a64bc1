//! `ipcascade schema`: what records have.

use clap::{Args, ValueEnum};
use serde_json::Value;

use crate::app::App;
use crate::commands::asn::prefixes;
use crate::commands::summaries::Summary;
use crate::commands::{report, summaries};
use crate::exit::Exit;
use crate::output::{Align, OutputFormat};
use crate::output_file::FileArgs;
use crate::records::field::RecordField;
use crate::records::{Addresses, Asns, RecordKind, Sessions, json_schema, prefix};
use crate::report::{CliError, CommandResult};

const EXAMPLES: &str = "\
Examples:
  ipcascade schema                          the fields of all records
  ipcascade schema address                  those of an address
  ipcascade schema address --format json    the same as JSON Schema
  ipcascade schema verify                   what `verify --format json` has";

/// Show the fields of records (an address, an AS, a session, a prefix), and of what commands report
///
/// The fields of records have the same names in every command and format, in --columns, --sort and --where. What a command
/// reports, such as the summary of `enrich`, is shown if it is named.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct SchemaArgs {
    /// Only the fields of this record, or of what this command reports (default: those of all records)
    #[arg(value_name = "RECORD")]
    record: Option<RecordName>,
    /// Output format; `json` is JSON Schema (draft 2020-12)
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = crate::commands::show::format())]
    format: OutputFormat,
    #[command(flatten)]
    _file: FileArgs,
}

/// A kind of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum RecordName {
    /// An address
    Address,
    /// An AS
    Asn,
    /// A session
    Session,
    /// A prefix, or a range
    Prefix,
    /// A prefix of an AS, in `asn prefixes`
    AsnPrefix,
    /// A report
    Report,
    /// The summary of `enrich`
    Enrich,
    /// The summary of `refresh`
    Refresh,
    /// The summary of `backfill`
    Backfill,
    /// The result of `verify`
    Verify,
    /// The counts of `stats`
    Stats,
    /// The summary of `copy`
    Copy,
    /// A step of `migrate`
    Migrate,
    /// An index of `migrate --list-indexes`
    Index,
    /// A provider of `providers`
    Provider,
    /// A file of `databases`
    Database,
}

/// The summaries of commands, by their names.
const SUMMARIES: [(RecordName, Summary); 10] = [
    (RecordName::Enrich, summaries::ENRICH),
    (RecordName::Refresh, summaries::REFRESH),
    (RecordName::Backfill, summaries::BACKFILL),
    (RecordName::Verify, summaries::VERIFY),
    (RecordName::Stats, summaries::STATS),
    (RecordName::Copy, summaries::COPY),
    (RecordName::Migrate, summaries::MIGRATE),
    (RecordName::Index, summaries::INDEX),
    (RecordName::Provider, summaries::PROVIDER),
    (RecordName::Database, summaries::DATABASE),
];

impl SchemaArgs {
    pub(crate) fn run(self, app: &App<'_>) -> CommandResult {
        let policy = app.policy()?;
        let records = [
            (
                RecordName::Address,
                Addresses::fields(&policy),
                json_schema::<Addresses>(&policy),
            ),
            (
                RecordName::Asn,
                Asns::fields(&policy),
                json_schema::<Asns>(&policy),
            ),
            (
                RecordName::Session,
                Sessions::fields(&policy),
                json_schema::<Sessions>(&policy),
            ),
            (
                RecordName::Prefix,
                prefix::FIELDS.to_vec(),
                prefix::json_schema(),
            ),
            (
                RecordName::AsnPrefix,
                prefixes::fields(),
                prefixes::json_schema(),
            ),
            (RecordName::Report, Vec::new(), report::json_schema()),
        ];
        let summaries = SUMMARIES
            .iter()
            .map(|(name, summary)| (*name, Vec::new(), summary.json_schema()));
        // Without a name, only what lists and reports have.
        let asked = summaries.filter(|(name, ..)| self.record == Some(*name));
        let all = records.into_iter().chain(asked);
        let mut answers = app.output().answers(self.format, self.record.is_none());
        for (name, fields, schema) in all {
            if self.record.is_some_and(|wanted| wanted != name) {
                continue;
            }
            match self.format {
                OutputFormat::Table => {
                    if answers.is_started() {
                        app.output().text("\n")?;
                    }
                    answers.start();
                    write_fields(app, &schema, &fields)?;
                }
                _ => answers.write(&schema)?,
            }
        }
        answers.finish()?;
        Ok(Exit::Done)
    }
}

/// What a property is, in a word.
fn kind_of(property: &Value) -> &'static str {
    let property = property["anyOf"].get(0).unwrap_or(property);
    match property["type"].as_str() {
        Some("string") if property["format"] == "date-time" => "time",
        Some("string") => "text",
        Some("integer") => "count",
        Some("number") => "number",
        Some("boolean") => "flag",
        Some("array") => "a list",
        _ => "an object",
    }
}

fn write_fields(app: &App<'_>, schema: &Value, fields: &[RecordField]) -> Result<(), CliError> {
    let output = app.output();
    output.heading(schema["title"].as_str().unwrap_or_default())?;
    let columns = [
        ("FIELD", Align::Whole),
        ("TYPE", Align::Whole),
        ("MEANING", Align::Left),
    ];
    let mut table = output.table(&columns);
    for field in fields {
        table.row([field.name, field.kind.to_string().as_str(), field.meaning]);
    }
    if fields.is_empty() {
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let meaning = property["description"].as_str().unwrap_or_default();
            table.row([name.as_str(), kind_of(property), meaning]);
        }
    }
    output.print_table(&table)?;
    Ok(())
}
