//! The commands: one module each, with its arguments and its implementation.

use clap::Subcommand;
use ipcascade_core::registry::Registry;

use crate::app::App;
use crate::args::GlobalArgs;
use crate::commands::{
    asn, audit, backfill, completions, config, copy, databases, enrich, ip, lookup, man, migrate,
    providers, refresh, report, schema, session, stats, verify,
};
use crate::exit::Exit;
use crate::output::Output;
use crate::report::{CliError, CommandResult};

const ASN_EXAMPLES: &str = "\
Examples:
  ipcascade asn top                            where most sessions come from
  ipcascade asn show AS15169
  ipcascade asn prefixes AS15169 --aggregate
  ipcascade asn list --country NL --since 7d
  ipcascade asn export --format csv > asns.csv";
const IP_EXAMPLES: &str = "\
Examples:
  ipcascade ip top --by country --since 30d
  ipcascade ip show 8.8.8.8
  ipcascade ip list --asn AS15169 --where 'session_count>=10'
  ipcascade ip export --feed plain --since 7d > block.txt    a list for a firewall";
const SESSION_EXAMPLES: &str = "\
Examples:
  ipcascade session list --ip 203.0.113.7
  ipcascade session show 5f2c9a1b04de
  ipcascade session top --by sensor --since 7d
  ipcascade session export --since 24h > sessions.ndjson";
const CONFIG_EXAMPLES: &str = "\
Examples:
  ipcascade --mmdb GeoLite2-ASN.mmdb config init    write a file to start from, with this value
  ipcascade config check                            open everything that is configured
  ipcascade config show                             every value, and where it comes from";

/// What the program can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Enrich(enrich::EnrichArgs),
    Lookup(lookup::LookupArgs),
    Refresh(refresh::RefreshArgs),
    /// ASes (autonomous systems): list, show, prefixes, top, export
    #[command(subcommand, after_help = ASN_EXAMPLES)]
    Asn(asn::AsnCommand),
    /// Addresses: list, show, top, export
    #[command(subcommand, after_help = IP_EXAMPLES)]
    Ip(ip::IpCommand),
    /// Sessions: list, show, top, export
    #[command(subcommand, after_help = SESSION_EXAMPLES)]
    Session(session::SessionCommand),
    Report(report::ReportArgs),
    Schema(schema::SchemaArgs),
    /// Show how much is stored: ASes, addresses, sessions
    Stats(stats::StatsArgs),
    /// Build the AS rows from addresses that are already in the database
    Backfill(backfill::BackfillArgs),
    /// Check every count and rule of the inventory, and repair what is broken
    Verify(verify::VerifyArgs),
    /// List where sources disagree, with counts by pair of sources
    Audit(audit::AuditArgs),
    /// Bring the schema of a database up to date, or manage its indexes
    Migrate(migrate::MigrateArgs),
    Copy(copy::CopyArgs),
    /// List the providers, and whether each can be asked
    Providers(providers::ProvidersArgs),
    /// List the data files that providers use, and their age
    Databases(databases::DatabasesArgs),
    /// The configuration: show, check, init, path
    #[command(subcommand, after_help = CONFIG_EXAMPLES)]
    Config(config::ConfigCommand),
    Completions(completions::CompletionsArgs),
    #[command(hide = true)]
    CompleteStored(completions::StoredArgs),
    Man(man::ManArgs),
}

/// How the program was called.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Invocation<'i> {
    /// The command lines of the programs, this one first.
    pub(crate) programs: &'i [clap::Command],
    pub(crate) global: &'i GlobalArgs,
}

impl Command {
    /// Runs a command that must work whatever the configuration, or returns it.
    pub(crate) fn without_config(
        self,
        invocation: Invocation<'_>,
        output: &Output,
        registry: &Registry,
    ) -> Result<Result<Exit, Self>, CliError> {
        let exit = match self {
            Self::Completions(args) => {
                completions::run(&args, invocation.programs, registry, output)
            }
            Self::CompleteStored(args) => {
                completions::run_stored(&args, invocation.programs.first(), output)
            }
            Self::Man(args) => man::run(&args, invocation.programs, output),
            Self::Config(config::ConfigCommand::Init(args)) => {
                config::init(&args, invocation.global, registry, output)
            }
            other => return Ok(Err(other)),
        };
        exit.map(Ok)
    }

    /// Whether it is repeated with the same data files, by somebody who sees what it prints and is not asked for its input.
    pub(crate) fn may_ask(&self) -> bool {
        match self {
            Self::Enrich(args) => args.may_ask(),
            Self::Lookup(args) => args.may_ask(),
            _ => false,
        }
    }

    /// Whether `--output` names a folder that the command itself replaces.
    pub(crate) const fn writes_folder(&self) -> bool {
        match self {
            Self::Ip(command) => command.writes_folder(),
            _ => false,
        }
    }

    /// Runs the command.
    pub(crate) async fn run(self, invocation: Invocation<'_>, app: &App<'_>) -> CommandResult {
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
            Self::Config(command) => config::run(command, invocation.global, app).await,
            Self::Completions(args) => {
                completions::run(&args, invocation.programs, app.registry(), app.output())
            }
            Self::CompleteStored(args) => {
                completions::run_stored(&args, invocation.programs.first(), app.output())
            }
            Self::Man(args) => man::run(&args, invocation.programs, app.output()),
        }
    }
}
