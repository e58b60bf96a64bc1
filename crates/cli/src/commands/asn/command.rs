//! `ipcascade asn`: ASes.

use clap::{Args, Subcommand, ValueEnum};
use ipcascade_core::country::CountryCode;
use ipcascade_core::rir::Rir;
use ipcascade_core::store::{AsnOrder, AsnQuery, OpenMode};

use crate::app::App;
use crate::commands::asn::records::AsnListRow;
use crate::commands::asn::show;
use crate::commands::asn::show::ShowCommand;
use crate::commands::listing;
use crate::commands::listing::{ExportArgs, ListArgs};
use crate::commands::since::Since;
use crate::commands::values;
use crate::output::OutputFormat;
use crate::report::CommandResult;

const LIST_EXAMPLES: &str = "\
Examples:
  ipcascade asn list --country NL --since 7d
  ipcascade asn list --org telecom --order sessions --format csv";
const SHOW_EXAMPLES: &str = "\
Examples:
  ipcascade asn show AS15169
  ipcascade asn show 15169 --format json";
const TOP_EXAMPLES: &str = "\
Examples:
  ipcascade asn top
  ipcascade asn top -n 25 --by addresses --since 30d";
const EXPORT_EXAMPLES: &str = "\
Examples:
  ipcascade asn export > asns.ndjson
  ipcascade asn export --format csv --country CN > cn.csv";

/// The subcommands for ASes.
#[derive(Debug, Subcommand)]
pub(crate) enum AsnCommand {
    /// List autonomous systems
    #[command(after_help = LIST_EXAMPLES)]
    List(ListCommand),
    /// Show one autonomous system, with the source of each fact and its top addresses
    #[command(after_help = SHOW_EXAMPLES)]
    Show(ShowCommand),
    /// List the autonomous systems that most sessions or addresses come from
    #[command(after_help = TOP_EXAMPLES)]
    Top(TopCommand),
    /// Write every autonomous system, for other programs
    #[command(after_help = EXPORT_EXAMPLES)]
    Export(ExportCommand),
}

/// Which ASes.
#[derive(Debug, Args)]
pub(crate) struct AsnFilter {
    /// Only those registered in this country (two letters)
    #[arg(long, value_name = "CC", value_parser = country)]
    country: Option<CountryCode>,
    /// Only those of this registry: arin, ripencc, apnic, lacnic, afrinic
    #[arg(long, value_name = "NAME", value_parser = registry)]
    registry: Option<Rir>,
    /// Only those with this text in the organisation's name
    #[arg(long, value_name = "TEXT")]
    org: Option<String>,
    /// Only those seen since then: a date, a time, or a span such as 7d
    #[arg(long, value_name = "WHEN")]
    since: Option<Since>,
    /// Also those that no address belongs to any more
    #[arg(long)]
    include_empty: bool,
}

impl AsnFilter {
    fn query(self, app: &App<'_>, order: AsnOrder, limit: Option<u64>) -> AsnQuery {
        AsnQuery {
            order,
            limit,
            country: self.country.map(|code| code.to_string()),
            registry: self.registry.map(|name| name.to_string()),
            organization: self.org,
            seen_since: self.since.map(|since| since.timestamp(app.now())),
            include_empty: self.include_empty,
        }
    }
}

fn country(text: &str) -> Result<CountryCode, &'static str> {
    CountryCode::parse(text)
        .ok_or("expected the code of a country, such as NL (XX and ZZ stand for unknown ones)")
}

fn registry(text: &str) -> Result<Rir, &'static str> {
    Rir::parse(text).ok_or("expected arin, ripencc, apnic, lacnic or afrinic")
}

/// How lists are sorted.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum AsnSort {
    /// By number
    Number,
    /// Most sessions first
    Sessions,
    /// Most addresses first
    Addresses,
    /// Last seen first
    LastSeen,
}

impl From<AsnSort> for AsnOrder {
    fn from(order: AsnSort) -> Self {
        match order {
            AsnSort::Number => Self::Number,
            AsnSort::Sessions => Self::Sessions,
            AsnSort::Addresses => Self::Addresses,
            AsnSort::LastSeen => Self::LastSeen,
        }
    }
}

/// Arguments of `asn list`.
#[derive(Debug, Args)]
pub(crate) struct ListCommand {
    #[command(flatten)]
    filter: AsnFilter,
    /// How the list is sorted
    #[arg(long, value_name = "ORDER", default_value = "number")]
    order: AsnSort,
    #[command(flatten)]
    list: ListArgs,
}

/// The ranking of the top list.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum By {
    /// Sessions
    Sessions,
    /// Addresses
    Addresses,
}

/// Arguments of `asn top`.
#[derive(Debug, Args)]
pub(crate) struct TopCommand {
    #[command(flatten)]
    filter: AsnFilter,
    /// How many to list
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10, value_parser = values::count)]
    limit: u64,
    /// What counts
    #[arg(long, value_name = "WHAT", default_value = "sessions")]
    by: By,
    /// Form of the list
    #[arg(long, value_name = "FORMAT", default_value = "table")]
    format: OutputFormat,
}

/// Arguments of `asn export`.
#[derive(Debug, Args)]
pub(crate) struct ExportCommand {
    #[command(flatten)]
    filter: AsnFilter,
    #[command(flatten)]
    export: ExportArgs,
}

/// Runs the command.
pub(crate) async fn run(command: AsnCommand, app: &App<'_>) -> CommandResult {
    match command {
        AsnCommand::List(args) => {
            let limit = args.list.limit();
            let query = args.filter.query(app, args.order.into(), limit);
            list(app, &query, args.list.format).await
        }
        AsnCommand::Top(args) => {
            let order = match args.by {
                By::Sessions => AsnOrder::Sessions,
                By::Addresses => AsnOrder::Addresses,
            };
            let query = args.filter.query(app, order, Some(args.limit));
            list(app, &query, args.format).await
        }
        AsnCommand::Export(args) => {
            let query = args.filter.query(app, AsnOrder::Number, args.export.limit);
            list(app, &query, args.export.format).await
        }
        AsnCommand::Show(args) => show::run(&args, app).await,
    }
}

async fn list(app: &App<'_>, query: &AsnQuery, format: OutputFormat) -> CommandResult {
    let store = app.open_store(OpenMode::Read).await?;
    let nothing = format!("no autonomous systems to list in {}", store.describe());
    let rows = store.asns(query);
    let exit = listing::write(app, rows, format, query.limit, &nothing, AsnListRow).await?;
    store.close().await;
    Ok(exit)
}
