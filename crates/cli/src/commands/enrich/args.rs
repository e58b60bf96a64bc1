//! The arguments of `enrich`.

use std::path::PathBuf;

use chrono::Datelike as _;
use clap::Args;
use ipcascade_core::cascade::Renew;
use ipcascade_core::clock::{TOLERANCE, Timestamp, rfc3339};
use ipcascade_core::stop::Stop;
use ipcascade_input::{
    CsvColumn, Exclude, InputFormat, InputOptions, InputSource, MemberNames, ReadBytes,
};

use crate::app::App;
use crate::args::SpellingArgs;
use crate::output::OutputFormat;
use crate::output_file::FileArgs;
use crate::report::CliError;

const EXAMPLES: &str = "\
Examples:
  ipcascade enrich cowrie.json cowrie.json.2026-*.gz     logs into the inventory
  ipcascade enrich 8.8.8.8 2001:4860::/126               single addresses and small prefixes
  ipcascade enrich --format-in text /var/log/auth.log    every address in any log
  zcat flows.csv.gz | ipcascade enrich --column src -    a CSV file, by column
  ipcascade enrich --no-store --format ndjson ips.txt    a filter: nothing is stored";

/// Look up the addresses in logs and lists, and record them in the inventory
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct EnrichArgs {
    /// Files, `-` for standard input, or addresses, prefixes (CIDR) and ranges (A-B)
    #[arg(required = true, value_name = "INPUT")]
    pub(super) inputs: Vec<String>,
    /// Read the inputs as this format instead of detecting it
    #[arg(long, value_name = "FORMAT")]
    pub(super) format_in: Option<InputFormat>,
    /// JSON: where the address is, as a dotted path (repeatable; implies JSON inputs; default: the usual names)
    #[arg(long, value_name = "PATH", conflicts_with_all = ["column", "no_header", "delimiter"])]
    pub(super) field: Vec<String>,
    /// CSV: the column with the address, by name or by number, counted from 1 (repeatable; implies CSV inputs; default:
    /// the usual names, otherwise the column that has addresses)
    #[arg(long, value_name = "COLUMN")]
    pub(super) column: Vec<CsvColumn>,
    /// JSON and CSV: the field or column with the time (repeatable; default: the usual names)
    #[arg(long, value_name = "NAME")]
    pub(super) time_field: Vec<String>,
    /// CSV: there is no header, the first line is data (implies CSV inputs)
    #[arg(long)]
    pub(super) no_header: bool,
    /// CSV: the character between columns; `\t` is a tab (implies CSV inputs; default: detected)
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter)]
    pub(super) delimiter: Option<u8>,
    /// Skip lines and records that are longer than this
    #[arg(long, value_name = "BYTES", default_value_t = InputOptions::default().max_line_length)]
    pub(super) max_line_length: usize,
    /// The time of records without one: a date, or a time in RFC 3339 (default: now for lists, none for other records)
    #[arg(long, value_name = "TIME", value_parser = crate::args::timestamp)]
    pub(super) seen_at: Option<Timestamp>,
    #[command(flatten)]
    pub(super) spelling: SpellingArgs,
    /// Ignore this address, prefix or range, or those in this file, one a line, such as your own scanners (repeatable;
    /// adds to `exclude` in the table [input] of the configuration)
    #[arg(long, value_name = "PREFIX|FILE")]
    pub(super) exclude: Vec<String>,
    /// Refuse prefixes and ranges with more addresses than this
    #[arg(long, value_name = "N", default_value_t = InputOptions::default().max_expansion)]
    pub(super) max_expansion: u64,
    /// Write nothing to a store; write the records with what was found to standard output instead
    #[arg(long)]
    pub(super) no_store: bool,
    /// With --no-store: the output format (default: that of the input). Otherwise `json` and `ndjson` write the
    /// summary to standard output
    #[arg(long, value_name = "FORMAT")]
    pub(super) format: Option<OutputFormat>,
    #[command(flatten)]
    pub(super) file: FileArgs,
    /// With --no-store: only these fields, separated by commas. All names that `lookup` prints are known, also those of
    /// one provider alone, such as `subdivision`
    #[arg(
        long,
        value_name = "NAMES",
        value_delimiter = ',',
        requires = "no_store"
    )]
    pub(super) fields: Vec<String>,
    /// With --no-store: add `sources` to JSON: the provider that each value came from
    #[arg(long, requires = "no_store")]
    pub(super) with_sources: bool,
    /// With --no-store: the key under which results are added to JSON records (default: `enrichment`)
    #[arg(long, value_name = "NAME", requires = "no_store")]
    pub(super) key: Option<String>,
    /// With --no-store: overwrite that key if a record already has it
    #[arg(long, requires = "no_store")]
    pub(super) replace: bool,
    /// Look addresses up again even if their answers are still fresh
    #[arg(long)]
    pub(super) refresh: bool,
    /// Exit with 1 if any record is left out: not readable, or without an address
    #[arg(long)]
    pub(super) strict: bool,
    /// Write every record with a problem to this file, as one JSON object per line: input, line, consequence, reason
    #[arg(long, value_name = "FILE")]
    pub(super) bad_records: Option<PathBuf>,
    /// Process this many batches in parallel, 1 to 64; each takes some memory (default: one per processor, but 2 to 4)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=64))]
    pub(super) workers: Option<u8>,
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        b"\"" => Err("a quote cannot separate columns".to_owned()),
        [byte] => Ok(*byte),
        b"\\t" => Ok(b'\t'),
        _ => Err("expected one ASCII character, or `\\t`".to_owned()),
    }
}

impl EnrichArgs {
    pub(super) fn sources(&self) -> Vec<InputSource> {
        self.inputs
            .iter()
            .map(|input| InputSource::from_argument(input, self.spelling.spelling()))
            .collect()
    }

    pub(super) const fn renew(&self) -> Renew {
        if self.refresh {
            Renew::Everything
        } else {
            Renew::Stale
        }
    }

    pub(super) fn workers(&self) -> usize {
        let processors = || std::thread::available_parallelism().map_or(2, usize::from);
        self.workers
            .map_or_else(|| processors().clamp(2, 4), usize::from)
    }

    /// Whether a question may follow: nothing is read from standard input, and what is printed is for people.
    pub(crate) fn may_ask(&self) -> bool {
        self.format.is_none() && !self.no_store && !self.inputs.iter().any(|input| input == "-")
    }

    /// The names of the chosen fields.
    pub(super) fn fields(&self) -> Result<Vec<String>, CliError> {
        let names = self.fields.iter().map(|name| name.trim().to_owned());
        let names: Vec<String> = names.filter(|name| !name.is_empty()).collect();
        if names.is_empty() && !self.fields.is_empty() {
            return Err(CliError::usage("--fields names no field".to_owned()));
        }
        Ok(names)
    }

    pub(super) fn input_options(&self, app: &App<'_>) -> Result<InputOptions, CliError> {
        let spelling = self.spelling.spelling();
        let exclude = Exclude::read(&self.exclude, spelling)
            .map_err(|error| CliError::usage(error.to_string()))?
            .and(&app.config().excluded_inputs()?);
        self.check_format()?;
        let latest = app.now() + TOLERANCE;
        if let Some(time) = self
            .seen_at
            .filter(|&time| time > latest || time.year() < 1990)
        {
            return Err(CliError::usage(format!(
                "--seen-at {} is not between 1990 and tomorrow",
                rfc3339(time)
            )));
        }
        Ok(InputOptions {
            format: self.format_in,
            fields: self.field.clone(),
            columns: self.column.clone(),
            times: self.time_field.clone(),
            delimiter: self.delimiter,
            no_header: self.no_header,
            max_line_length: self.max_line_length,
            max_expansion: self.max_expansion,
            spelling,
            exclude,
            are_told_apart: !self.no_store,
            member_names: {
                let is_csv = self.format.is_some_and(OutputFormat::is_csv);
                is_csv.then(MemberNames::default)
            },
            now: app.now(),
            seen_at: self.seen_at,
            stop: Stop::never(),
            read: ReadBytes::default(),
        })
    }

    /// Refuses an output format that nothing would be written in.
    pub(super) fn check_output_format(&self) -> Result<(), CliError> {
        let is_json = |format| matches!(format, OutputFormat::Json | OutputFormat::Ndjson);
        match self.format {
            None if !self.no_store && self.file.path().is_some() => Err(CliError::usage(
                "--output: what is stored is summarized in words or, with `--format json`, as JSON",
            )
            .hint("--no-store writes the records with what was found, and stores nothing")),
            Some(format) if !self.no_store && !is_json(format) => Err(CliError::usage(
                "--format: what is stored is summarized in words or, with `json`, as JSON",
            )
            .hint("--no-store writes the records with what was found, and stores nothing")),
            Some(format) if self.with_sources && !is_json(format) => Err(CliError::usage(
                "--with-sources is for `--format json` and `ndjson`",
            )),
            _ => Ok(()),
        }
    }

    /// Refuses a format that does not support the other options.
    pub(super) fn check_format(&self) -> Result<(), CliError> {
        let Some(format) = self.format_in else {
            return Ok(());
        };
        let is_json = format == InputFormat::Ndjson;
        let is_csv = format == InputFormat::Csv;
        let has_times = is_json || is_csv || format == InputFormat::Cowrie;
        let asked = [
            ("--field", !self.field.is_empty(), is_json, "ndjson"),
            ("--column", !self.column.is_empty(), is_csv, "csv"),
            ("--no-header", self.no_header, is_csv, "csv"),
            ("--delimiter", self.delimiter.is_some(), is_csv, "csv"),
            (
                "--time-field",
                !self.time_field.is_empty(),
                has_times,
                "ndjson and csv",
            ),
        ];
        match asked
            .into_iter()
            .find(|(_, is_asked, fits, _)| *is_asked && !fits)
        {
            Some((option, _, _, other)) => Err(CliError::usage(format!(
                "{option} is for {other} inputs, but --format-in is {format}"
            ))),
            None => Ok(()),
        }
    }
}
