//! `ipcascade stats`: how much is stored.

use clap::Args;
use ipcascade_core::store::OpenMode;

use crate::app::App;
use crate::commands::show;
use crate::commands::show::NameValues;
use crate::exit::Exit;
use crate::output::{OutputFormat, words};
use crate::output_file::FileArgs;
use crate::report::CommandResult;

const EXAMPLES: &str = "\
Examples:
  ipcascade stats
  ipcascade stats --format json";

/// Arguments of `stats`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct StatsArgs {
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = show::format())]
    format: OutputFormat,
    #[command(flatten)]
    _file: FileArgs,
}

/// Runs the command.
pub(crate) async fn run(args: &StatsArgs, app: &App<'_>) -> CommandResult {
    let store = app.open_store(OpenMode::Read).await?;
    let totals = store.totals().await?;
    let place = store.describe();
    store.close().await;
    if args.format != OutputFormat::Table {
        app.output().json(&totals, args.format)?;
        return Ok(Exit::Done);
    }
    app.output().heading(&place)?;
    let mut facts = NameValues::default();
    facts.add("ASes", words::number(totals.asns));
    facts.add("addresses", words::number(totals.addresses));
    facts.add("without an AS", words::number(totals.unattributed));
    facts.add("sessions", words::number(totals.sessions));
    facts.write(app.output())?;
    Ok(Exit::Done)
}
