//! `ipcascade ip`: addresses.

use clap::{Args, Subcommand, ValueEnum};
use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::store::{AddressOrder, AddressQuery, OpenMode};
use ipnet::IpNet;

use crate::app::App;
use crate::commands::ip::records::AddressListRow;
use crate::commands::ip::show;
use crate::commands::ip::show::ShowCommand;
use crate::commands::listing;
use crate::commands::listing::{ExportArgs, ListArgs};
use crate::commands::since::Since;
use crate::commands::values;
use crate::output::OutputFormat;
use crate::report::CommandResult;

const LIST_EXAMPLES: &str = "\
Examples:
  ipcascade ip list --asn AS15169 --order sessions
  ipcascade ip list --prefix 192.0.2.0/24 --since 24h --format csv";
const SHOW_EXAMPLES: &str = "\
Examples:
  ipcascade ip show 8.8.8.8
  ipcascade ip show 2001:4860:4860::8888 --format json";
const EXPORT_EXAMPLES: &str = "\
Examples:
  ipcascade ip export > addresses.ndjson
  ipcascade ip export --format csv --unattributed > unknown.csv
  ipcascade ip export -n 100000 --after 203.0.113.7    go on after that address";

/// The subcommands for addresses.
#[derive(Debug, Subcommand)]
pub(crate) enum IpCommand {
    /// List addresses
    #[command(after_help = LIST_EXAMPLES)]
    List(ListCommand),
    /// Show one address: each source with its age, past origins, sessions
    #[command(after_help = SHOW_EXAMPLES)]
    Show(ShowCommand),
    /// Write every address, for other programs
    #[command(after_help = EXPORT_EXAMPLES)]
    Export(ExportCommand),
}

/// Which addresses.
#[derive(Debug, Args)]
pub(crate) struct AddressFilter {
    /// Only those of this autonomous system
    #[arg(long, value_name = "ASN")]
    asn: Option<Asn>,
    /// Only those without an autonomous system
    #[arg(long, conflicts_with = "asn")]
    unattributed: bool,
    /// Only those inside this prefix
    #[arg(long, value_name = "PREFIX", value_parser = values::prefix)]
    prefix: Option<IpNet>,
    /// Only those seen since then: a date, a time, or a span such as 7d
    #[arg(long, value_name = "WHEN")]
    since: Option<Since>,
}

impl AddressFilter {
    fn query(self, app: &App<'_>, order: AddressOrder, limit: Option<u64>) -> AddressQuery {
        AddressQuery {
            order,
            limit,
            asn: self.asn,
            unattributed: self.unattributed,
            prefix: self.prefix,
            seen_since: self.since.map(|since| since.timestamp(app.now())),
            after: None,
        }
    }
}

/// How lists are sorted.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum AddressSort {
    /// By address, as text
    Address,
    /// Most sessions first
    Sessions,
    /// Last seen first
    LastSeen,
}

impl From<AddressSort> for AddressOrder {
    fn from(order: AddressSort) -> Self {
        match order {
            AddressSort::Address => Self::Address,
            AddressSort::Sessions => Self::Sessions,
            AddressSort::LastSeen => Self::LastSeen,
        }
    }
}

/// Arguments of `ip list`.
#[derive(Debug, Args)]
pub(crate) struct ListCommand {
    #[command(flatten)]
    filter: AddressFilter,
    /// How the list is sorted
    #[arg(long, value_name = "ORDER", default_value = "address")]
    order: AddressSort,
    #[command(flatten)]
    list: ListArgs,
}

/// Arguments of `ip export`.
#[derive(Debug, Args)]
pub(crate) struct ExportCommand {
    #[command(flatten)]
    filter: AddressFilter,
    /// Only those after this one (they are exported in text order)
    #[arg(long, value_name = "IP")]
    after: Option<Address>,
    #[command(flatten)]
    export: ExportArgs,
}

/// Runs the command.
pub(crate) async fn run(command: IpCommand, app: &App<'_>) -> CommandResult {
    match command {
        IpCommand::List(args) => {
            let limit = args.list.limit();
            let query = args.filter.query(app, args.order.into(), limit);
            list(app, &query, args.list.format).await
        }
        IpCommand::Export(args) => {
            let query = args
                .filter
                .query(app, AddressOrder::Address, args.export.limit);
            let query = AddressQuery {
                after: args.after,
                ..query
            };
            list(app, &query, args.export.format).await
        }
        IpCommand::Show(args) => show::run(&args, app).await,
    }
}

async fn list(app: &App<'_>, query: &AddressQuery, format: OutputFormat) -> CommandResult {
    let policy = app.policy()?;
    let store = app.open_store(OpenMode::Read).await?;
    let nothing = format!("no addresses to list in {}", store.describe());
    let rows = store.addresses(query);
    let to_record = |row| AddressListRow::new(row, &policy);
    let exit = listing::write(app, rows, format, query.limit, &nothing, to_record).await?;
    store.close().await;
    Ok(exit)
}
