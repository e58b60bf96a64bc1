//! `ipcascade config show`: every value, and where it comes from.

use clap::Args;

use crate::app::App;
use crate::commands::show;
use crate::config::settings;
use crate::exit::Exit;
use crate::output::{Align, OutputFormat};
use crate::output_file::FileArgs;
use crate::report::CommandResult;

const EXAMPLES: &str = "\
Examples:
  ipcascade config show
  ipcascade --config other.toml config show --format json";

/// Show every configured value and where it comes from; secrets are hidden
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ShowCommand {
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = show::format())]
    format: OutputFormat,
    #[command(flatten)]
    _file: FileArgs,
}

pub(super) fn show_settings(args: &ShowCommand, app: &App<'_>) -> CommandResult {
    let settings = settings(app.config());
    if args.format != OutputFormat::Table {
        app.output().json(&settings, args.format)?;
        return Ok(Exit::Done);
    }
    let columns = [
        ("KEY", Align::Left),
        ("VALUE", Align::Left),
        ("SOURCE", Align::Left),
    ];
    let mut table = app.output().table(&columns);
    for setting in settings {
        table.row([setting.key, setting.value.to_string(), setting.source]);
    }
    app.output().print_table(&table)?;
    Ok(Exit::Done)
}
