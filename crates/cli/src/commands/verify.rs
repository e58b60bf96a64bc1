//! `ipcascade verify`: checks that every number is right.

use std::sync::{Mutex, PoisonError};

use clap::Args;
use ipcascade_core::policy::Policy;
use ipcascade_core::store::{
    Check, OpenMode, RepairChange, RepairOptions, RepairProgress, RepairReport, Store,
    VerifyOptions, VerifyReport,
};
use serde_json::{Value, json};

use crate::app::App;
use crate::commands::show;
use crate::commands::values;
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::output::{Output, OutputFormat, Progress, one_line, words};
use crate::output_file::FileArgs;
use crate::report::{CliError, CommandResult};

const EXAMPLES: &str = "\
Examples:
  ipcascade verify
  ipcascade verify --repair --dry-run
  ipcascade verify --repair
  ipcascade verify --examples 100 --format json

Exit code: 0 if every check passes (after repairing, with --repair), 1 if one does not.";

/// Arguments of `verify`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct VerifyArgs {
    /// Repair everything that can be derived from stored data, then check again; replaced values are kept in the
    /// table `ipcascade_repairs`
    #[arg(long)]
    repair: bool,
    /// With --repair: only show each value that would be replaced
    #[arg(long, requires = "repair")]
    dry_run: bool,
    /// Show at most this many examples of each rule that is broken
    #[arg(long, value_name = "N", default_value_t = 5)]
    examples: usize,
    /// With --repair: rows per transaction, approximately
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = values::count)]
    batch_size: u64,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = show::format())]
    format: OutputFormat,
    #[command(flatten)]
    _file: FileArgs,
}

/// Runs the command.
pub(crate) async fn run(args: &VerifyArgs, app: &App<'_>) -> CommandResult {
    let policy = match args.repair {
        true => app.informed_policy()?,
        false => app.policy()?,
    };
    let mode = match args.repair && !args.dry_run {
        true => OpenMode::Update,
        false => OpenMode::Read,
    };
    let store = app.open_store(mode).await?;
    let options = VerifyOptions {
        policy: &policy,
        examples: args.examples,
        now: app.now(),
    };
    let progress = app.output().progress("checking");
    let interrupt = Interrupt::listen(app.output());
    let repaired = match args.repair {
        true => Some(repair(args, app, &*store, &policy, &progress, &interrupt).await?),
        false => None,
    };
    progress.title("checking");
    let report = tokio::select! {
        report = store.verify(&options) => Some(report?),
        () = interrupt.requested() => None,
    };
    progress.finish();
    store.check_place().await?;
    interrupt.close(&*store).await;
    let Some(report) = report else {
        for line in repaired
            .iter()
            .flat_map(|repaired| repaired_lines(&repaired.report, args.dry_run))
        {
            app.output().line(&line)?;
        }
        let hint = "interrupted: nothing is known of what was not checked";
        app.output().notice(hint);
        return Ok(Exit::Interrupted);
    };
    if args.format == OutputFormat::Table {
        write(&report, repaired.as_ref(), args.dry_run, app)?;
    } else {
        app.output()
            .json(&as_json(&report, repaired.as_ref()), args.format)?;
    }
    report_broken(&report, repaired.is_some(), args.dry_run, app.output());
    Ok(if report.is_clean() {
        Exit::Done
    } else {
        Exit::Failed
    })
}

fn write(
    report: &VerifyReport,
    repaired: Option<&Repaired>,
    dry_run: bool,
    app: &App<'_>,
) -> Result<(), CliError> {
    let output = app.output();
    for line in repaired
        .into_iter()
        .flat_map(|repaired| repaired_lines(&repaired.report, dry_run))
    {
        output.line(&line)?;
    }
    write_checks(report, output)?;
    let checked = format!(
        "checked {}, {}, {}",
        words::ases(report.asns),
        words::addresses(report.addresses),
        words::sessions(report.sessions)
    );
    output.notice(&checked);
    if report.sessions_without_row > 0 {
        let only = words::count(
            report.sessions_without_row,
            "more session is",
            "more sessions are",
        );
        output.notice(&format!(
            "{only} known only by number: counted before adoption, pruned, or counted by another program"
        ));
    }
    if let Some(repaired) = repaired {
        report_repair(&repaired.report, dry_run, output);
    }
    Ok(())
}

/// Reports that checks do not pass, which is a failure, and what can be done.
fn report_broken(report: &VerifyReport, is_repaired: bool, dry_run: bool, output: &Output) {
    if !report.is_clean() {
        let broken = u64::try_from(report.violations.len()).unwrap_or(u64::MAX);
        let broken = words::count(broken, "check does", "checks do");
        let hint = match (is_repaired, dry_run) {
            (true, false) => {
                "what is left cannot be known from the data, could not be written, or was changed by another program meanwhile"
            }
            (true, true) => "nothing was written (--dry-run)",
            (false, _) => "`ipcascade verify --repair` repairs what can be known",
        };
        output.failure(&format!("{broken} not pass; {hint}"));
    }
}

/// Writes the result of each check, with examples.
fn write_checks(report: &VerifyReport, output: &Output) -> Result<(), CliError> {
    for check in Check::ALL {
        let violation = report
            .violations
            .iter()
            .find(|violation| violation.check == check);
        let Some(violation) = violation else {
            if !output.is_quiet() {
                output.line(&format!("ok      {}", check.rule()))?;
            }
            continue;
        };
        let rows = words::count(violation.count, "row breaks it", "rows break it");
        output.text(&output.marked("BROKEN"))?;
        output.line(&format!("  {}: {rows}", check.rule()))?;
        for example in &violation.examples {
            output.line(&format!("          {example}"))?;
        }
    }
    Ok(())
}

/// Reports how many values were replaced, and how many rows could not be repaired.
fn report_repair(repair: &RepairReport, dry_run: bool, output: &Output) {
    if repair.kept_values > 0 && !dry_run {
        let values = words::count(repair.kept_values, "value was", "values were");
        output.notice(&format!(
            "{values} replaced; the table ipcascade_repairs keeps what was there before"
        ));
    }
    if repair.failed > 0 {
        let rows = words::count(repair.failed, "row", "rows");
        output.warning(&format!(
            "{rows} could not be repaired and stay as they are"
        ));
    }
}

fn repaired_lines(report: &RepairReport, dry_run: bool) -> impl Iterator<Item = String> {
    let verb = if dry_run { "would repair" } else { "repaired" };
    report.repaired.iter().map(move |(check, rows)| {
        let rows = words::count(*rows, "row", "rows");
        format!("{verb}  {}: {rows}", check.rule())
    })
}

/// The result of a repair.
struct Repaired {
    report: RepairReport,
    /// With --dry-run and JSON: what would be replaced.
    changes: Vec<RepairChange>,
}

/// Repairs, and shows each value that is, or would be, replaced.
async fn repair(
    args: &VerifyArgs,
    app: &App<'_>,
    store: &dyn Store,
    policy: &Policy,
    progress: &Progress,
    interrupt: &Interrupt,
) -> Result<Repaired, CliError> {
    let options = RepairOptions {
        policy,
        batch_size: args.batch_size,
        dry_run: args.dry_run,
        now: app.now(),
    };
    progress.title(if args.dry_run {
        "rows to repair"
    } else {
        "rows repaired"
    });
    let is_table = args.format == OutputFormat::Table;
    let changes = Mutex::new(Vec::new());
    let broken_pipe = Mutex::new(None);
    let committed = Mutex::new(RepairReport::default());
    let on_batch = |batch: RepairProgress<'_>| {
        batch
            .report
            .clone_into(&mut committed.lock().unwrap_or_else(PoisonError::into_inner));
        progress.position(batch.report.repaired.values().sum());
        if args.dry_run && !is_table {
            let mut changes = changes.lock().unwrap_or_else(PoisonError::into_inner);
            changes.extend_from_slice(batch.changes);
        } else if args.dry_run {
            for change in batch.changes {
                if let Err(error) = app.output().line(&shown(change)) {
                    *broken_pipe.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                    return false;
                }
            }
        }
        !interrupt.is_requested()
    };
    let report = match interrupt
        .with_grace(store.repair(&options, &on_batch))
        .await
    {
        Some(report) => report?,
        None => committed
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner),
    };
    match broken_pipe
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
    {
        Some(error) => Err(error.into()),
        None => Ok(Repaired {
            report,
            changes: changes.into_inner().unwrap_or_else(PoisonError::into_inner),
        }),
    }
}

/// A replaced value, on one line.
fn shown(change: &RepairChange) -> String {
    let RepairChange {
        check,
        key,
        before,
        after,
    } = change;
    let key = one_line(key);
    match after.is_null() {
        true => format!("{key}: {before} ({})", check.name()),
        false => format!("{key}: {before} -> {after} ({})", check.name()),
    }
}

fn as_json(report: &VerifyReport, repaired: Option<&Repaired>) -> Value {
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
        "sessions_without_row": report.sessions_without_row,
        "checks": checks,
        "repaired": repaired.map(|repaired| &repaired.report.repaired),
        "kept_values": repaired.map(|repaired| repaired.report.kept_values),
        "changes": repaired.map(|repaired| &repaired.changes),
    })
}
