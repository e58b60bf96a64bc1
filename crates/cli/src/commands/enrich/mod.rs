//! `ipcascade enrich`: addresses and logs in, inventory up to date; or a filter with `--no-store`.

mod filter;
mod intake;
mod inventory;
mod problems;
mod read;
mod summary;

use clap::Args;
use ipcascade_core::Renew;
use tokio::task::JoinError;

use crate::app::App;
use crate::input::{Column, InputFormat, InputOptions, InputSource};
use crate::output::Format;
use crate::report::{CliError, CommandResult};

const EXAMPLES: &str = "\
Examples:
  ipcascade enrich cowrie.json cowrie.json.2026-*.gz     logs into the inventory
  ipcascade enrich 8.8.8.8 2001:4860::/126               single addresses and small prefixes
  ipcascade enrich --format-in text /var/log/auth.log    every address in any log
  zcat flows.csv.gz | ipcascade enrich --column src -    a CSV file, by column
  ipcascade enrich --no-store --format ndjson ips.txt    a filter: nothing is stored";

/// Look up the addresses of logs and lists, and keep the inventory
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct EnrichArgs {
    /// Files, `-` for standard input, or addresses, prefixes (CIDR) and ranges (A-B)
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<String>,
    /// Take the inputs for this format instead of recognising it
    #[arg(long, value_name = "FORMAT")]
    format_in: Option<InputFormat>,
    /// NDJSON: where the address is, as a dotted path
    #[arg(long, value_name = "PATH")]
    field: Option<String>,
    /// CSV: the column with the address, by name or number (from 1)
    #[arg(long, value_name = "COLUMN")]
    column: Option<Column>,
    /// CSV: what separates the columns; `\t` is a tab
    #[arg(long, value_name = "CHARACTER", value_parser = delimiter)]
    delimiter: Option<u8>,
    /// Take no prefix or range of more than this many addresses
    #[arg(long, value_name = "N", default_value_t = InputOptions::default().max_expansion)]
    max_expansion: u64,
    /// Write nothing to a store; write the records with what was found to standard output instead
    #[arg(long)]
    no_store: bool,
    /// With --no-store: the form of the output (default: that of the input); otherwise `json`
    /// writes the summary to standard output
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
    /// Look up again what is still fresh
    #[arg(long)]
    refresh: bool,
    /// End with exit code 1 if any record is unreadable
    #[arg(long)]
    strict: bool,
    /// Work on this many chunks of addresses at a time; each takes some memory (default: one for
    /// each processor, from 2 to 4)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=64))]
    workers: Option<u8>,
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        [byte] => Ok(*byte),
        b"\\t" => Ok(b'\t'),
        _ => Err("expected one ASCII character, or `\\t`".to_owned()),
    }
}

impl EnrichArgs {
    fn sources(&self) -> Vec<InputSource> {
        self.inputs
            .iter()
            .map(|input| InputSource::from_argument(input))
            .collect()
    }

    const fn renew(&self) -> Renew {
        if self.refresh {
            Renew::Everything
        } else {
            Renew::Stale
        }
    }

    fn workers(&self) -> usize {
        let processors = || std::thread::available_parallelism().map_or(2, usize::from);
        self.workers
            .map_or_else(|| processors().clamp(2, 4), usize::from)
    }

    fn input_options(&self) -> InputOptions {
        InputOptions {
            format: self.format_in,
            field: self.field.clone(),
            column: self.column.clone(),
            delimiter: self.delimiter,
            max_expansion: self.max_expansion,
            ..InputOptions::default()
        }
    }

    pub(crate) async fn run(self, app: &App<'_>) -> CommandResult {
        let plan = app.cascade()?;
        if plan.cascade.steps().is_empty() {
            return Err(no_provider(&plan.left_out));
        }
        if self.no_store {
            filter::run(&self, app, &plan.cascade).await
        } else {
            inventory::run(&self, app, &plan.cascade).await
        }
    }
}

/// There is nothing to ask: say what could be set, provider by provider.
fn no_provider(left_out: &[crate::app::LeftOut]) -> CliError {
    let reasons: Vec<String> = left_out
        .iter()
        .map(|left| format!("{}: {}", left.provider, left.reason))
        .collect();
    CliError::usage(format!("no provider can be asked ({})", reasons.join("; ")))
        .hint("name MMDB files with --mmdb FILE, or see `ipcascade providers`")
}

/// A bug: one of the parts that work at a time has panicked.
fn worker_stopped(error: JoinError) -> CliError {
    CliError::failed("a worker stopped unexpectedly").caused_by(error)
}
