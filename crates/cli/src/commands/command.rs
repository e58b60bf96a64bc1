//! The commands: one module each, with its arguments and its implementation.

use clap::Subcommand;
use ipcascade_core::registry::Registry;

use crate::app::App;
use crate::args::GlobalArgs;
use crate::commands::{
    asn, audit, backfill, completions, config, copy, databases, enrich, ip, lookup, migrate,
    providers, refresh, report, schema, session, stats, verify,
};
use crate::exit::Exit;
use crate::output::Output;
use crate::report::{CliError, CommandResult};

/// What the program can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Enrich(enrich::EnrichArgs),
    Lookup(lookup::LookupArgs),
    Refresh(refresh::RefreshArgs),
    /// ASes (autonomous systems): list, show, top, export
    #[command(subcommand)]
    Asn(asn::AsnCommand),
    /// Addresses: list, show, top, export
    #[command(subcommand)]
    Ip(ip::IpCommand),
    /// Sessions: list, show, top, export
    #[command(subcommand)]
    Session(session::SessionCommand),
    Report(report::ReportArgs),
    Schema(schema::SchemaArgs),
    /// Show how much is stored
    Stats(stats::StatsArgs),
    /// Build the AS records from addresses that are already in the database
    Backfill(backfill::BackfillArgs),
    /// Check every count and rule of the inventory, and repair what is broken
    Verify(verify::VerifyArgs),
    /// List where sources disagree, with counts by pair of sources
    Audit(audit::AuditArgs),
    /// Bring the schema of a database up to date
    Migrate(migrate::MigrateArgs),
    Copy(copy::CopyArgs),
    /// Show what can be asked, and in which state it is
    Providers(providers::ProvidersArgs),
    /// List the data files that providers use, and their age
    Databases(databases::DatabasesArgs),
    /// The configuration: show, check, init, path
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Print completions for a shell
    Completions(completions::CompletionsArgs),
}

impl Command {
    /// Runs a command that must work whatever the configuration, or returns it.
    pub(crate) fn without_config(
        self,
        program: &mut clap::Command,
        global: &GlobalArgs,
        output: &Output,
        registry: &Registry,
    ) -> Result<Result<Exit, Self>, CliError> {
        match self {
            Self::Completions(args) => completions::run(&args, program, output).map(Ok),
            Self::Config(config::ConfigCommand::Init(args)) => {
                config::init(&args, global, registry, output).map(Ok)
            }
            other => Ok(Err(other)),
        }
    }

    /// Runs the command.
    pub(crate) async fn run(
        self,
        program: &mut clap::Command,
        global: &GlobalArgs,
        app: &App<'_>,
    ) -> CommandResult {
        match self {
            Self::Enrich(args) => args.run(app).await,
            Self::Lookup(args) => args.run(app).await,
            Self::Refresh(args) => args.run(app).await,
            Self::Asn(command) => asn::run(command, app).await,
            Self::Ip(command) => ip::run(command, app).await,
            Self::Session(command) => session::run(command, app).await,
            Self::Report(args) => args.run(app).await,
            Self::Schema(args) => args.run(app),
            Self::Stats(args) => stats::run(&args, app).await,
            Self::Backfill(args) => backfill::run(&args, app).await,
            Self::Verify(args) => verify::run(&args, app).await,
            Self::Audit(args) => args.run(app).await,
            Self::Migrate(args) => migrate::run(&args, app).await,
            Self::Copy(args) => copy::run(&args, app).await,
            Self::Providers(args) => providers::run(args, app).await,
            Self::Databases(args) => databases::run(&args, app),
            Self::Config(command) => config::run(command, global, app).await,
            Self::Completions(args) => completions::run(&args, program, app.output()),
        }
    }
}
