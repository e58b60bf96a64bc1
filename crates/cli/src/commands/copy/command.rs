//! `ipcascade copy`: moves an inventory from one database to another.

use clap::Args;
use ipcascade_core::store::{OpenMode, ParseUrlError, RecordKind, StoreUrl};
use ipcascade_core::transfer::{CopyError, CopyOptions, CopyProgress, CopyReport, Phase, copy};
use serde::Serialize;

use crate::app::App;
use crate::commands::copy::summary;
use crate::commands::show;
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::output::OutputFormat;
use crate::report::{CliError, CommandResult};

const EXAMPLES: &str = "\
Examples:
  ipcascade copy --from inventory.db --to postgresql://me@db/inventory
  ipcascade copy --from postgresql://me@db/inventory --to sqlite:////backup/inventory.db

ASes, addresses with everything in their documents and their history, and sessions are copied.
Columns and tables of other programs are not, nor are leases (the claims of running `refresh`
commands), the state of providers, and the times at which rows were made and last written
(created_at, updated_at). Counts are not copied either: the target counts its rows by itself.

The source is only read. The target must be empty, or hold nothing but an earlier copy of the same
source. An interrupted copy goes on where it was when the same command is run again; a finished one
is brought up to date. At the end the target is verified, and every row compared with the source.

Exit code: 0 if the target holds exactly what the source holds, 1 if not, 2 if it was refused.";

/// Copy an inventory to another database, SQLite or PostgreSQL
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CopyArgs {
    /// The inventory to copy; it is only read
    #[arg(long, value_name = "URL")]
    from: String,
    /// The database to copy to; created if it is not there
    #[arg(long, value_name = "URL")]
    to: String,
    /// Rows that are read, and then written, at a time
    #[arg(long, value_name = "N", default_value_t = 5000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    batch_size: u32,
    /// Show at most this many examples of each difference
    #[arg(long, value_name = "N", default_value_t = 5)]
    examples: usize,
    /// Form of the summary: words on standard error, or JSON on standard output
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = show::format())]
    format: OutputFormat,
}

/// The summary for programs.
#[derive(Serialize)]
struct CopySummary<'a> {
    from: &'a str,
    to: &'a str,
    exact: bool,
    #[serde(flatten)]
    report: &'a CopyReport,
}

/// Runs the command.
pub(crate) async fn run(args: &CopyArgs, app: &App<'_>) -> CommandResult {
    let output = app.output();
    let (from, to) = (url("--from", &args.from)?, url("--to", &args.to)?);
    let (name, target_name) = (identity(&from), identity(&to));
    if name == target_name {
        return Err(
            CliError::usage(format!("--from and --to are the same database: {from}"))
                .hint("name another one with --to"),
        );
    }
    let policy = app.policy()?;
    let source = app.open_store_at(&from, "--from", OpenMode::Read).await?;
    let target = app.open_store_at(&to, "--to", OpenMode::Write).await?;
    let interrupt = Interrupt::listen(app.output());
    let options = CopyOptions {
        source: &name,
        batch_size: args.batch_size,
        examples: args.examples,
        policy: &policy,
        now: app.now(),
    };
    let bar = output.progress("copying");
    let progress = |progress: CopyProgress| {
        bar.title(title(progress.phase));
        bar.total(progress.total);
        bar.position(progress.done);
        !interrupt.is_requested()
    };
    let result = copy(&*source, &*target, &options, &progress).await;
    bar.finish();
    let is_in_place = target.check_place().await;
    source.close().await;
    target.close().await;
    let report = result.map_err(explain)?;
    is_in_place?;
    let (from, to) = (from.to_string(), to.to_string());
    if args.format == OutputFormat::Table {
        for line in summary::lines(&report, &from, &to) {
            output.notice(&line);
        }
    } else {
        let exact = report.is_exact();
        let summary = CopySummary {
            from: &from,
            to: &to,
            exact,
            report: &report,
        };
        output.json(&summary, args.format)?;
    }
    if report.interrupted {
        output.notice("interrupted: the same command goes on from here");
        return Ok(Exit::Interrupted);
    }
    if report.is_exact() {
        return Ok(Exit::Done);
    }
    output.failure("the target does not hold exactly what the source holds");
    Ok(Exit::Failed)
}

const fn title(phase: Phase) -> &'static str {
    match phase {
        Phase::Copying(RecordKind::Asn) => "copying ASes",
        Phase::Copying(RecordKind::Session) => "copying sessions",
        Phase::Copying(_) => "copying addresses",
        Phase::Verifying => "verifying the target",
        Phase::Comparing(RecordKind::Asn) => "comparing ASes",
        Phase::Comparing(RecordKind::Session) => "comparing sessions",
        Phase::Comparing(_) => "comparing addresses",
    }
}

/// Names a database in the same way however its URL is written: a file by its full path, a server without user and
/// password.
fn identity(url: &StoreUrl) -> String {
    if let Some(path) = url.path() {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or_else(|| std::path::Path::new("."));
        let full = std::fs::canonicalize(&path).or_else(|_| {
            let folder = std::fs::canonicalize(folder)?;
            Ok::<_, std::io::Error>(folder.join(path.file_name().unwrap_or_default()))
        });
        return StoreUrl::sqlite(&full.unwrap_or(path)).to_string();
    }
    let shown = url.to_string();
    let place = shown
        .split_once("//")
        .map_or(shown.as_str(), |(_, place)| place);
    let (authority, rest) = place.split_once('/').unwrap_or((place, ""));
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let scheme = match url.scheme() {
        "postgres" => "postgresql",
        other => other,
    };
    format!("{scheme}://{host}/{rest}")
}

/// The URL that an option has.
fn url(option: &str, text: &str) -> Result<StoreUrl, CliError> {
    let parsed: Result<StoreUrl, ParseUrlError> = text.parse();
    parsed.map_err(|error| CliError::from(error).prefixed(option))
}

fn explain(error: CopyError) -> CliError {
    match error {
        CopyError::Source(error) => CliError::from(error).prefixed("--from"),
        CopyError::Target(error) => CliError::from(error).prefixed("--to"),
        refused @ CopyError::Refused { .. } => CliError::usage(refused.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str) -> String {
        identity(&url.parse().unwrap())
    }

    #[test]
    fn one_database_has_one_name() {
        assert_eq!(
            of("postgres://me:secret@db.example/inventory"),
            of("postgresql+psycopg://you@db.example/inventory")
        );
        assert_ne!(
            of("postgresql://db.example/a"),
            of("postgresql://db.example/b")
        );
        assert_eq!(of("sqlite://x.db"), of("./x.db"));
        assert_ne!(of("sqlite://x.db"), of("sqlite://y.db"));
    }

    #[test]
    fn a_name_holds_no_password() {
        let name = of("postgresql://me:p@ss:w0rd@h/db?password=w0rd");
        assert!(!name.contains("w0rd"), "{name}");
    }
}
