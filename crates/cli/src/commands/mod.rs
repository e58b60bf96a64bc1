//! The commands: one module each, with its arguments and what it does.

mod asn;
mod completions;
mod config;
mod listing;
mod show;
mod since;

use clap::Subcommand;
use ipcascade_core::Registry;

use crate::app::App;
use crate::exit::Exit;
use crate::output::Output;
use crate::report::{CliError, CommandResult};

/// What the program can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Autonomous systems: list, show, top, export
    #[command(subcommand)]
    Asn(asn::AsnCommand),
    /// The configuration: show, check, init, path
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Print completions for a shell
    Completions(completions::CompletionsArgs),
}

impl Command {
    /// Runs a command that must work whatever the configuration is, or gives it back.
    pub(crate) fn without_config(
        self,
        output: &Output,
        registry: &Registry,
    ) -> Result<Result<Exit, Self>, CliError> {
        match self {
            Self::Completions(args) => completions::run(&args, output).map(Ok),
            Self::Config(config::ConfigCommand::Init(args)) => {
                config::init(&args, registry, output).map(Ok)
            }
            other => Ok(Err(other)),
        }
    }

    /// Runs the command.
    pub(crate) async fn run(self, app: &App<'_>) -> CommandResult {
        match self {
            Self::Asn(command) => asn::run(command, app).await,
            Self::Config(command) => config::run(command, app),
            Self::Completions(args) => completions::run(&args, app.output()),
        }
    }
}
