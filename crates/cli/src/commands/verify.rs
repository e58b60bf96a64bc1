//! `ipcascade verify`: checks that every number is right.

use clap::Args;
use ipcascade_core::{Check, OpenMode, RepairReport, VerifyOptions, VerifyReport};
use serde_json::{Value, json};

use super::show;
use crate::app::App;
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::output::{Format, words};
use crate::report::{CliError, CommandResult};

const EXAMPLES: &str = "\
Examples:
  ipcascade verify
  ipcascade verify --repair
  ipcascade verify --examples 100 --format json

Exit code: 0 if every check passes (after repairing, with --repair), 1 if one does not.";

/// Arguments of `verify`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct VerifyArgs {
    /// Mend what is wrong and can be known, then check again
    #[arg(long)]
    repair: bool,
    /// How many examples of each kind to name
    #[arg(long, value_name = "N", default_value_t = 5)]
    examples: usize,
    /// About how many rows to change in one transaction
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u64).range(1..))]
    batch_size: u64,
    /// Form of the answer
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = show::format())]
    format: Format,
}

/// Runs the command.
pub(crate) async fn run(args: &VerifyArgs, app: &App<'_>) -> CommandResult {
    let policy = app.policy()?;
    let mode = if args.repair {
        OpenMode::Write
    } else {
        OpenMode::Read
    };
    let store = app.open_store(mode).await?;
    let options = VerifyOptions {
        policy: &policy,
        examples: args.examples,
        batch_size: args.batch_size,
        now: app.now(),
    };
    let progress = app.output().progress("checking");
    let interrupt = Interrupt::listen();
    let repaired = if args.repair {
        progress.title("rows mended");
        let tell = |report: &RepairReport| {
            progress.position(report.repaired.values().sum());
            !interrupt.is_requested()
        };
        Some(store.repair(&options, &tell).await?)
    } else {
        None
    };
    progress.title("checking");
    let report = tokio::select! {
        report = store.verify(&options) => Some(report?),
        () = interrupt.requested() => None,
    };
    progress.finish();
    store.close().await;
    let Some(report) = report else {
        for line in repaired.iter().flat_map(mended) {
            app.output().line(&line)?;
        }
        let hint = "interrupted: nothing is known of what was not checked";
        app.output().notice(hint);
        return Ok(Exit::Interrupted);
    };
    if args.format == Format::Table {
        write(&report, repaired.as_ref(), app)?;
    } else {
        app.output()
            .json(&as_json(&report, repaired.as_ref()), args.format)?;
    }
    Ok(if report.is_clean() {
        Exit::Done
    } else {
        Exit::Failed
    })
}

fn write(
    report: &VerifyReport,
    repaired: Option<&RepairReport>,
    app: &App<'_>,
) -> Result<(), CliError> {
    let output = app.output();
    for line in repaired.into_iter().flat_map(mended) {
        output.line(&line)?;
    }
    for check in Check::ALL {
        let violation = report
            .violations
            .iter()
            .find(|violation| violation.check == check);
        let Some(violation) = violation else {
            output.line(&format!("ok      {}", check.rule()))?;
            continue;
        };
        let rows = words::count(violation.count, "row breaks it", "rows break it");
        output.line(&format!("BROKEN  {}: {rows}", check.rule()))?;
        for example in &violation.examples {
            output.line(&format!("          {example}"))?;
        }
    }
    let checked = format!(
        "checked {}, {}, {}",
        words::systems(report.asns),
        words::addresses(report.addresses),
        words::sessions(report.sessions)
    );
    output.notice(&checked);
    if !report.is_clean() {
        let broken = u64::try_from(report.violations.len()).unwrap_or(u64::MAX);
        let broken = words::count(broken, "check does", "checks do");
        let hint = if repaired.is_some() {
            "what is left cannot be known from the data"
        } else {
            "`ipcascade verify --repair` mends what can be known"
        };
        output.notice(&format!("{broken} not pass; {hint}"));
    }
    Ok(())
}

fn mended(report: &RepairReport) -> impl Iterator<Item = String> {
    report.repaired.iter().map(|(check, rows)| {
        let rows = words::count(*rows, "row", "rows");
        format!("mended  {}: {rows}", check.rule())
    })
}

fn as_json(report: &VerifyReport, repaired: Option<&RepairReport>) -> Value {
    let checks: Vec<Value> = Check::ALL
        .iter()
        .map(|check| {
            let violation = report
                .violations
                .iter()
                .find(|violation| violation.check == *check);
            json!({
                "check": check,
                "rule": check.rule(),
                "ok": violation.is_none(),
                "count": violation.map_or(0, |violation| violation.count),
                "examples": violation.map(|violation| &violation.examples[..]).unwrap_or_default(),
            })
        })
        .collect();
    json!({
        "ok": report.is_clean(),
        "asns": report.asns,
        "addresses": report.addresses,
        "sessions": report.sessions,
        "checks": checks,
        "repaired": repaired.map(|report| &report.repaired),
    })
}
