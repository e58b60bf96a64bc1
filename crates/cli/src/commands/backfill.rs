//! `ipcascade backfill`: builds the AS tier from existing addresses.

use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;
use ipcascade_core::cascade::Renew;
use ipcascade_core::store::{BackfillOptions, BackfillReport, MigrateOptions, OpenMode, Store};

use crate::app::App;
use crate::commands::refresh::{LeaseArgs, RefreshWork};
use crate::commands::since::Since;
use crate::commands::values;
use crate::commands::{refresh, show};
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::output::{Output, OutputFormat, Progress, words};
use crate::report::{CliError, CommandResult};

const EXAMPLES: &str = "\
Examples:
  ipcascade --db postgresql://me@db/inventory backfill --dry-run
  ipcascade --db sqlite:///cowrie.sqlite backfill --batch-size 5000
  ipcascade backfill --since 7d

It may be interrupted at any time: committed work is kept, and the same command resumes. Running it
again changes nothing.";

/// Arguments of `backfill`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct BackfillArgs {
    /// Addresses per transaction, approximately
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = values::count)]
    batch_size: u64,
    /// Create or change at most this many ASes (default: all); the next run continues with the rest
    #[arg(long, value_name = "N", value_parser = values::count)]
    limit: Option<u64>,
    /// Only ASes with an address that was updated since this date or time, or this long ago (7d, 24h)
    #[arg(long, value_name = "WHEN")]
    since: Option<Since>,
    /// Also replace names, countries and registries of ASes whose source is not known
    #[arg(long)]
    overwrite_metadata: bool,
    /// Afterwards look up the addresses without an AS; several processes can share this part
    #[arg(long, conflicts_with = "dry_run")]
    missing: bool,
    #[command(flatten)]
    lease: LeaseArgs,
    /// Only report what would change
    #[arg(long)]
    dry_run: bool,
    /// Show progress even without a terminal, one line every ten seconds
    #[arg(long, conflicts_with = "no_progress")]
    progress: bool,
    /// Form of the summary: words on standard error, or JSON on standard output
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = show::format())]
    format: OutputFormat,
}

/// Runs the command.
pub(crate) async fn run(args: &BackfillArgs, app: &App<'_>) -> CommandResult {
    let output = app.output();
    let policy = app.informed_policy()?;
    let mode = match args.dry_run {
        true => OpenMode::Inspect,
        false => OpenMode::Update,
    };
    let store = app.open_store(mode).await?;
    let interrupt = Interrupt::listen(app.output());
    let options = BackfillOptions {
        policy: &policy,
        batch_size: args.batch_size,
        limit: args.limit,
        since: args.since.map(|since| since.timestamp(app.now())),
        overwrite_metadata: args.overwrite_metadata,
        dry_run: args.dry_run,
        now: app.now(),
    };
    let bar = match args.progress {
        true => output.progress_anywhere("ASes"),
        false => output.progress("ASes"),
    };
    let unadopted = match args.dry_run {
        true => store
            .pending_migrations(&MigrateOptions::default())
            .await?
            .len(),
        false => 0,
    };
    let tier = build(&*store, &options, &bar, &interrupt).await?;
    store.check_place().await?;
    write(&tier, args, &*store, output)?;
    if unadopted > 0 {
        let steps = words::count(unadopted as u64, "step", "steps");
        output.notice(&format!(
            "the schema would be brought up to date first, in {steps}: see `ipcascade migrate --dry-run`"
        ));
    }
    if interrupt.is_requested() {
        interrupt.close(&*store).await;
        output.notice("interrupted: the same command goes on from here");
        return Ok(Exit::Interrupted);
    }
    let exit = match args.missing {
        true => look_up_missing(app, &store, args.lease, &interrupt).await,
        false => Ok(Exit::Done),
    };
    store.close().await;
    exit
}

/// What was built of the AS tier.
struct BuiltTier {
    /// What is committed.
    report: BackfillReport,
    /// Whether the last batch was given up after an interrupt.
    is_cut_short: bool,
}

/// Builds the AS tier, until an interrupt; `bar` shows how far it is.
async fn build(
    store: &dyn Store,
    options: &BackfillOptions<'_>,
    bar: &Progress,
    interrupt: &Interrupt,
) -> Result<BuiltTier, CliError> {
    let committed = Mutex::new(BackfillReport::default());
    let progress = |report: &BackfillReport| {
        report.clone_into(&mut committed.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(total) = report.asns_total {
            bar.total(total);
        }
        bar.position(done(report));
        !interrupt.is_requested()
    };
    let result = interrupt.with_grace(store.backfill(options, &progress));
    let result = result.await;
    bar.finish();
    let is_cut_short = result.is_none();
    let report = match result {
        Some(report) => report?,
        None => committed
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner),
    };
    Ok(BuiltTier {
        report,
        is_cut_short,
    })
}

/// Writes the summary, or the report as JSON.
fn write(
    tier: &BuiltTier,
    args: &BackfillArgs,
    store: &dyn Store,
    output: &Output,
) -> Result<(), CliError> {
    let report = &tier.report;
    if args.format != OutputFormat::Table {
        output.json(report, args.format)?;
    } else if tier.is_cut_short && *report == BackfillReport::default() {
        output.notice("ended before the first batch was through");
    } else {
        let place = store.describe();
        for line in summary(report, args.dry_run, &place) {
            output.notice(&line);
        }
    }
    Ok(())
}

/// Runs the cascade for the addresses without an AS.
async fn look_up_missing(
    app: &App<'_>,
    store: &Arc<dyn Store>,
    lease: LeaseArgs,
    interrupt: &Interrupt,
) -> CommandResult {
    let plan = app.cascade()?;
    app.output().notice(&plan.announcement());
    let work = RefreshWork {
        unattributed_only: true,
        limit: None,
        renew: Renew::Stale,
        lease,
    };
    let done = refresh::run(app, store, &plan.cascade, &work, interrupt).await?;
    done.report(app.output());
    Ok(done.exit())
}

const fn done(report: &BackfillReport) -> u64 {
    report.asns_created + report.asns_updated + report.asns_unchanged + report.asns_emptied
}

fn summary(report: &BackfillReport, dry_run: bool, place: &str) -> Vec<String> {
    if done(report) == 0 && report.addresses == 0 && report.skipped.is_empty() {
        return vec![format!("nothing to do: no address in {place} has an AS")];
    }
    let verb = if dry_run { "would be " } else { "" };
    let mut lines = vec![format!(
        "{} from {}: {} {verb}created, {} {verb}updated, {} unchanged, {} {verb}emptied",
        words::ases(done(report)),
        words::addresses(report.addresses),
        words::number(report.asns_created),
        words::number(report.asns_updated),
        words::number(report.asns_unchanged),
        words::number(report.asns_emptied),
    )];
    for (reason, rows) in &report.skipped {
        let rows = words::count(*rows, "row", "rows");
        lines.push(format!("skipped {rows}: {reason}"));
    }
    for (field, systems) in &report.conflicts {
        lines.push(format!(
            "sources disagree on `{field}` of {}; the most common value was taken",
            words::ases(*systems)
        ));
    }
    if dry_run {
        lines.push("nothing was written (--dry-run)".to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use ipcascade_core::store::SkipReason;

    use super::*;

    #[test]
    fn an_empty_inventory_gets_a_friendly_word() {
        let lines = summary(&BackfillReport::default(), false, "sqlite://a.db");
        assert_eq!(
            lines,
            ["nothing to do: no address in sqlite://a.db has an AS"]
        );
    }

    #[test]
    fn everything_that_happened_is_in_the_summary() {
        let report = BackfillReport {
            asns_created: 1200,
            asns_updated: 2,
            asns_unchanged: 3,
            asns_emptied: 1,
            addresses: 1,
            skipped: [(SkipReason::NotAnAddress, 1)].into(),
            conflicts: [("asn_org".to_owned(), 2)].into(),
            asns_total: None,
        };
        let lines = summary(&report, true, "x").join("\n");
        for words in [
            "1,206 ASes from 1 address",
            "1,200 would be created",
            "skipped 1 row: not an IP address",
            "`asn_org` of 2 ASes",
            "--dry-run",
        ] {
            assert!(lines.contains(words), "{words} is not in {lines}");
        }
    }
}
