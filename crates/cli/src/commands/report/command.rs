//! Runs `report`.

use std::sync::Arc;

use clap::{Args, ValueEnum};
use ipcascade_core::asn::Asn;
use ipcascade_core::cascade::Renew;
use ipcascade_core::country::CountryCode;
use ipcascade_core::store::{DueSection, OpenMode};

use crate::app::App;
use crate::commands::report::figures::Figures;
use crate::commands::report::gather::gather;
use crate::commands::report::page::page;
use crate::commands::report::period::Period;
use crate::commands::report::question::Question;
use crate::commands::report::subject::{Subject, Verify};
use crate::commands::report::terminal;
use crate::commands::since::Since;
use crate::commands::values;
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::output::{Output, OutputFormat};
use crate::output_file::FileArgs;
use crate::report::{CliError, CommandResult};

const EXAMPLES: &str = "\
Examples:
  ipcascade report                                    in the terminal
  ipcascade report --since 7d --output week.html      a page that needs no network
  ipcascade report --since 2026-10 --until 2026-10    October, compared with the 31 days before
  ipcascade report --asn AS64496 --format json        the same numbers, for programs";

/// Rows of tables in a terminal, unless requested otherwise.
const ROWS_IN_A_TERMINAL: u64 = 10;

/// Rows of tables elsewhere.
const ROWS: u64 = 100;

/// Report on the inventory: sessions over time, countries, ASes, what is new, what has moved, what is stale
///
/// With --since it compares the period with the one before, which is as long. A session counts at the time of its last
/// event, for the AS and the country that its address had when it was recorded; an address counts for the AS and the
/// country that it has now.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ReportArgs {
    /// Output format [default: that of the name of --output, .html or .json; otherwise table]
    #[arg(long, value_name = "FORMAT")]
    format: Option<ReportFormat>,
    #[command(flatten)]
    file: FileArgs,
    /// Only what was seen since this date (2026-03-01, 2026-03, yesterday) or time, or this long ago (7d, 24h)
    /// [default: everything]
    #[arg(long, value_name = "WHEN")]
    since: Option<Since>,
    /// Only what was seen until this date or time, or this long ago [default: now]
    #[arg(long, value_name = "WHEN")]
    until: Option<Since>,
    /// Only this AS
    #[arg(long, value_name = "ASN")]
    asn: Option<Asn>,
    /// Only this country (its code or name)
    #[arg(long, value_name = "CC", value_parser = values::country)]
    country: Option<CountryCode>,
    /// Show at most this many rows in each table [default: 10 in a terminal, 100 in a page and in JSON]
    #[arg(short = 'n', long, value_name = "N", value_parser = values::count)]
    limit: Option<u64>,
    /// Check the invariants (as `verify` does) even if more than a million addresses have an AS, which takes longer than
    /// all the rest
    #[arg(long, conflicts_with = "no_verify")]
    verify: bool,
    /// Do not check the invariants
    #[arg(long)]
    no_verify: bool,
}

/// The formats of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ReportFormat {
    /// For the terminal
    Table,
    /// A page that needs no network
    Html,
    /// For programs
    Json,
}

impl ReportArgs {
    /// Runs the command.
    pub(crate) async fn run(self, app: &App<'_>) -> CommandResult {
        let format = self.format()?;
        if format == ReportFormat::Html && app.output().is_terminal() {
            let error = CliError::usage("an HTML page is not for a terminal");
            return Err(error.hint("name a file: --output report.html"));
        }
        let subject = self.subject(format, app)?;
        let store = app.open_store(OpenMode::Read).await?;
        let question = Arc::new(Question {
            since: subject.period.since,
            country: subject.country,
            limit: subject.limit,
            ..Question::new(app.policy()?, sections(app), subject.now)
        });
        let progress = app.output().progress("counting");
        let interrupt = Interrupt::listen(app.output());
        let figures = tokio::select! {
            figures = gather(&*store, &subject, question, &progress) => Some(figures?),
            () = interrupt.requested() => None,
        };
        progress.finish();
        interrupt.close(&*store).await;
        let Some(figures) = figures else {
            app.output().notice("interrupted: no report was written");
            return Ok(Exit::Interrupted);
        };
        write(&figures, format, app.output())
    }

    fn format(&self) -> Result<ReportFormat, CliError> {
        if let Some(format) = self.format {
            return Ok(format);
        }
        let Some(path) = self.file.path() else {
            return Ok(ReportFormat::Table);
        };
        let extension = path
            .extension()
            .map(|extension| extension.to_ascii_lowercase());
        match extension.as_deref().map(|extension| extension.to_str()) {
            None | Some(Some("html" | "htm")) => Ok(ReportFormat::Html),
            Some(Some("json")) => Ok(ReportFormat::Json),
            Some(_) => {
                let text = format!("{} is neither `.html` nor `.json`", path.display());
                Err(CliError::usage(text).hint("--format html or --format json names the format"))
            }
        }
    }

    fn subject(&self, format: ReportFormat, app: &App<'_>) -> Result<Subject, CliError> {
        let now = app.now();
        let period = Period {
            since: self.since.map(|since| since.timestamp(now)),
            // A month that is not over yet is as long as it has been.
            until: self.until.map_or(now, |until| until.last(now).min(now)),
            is_bounded: self.until.is_some(),
        };
        if period.since.is_some_and(|since| since > period.until) {
            return Err(CliError::usage(match self.until {
                Some(_) => "--since is after --until, or after now",
                None => "--since is in the future",
            }));
        }
        let rows = match format {
            ReportFormat::Table => ROWS_IN_A_TERMINAL,
            ReportFormat::Html | ReportFormat::Json => ROWS,
        };
        Ok(Subject {
            period,
            asn: self.asn,
            country: self.country,
            limit: usize::try_from(self.limit.unwrap_or(rows)).unwrap_or(usize::MAX),
            verify: match (self.verify, self.no_verify) {
                (true, _) => Verify::Yes,
                (_, true) => Verify::No,
                (false, false) => Verify::IfSmall,
            },
            now,
        })
    }
}

fn write(figures: &Figures, format: ReportFormat, output: &Output) -> CommandResult {
    match format {
        ReportFormat::Table => terminal::write(figures, output)?,
        ReportFormat::Html => {
            let page = page(figures);
            let page =
                page.map_err(|error| CliError::failed("cannot draw the report").caused_by(error))?;
            output.text(&page)?;
        }
        ReportFormat::Json => output.json(figures, OutputFormat::Json)?,
    }
    output.flush()?;
    Ok(Exit::Done)
}

/// When the sections of the providers that are asked are due; none if it is not known which are.
fn sections(app: &App<'_>) -> Vec<DueSection> {
    match app.cascade() {
        Ok(plan) => plan.cascade.due_sections(Renew::Stale),
        Err(CliError::Report(report)) => {
            app.output().warning(&format!(
                "it is not known what is stale: {}",
                report.message()
            ));
            Vec::new()
        }
        Err(CliError::BrokenPipe) => Vec::new(),
    }
}
