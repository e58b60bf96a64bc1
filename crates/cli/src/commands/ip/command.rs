//! `ipcascade ip`: addresses.

use clap::{Args, Subcommand};
use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::store::{
    AddressListColumn, AddressQuery, ListCondition, ListOrder, ListValue, OpenMode, SortedBy,
};
use ipnet::IpNet;

use crate::app::App;
use crate::commands::block_counts;
use crate::commands::ip::feed::{self, FeedArgs};
use crate::commands::ip::index_advice::{Waited, advise};
use crate::commands::ip::show;
use crate::commands::ip::show::ShowCommand;
use crate::commands::listing::{ColumnArgs, ExportArgs, ListArgs, Selection, WhereArgs};
use crate::commands::since::Since;
use crate::commands::top::{Top, TopArgs};
use crate::commands::values;
use crate::output::OutputFormat;
use crate::records::{Addresses, Beside};
use crate::report::{CliError, CommandResult};

const LIST_EXAMPLES: &str = "\
Examples:
  ipcascade ip list --asn AS15169 --sort session_count:desc
  ipcascade ip list --where country=NL --where 'session_count>=10' --since 7d
  ipcascade ip list --prefix 192.0.2.0/24 --columns address,prefix,asn_org --format csv";
const SHOW_EXAMPLES: &str = "\
Examples:
  ipcascade ip show 8.8.8.8
  ipcascade ip show 8.8.8.8 2001:4860:4860::8888 --format json
  ipcascade ip show - < addresses.txt";
const TOP_EXAMPLES: &str = "\
Examples:
  ipcascade ip top                             addresses with the most sessions
  ipcascade ip top --by country --since 30d    countries
  ipcascade ip top --by prefix --country NL    networks of one country
  ipcascade ip top --by classification";
const EXPORT_EXAMPLES: &str = "\
Examples:
  ipcascade ip export > addresses.ndjson
  ipcascade ip export --format csv --unattributed > without-an-as.csv
  ipcascade ip export --with-sections > everything.ndjson
  ipcascade ip export -n 100000 --after 203.0.113.7    go on after that address
  ipcascade ip export --feed plain --since 7d --min-sessions 2 --exclude allowed.txt -o block.txt
  ipcascade ip export --feed nft --since 30d --classification malicious | nft -f -
  ipcascade ip export --feed misp --since 90d --organization 'CERT Example' -o /srv/feeds/misp";

/// The subcommands for addresses.
#[derive(Debug, Subcommand)]
pub(crate) enum IpCommand {
    /// List addresses
    #[command(after_help = LIST_EXAMPLES)]
    List(ListCommand),
    /// Show stored addresses: what each source said and how old that is, past origin ASes, sessions
    #[command(after_help = SHOW_EXAMPLES)]
    Show(ShowCommand),
    /// List the addresses with the most sessions, or count them by a field
    #[command(after_help = TOP_EXAMPLES)]
    Top(TopCommand),
    /// Write every address, for other programs
    #[command(after_help = EXPORT_EXAMPLES)]
    Export(ExportCommand),
}

impl IpCommand {
    /// Whether `--output` names a folder.
    pub(crate) const fn writes_folder(&self) -> bool {
        match self {
            Self::Export(args) => args.feed.is_folder(),
            _ => false,
        }
    }
}

/// Which addresses.
#[derive(Debug, Args)]
pub(crate) struct AddressFilter {
    /// Only those whose origin AS is this one
    #[arg(long, value_name = "ASN")]
    asn: Option<Asn>,
    /// Only those without an AS: no source knows which AS announces them
    #[arg(long, conflicts_with = "asn")]
    unattributed: bool,
    /// Only those inside this prefix
    #[arg(long, value_name = "PREFIX", value_parser = values::prefix)]
    prefix: Option<IpNet>,
    /// Only those in this country (its code or name)
    #[arg(long, value_name = "CC")]
    country: Option<String>,
    /// Only those with this classification: malicious, benign, …
    #[arg(long, value_name = "NAME")]
    classification: Option<String>,
    /// Only those seen since this date or time, or this long ago (7d, 24h)
    #[arg(long, value_name = "WHEN")]
    since: Option<Since>,
    /// Only those first seen by this date or time, or by this long ago
    #[arg(long, value_name = "WHEN")]
    until: Option<Since>,
    /// Only those with at least this many sessions
    #[arg(long, value_name = "N", value_parser = values::count)]
    min_sessions: Option<u64>,
    #[command(flatten)]
    conditions: WhereArgs,
}

impl AddressFilter {
    /// What is asked for, and the query for it.
    fn query(
        self,
        app: &App<'_>,
        columns: Option<&ColumnArgs>,
        beside: Beside,
        limit: Option<u64>,
    ) -> Result<(Selection<Addresses>, AddressQuery), CliError> {
        let options = [
            ("country", self.country),
            ("classification", self.classification),
        ];
        let selection = Selection::new(app, &self.conditions, columns, beside, &options)?;
        if let (Some(since), Some(until)) = (self.since, self.until)
            && since.timestamp(app.now()) > until.last(app.now())
        {
            return Err(CliError::usage("--since is after --until"));
        }
        let mut conditions = selection.stored_conditions();
        if let Some(until) = self.until {
            let until = ListValue::Timestamp(until.last(app.now()));
            conditions.push((AddressListColumn::FirstSeen, ListCondition::AtMost(until)));
        }
        if let Some(least) = self.min_sessions {
            let least = ListValue::Number(i64::try_from(least).unwrap_or(i64::MAX));
            conditions.push((
                AddressListColumn::SessionCount,
                ListCondition::AtLeast(least),
            ));
        }
        let is_address = |condition: &&crate::records::Condition| condition.field.name == "address";
        let of_address = selection.conditions().iter().find(is_address);
        let (order, value) = selection.order(ListOrder::default());
        let section = selection.section_order();
        let query = AddressQuery {
            order,
            sorted_by: value.map(|value| SortedBy { value, section }),
            limit: limit.map(|limit| limit.saturating_add(1)),
            asn: self.asn,
            unattributed: self.unattributed,
            prefix: self.prefix.or_else(|| of_address?.prefix()),
            seen_since: self.since.map(|since| since.timestamp(app.now())),
            after: None,
            conditions,
            test: selection.test(),
            section_tests: selection.section_tests(),
        };
        Ok((selection, query))
    }
}

/// Arguments of `ip list`.
#[derive(Debug, Args)]
pub(crate) struct ListCommand {
    #[command(flatten)]
    filter: AddressFilter,
    #[command(flatten)]
    columns: ColumnArgs,
    #[command(flatten)]
    beside: Beside,
    #[command(flatten)]
    list: ListArgs,
}

/// Arguments of `ip top`.
#[derive(Debug, Args)]
pub(crate) struct TopCommand {
    #[command(flatten)]
    filter: AddressFilter,
    #[command(flatten)]
    top: TopArgs,
}

/// Arguments of `ip export`.
#[derive(Debug, Args)]
pub(crate) struct ExportCommand {
    #[command(flatten)]
    filter: AddressFilter,
    /// Only those after this address, in numerical order
    #[arg(long, value_name = "IP", conflicts_with = "sort")]
    after: Option<Address>,
    #[command(flatten)]
    columns: ColumnArgs,
    #[command(flatten)]
    beside: Beside,
    #[command(flatten)]
    export: ExportArgs,
    #[command(flatten)]
    feed: FeedArgs,
}

/// Runs the command.
pub(crate) async fn run(command: IpCommand, app: &App<'_>) -> CommandResult {
    match command {
        IpCommand::List(args) => {
            let limit = args.list.limit();
            let (selection, query) =
                args.filter
                    .query(app, Some(&args.columns), args.beside, limit)?;
            list(app, &selection, &query, limit, args.list.format).await
        }
        IpCommand::Export(args) if args.feed.is_asked_for() => {
            let (selection, query) = args.filter.query(app, None, Beside::default(), None)?;
            let file = &args.export.file;
            feed::run(&args.feed, file, query, selection.policy(), app).await
        }
        IpCommand::Export(args) => {
            let (selection, query) =
                args.filter
                    .query(app, Some(&args.columns), args.beside, None)?;
            let query = AddressQuery {
                after: args.after,
                limit: args.export.limit,
                ..query
            };
            list(app, &selection, &query, None, args.export.format).await
        }
        IpCommand::Top(args) if !args.top.is_grouped() => {
            let limit = args.top.limit();
            let (selection, query) = args.filter.query(app, None, Beside::default(), limit)?;
            let query = AddressQuery {
                order: ListOrder::greatest_first(AddressListColumn::SessionCount),
                ..query
            };
            list(app, &selection, &query, limit, args.top.format()).await
        }
        IpCommand::Top(args) => {
            let (selection, query) = args.filter.query(app, None, Beside::default(), None)?;
            let top = Top::new(&selection, &args.top, "address")?;
            let store = app.open_store(OpenMode::Read).await?;
            let blocks = store.address_blocks(&query);
            let tally = block_counts::count_shown(app, blocks, || top.tally()).await?;
            let exit = top.write(app, tally)?;
            store.close().await;
            Ok(exit)
        }
        IpCommand::Show(args) => show::run(&args, app).await,
    }
}

async fn list(
    app: &App<'_>,
    selection: &Selection<Addresses>,
    query: &AddressQuery,
    limit: Option<u64>,
    format: OutputFormat,
) -> CommandResult {
    let store = app.open_store(OpenMode::Read).await?;
    let nothing = format!("no addresses to list in {}", store.describe());
    let waited = Waited::default();
    let rows = waited.for_rows(store.addresses(query));
    let exit = selection.write(app, rows, format, limit, &nothing).await?;
    // Other conditions leave fewer addresses to read.
    let is_open = query.asn.is_none() && query.seen_since.is_none() && query.prefix.is_none();
    if limit.is_some() && is_open && !query.unattributed {
        advise(app, &*store, selection, waited.so_far()).await?;
    }
    store.close().await;
    Ok(exit)
}
