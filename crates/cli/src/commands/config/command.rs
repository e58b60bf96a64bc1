//! The subcommands of `config`.

use clap::Subcommand;

use crate::app::App;
use crate::args::GlobalArgs;
use crate::commands::config::check::{CheckCommand, check};
use crate::commands::config::init::{InitCommand, init};
use crate::commands::config::path::{PathCommand, path};
use crate::commands::config::settings::{ShowCommand, show_settings};
use crate::report::CommandResult;

/// The subcommands for the configuration.
#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    Show(ShowCommand),
    Check(CheckCommand),
    Init(InitCommand),
    Path(PathCommand),
}

/// Runs the command.
pub(crate) async fn run(
    command: ConfigCommand,
    global: &GlobalArgs,
    app: &App<'_>,
) -> CommandResult {
    match command {
        ConfigCommand::Show(args) => show_settings(&args, app),
        ConfigCommand::Check(args) => check(&args, app).await,
        ConfigCommand::Init(args) => init(&args, global, app.registry(), app.output()),
        ConfigCommand::Path(args) => path(&args, app),
    }
}
