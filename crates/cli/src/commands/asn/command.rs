//! `ipcascade asn`: ASes.

use clap::{Args, Subcommand};
use futures::TryStreamExt as _;
use ipcascade_core::country::CountryCode;
use ipcascade_core::rir::Rir;
use ipcascade_core::store::{
    AsnListColumn, AsnQuery, AsnRow, ListCondition, ListOrder, ListValue, OpenMode, Store,
    StoreResult,
};

use crate::app::App;
use crate::commands::asn::prefixes::{self, PrefixesCommand};
use crate::commands::asn::show;
use crate::commands::asn::show::ShowCommand;
use crate::commands::listing::{ColumnArgs, ExportArgs, ListArgs, Selection, WhereArgs};
use crate::commands::since::Since;
use crate::commands::top::{Top, TopArgs};
use crate::commands::values;
use crate::output::OutputFormat;
use crate::records::{Asns, Beside};
use crate::report::{CliError, CommandResult};

const LIST_EXAMPLES: &str = "\
Examples:
  ipcascade asn list --country NL --since 7d
  ipcascade asn list --org telecom --sort session_count:desc --format csv
  ipcascade asn list --where 'address_count>=100' --where is_hosting";
const SHOW_EXAMPLES: &str = "\
Examples:
  ipcascade asn show AS15169
  ipcascade asn show 15169 --format json";
const PREFIXES_EXAMPLES: &str = "\
Examples:
  ipcascade asn prefixes AS15169
  ipcascade asn prefixes AS4134 AS4837 --from stored --format csv
  ipcascade asn prefixes AS15169 --aggregate --plain > prefixes.txt    for a firewall";
const TOP_EXAMPLES: &str = "\
Examples:
  ipcascade asn top
  ipcascade asn top -n 25 --sort address_count:desc --since 30d
  ipcascade asn top --by registry_country";
const EXPORT_EXAMPLES: &str = "\
Examples:
  ipcascade asn export > asns.ndjson
  ipcascade asn export --format csv --country CN > cn.csv";

/// The subcommands for ASes.
#[derive(Debug, Subcommand)]
pub(crate) enum AsnCommand {
    /// List ASes
    #[command(after_help = LIST_EXAMPLES)]
    List(ListCommand),
    /// Show ASes, with the source of each fact, and their addresses with the most sessions
    #[command(after_help = SHOW_EXAMPLES)]
    Show(ShowCommand),
    /// List the prefixes of ASes: those of stored addresses, and those in MMDB files and routing tables
    ///
    /// Every file is searched, not only the one that wins a look-up. No service is asked.
    #[command(after_help = PREFIXES_EXAMPLES)]
    Prefixes(PrefixesCommand),
    /// List the ASes that most sessions come from, or count them by a field
    #[command(after_help = TOP_EXAMPLES)]
    Top(TopCommand),
    /// Write every AS, for other programs
    #[command(after_help = EXPORT_EXAMPLES)]
    Export(ExportCommand),
}

/// Which ASes.
#[derive(Debug, Args)]
pub(crate) struct AsnFilter {
    /// Only those registered in this country (its code or name)
    #[arg(long, value_name = "CC", value_parser = values::country)]
    country: Option<CountryCode>,
    /// Only those of this registry: arin, ripencc, apnic, lacnic, afrinic
    #[arg(long, value_name = "NAME", value_parser = registry)]
    registry: Option<Rir>,
    /// Only those whose organization name contains this, in any case
    #[arg(long, value_name = "TEXT")]
    org: Option<String>,
    /// Only those seen since this date or time, or this long ago (7d, 24h)
    #[arg(long, value_name = "WHEN")]
    since: Option<Since>,
    /// Only those first seen by this date or time, or by this long ago
    #[arg(long, value_name = "WHEN")]
    until: Option<Since>,
    /// Only those with at least this many sessions
    #[arg(long, value_name = "N", value_parser = values::count)]
    min_sessions: Option<u64>,
    /// Include ASes that no longer have any address (default: left out)
    #[arg(long)]
    include_empty: bool,
    #[command(flatten)]
    conditions: WhereArgs,
}

impl AsnFilter {
    /// What is asked for, and the query for it.
    fn query(
        self,
        app: &App<'_>,
        columns: Option<&ColumnArgs>,
        beside: Beside,
        otherwise: ListOrder<AsnListColumn>,
        limit: Option<u64>,
    ) -> Result<(Selection<Asns>, AsnQuery), CliError> {
        let selection = Selection::new(app, &self.conditions, columns, beside, &[])?;
        let mut conditions = selection.stored_conditions();
        if let Some(until) = self.until {
            let until = ListValue::Timestamp(until.last(app.now()));
            conditions.push((AsnListColumn::FirstSeen, ListCondition::AtMost(until)));
        }
        if let Some(least) = self.min_sessions {
            let least = ListValue::Number(i64::try_from(least).unwrap_or(i64::MAX));
            conditions.push((
                AsnListColumn::TotalSessionCount,
                ListCondition::AtLeast(least),
            ));
        }
        let query = AsnQuery {
            order: selection.column_order(otherwise)?,
            limit: limit.map(|limit| limit.saturating_add(1)),
            country: self.country.map(|code| code.to_string()),
            registry: self.registry.map(|name| name.to_string()),
            organization: self.org,
            seen_since: self.since.map(|since| since.timestamp(app.now())),
            include_empty: self.include_empty,
            conditions,
            test: selection.test(),
        };
        Ok((selection, query))
    }
}

fn registry(text: &str) -> Result<Rir, &'static str> {
    Rir::parse(text).ok_or("expected arin, ripencc, apnic, lacnic or afrinic")
}

/// Arguments of `asn list`.
#[derive(Debug, Args)]
pub(crate) struct ListCommand {
    #[command(flatten)]
    filter: AsnFilter,
    #[command(flatten)]
    columns: ColumnArgs,
    #[command(flatten)]
    beside: Beside,
    #[command(flatten)]
    list: ListArgs,
}

/// Arguments of `asn top`.
#[derive(Debug, Args)]
pub(crate) struct TopCommand {
    #[command(flatten)]
    filter: AsnFilter,
    #[command(flatten)]
    columns: ColumnArgs,
    #[command(flatten)]
    top: TopArgs,
}

/// Arguments of `asn export`.
#[derive(Debug, Args)]
pub(crate) struct ExportCommand {
    #[command(flatten)]
    filter: AsnFilter,
    #[command(flatten)]
    columns: ColumnArgs,
    #[command(flatten)]
    beside: Beside,
    #[command(flatten)]
    export: ExportArgs,
}

/// Runs the command.
pub(crate) async fn run(command: AsnCommand, app: &App<'_>) -> CommandResult {
    let by_number = ListOrder::default();
    match command {
        AsnCommand::List(args) => {
            let limit = args.list.limit();
            let (selection, query) =
                args.filter
                    .query(app, Some(&args.columns), args.beside, by_number, limit)?;
            list(app, &selection, &query, limit, args.list.format).await
        }
        AsnCommand::Top(args) => {
            let most_sessions = ListOrder::greatest_first(AsnListColumn::TotalSessionCount);
            let columns = Some(&args.columns);
            if args.top.is_grouped() {
                if args.columns.is_some() {
                    let text = "--by counts: it has no --sort, no --columns and no sources";
                    return Err(CliError::usage(text));
                }
                let (selection, query) =
                    args.filter
                        .query(app, columns, Beside::default(), by_number, None)?;
                let top = Top::new(&selection, &args.top, "asn")?;
                let store = app.open_store(OpenMode::Read).await?;
                let counts = |row: &AsnRow| (row.unique_ip_count, row.total_session_count);
                let tally = top.count(store.asns(&query), counts).await?;
                let exit = top.write(app, tally)?;
                store.close().await;
                return Ok(exit);
            }
            let limit = args.top.limit();
            let (selection, query) =
                args.filter
                    .query(app, columns, Beside::default(), most_sessions, limit)?;
            list(app, &selection, &query, limit, args.top.format()).await
        }
        AsnCommand::Export(args) => {
            let (selection, query) =
                args.filter
                    .query(app, Some(&args.columns), args.beside, by_number, None)?;
            let query = AsnQuery {
                limit: args.export.limit,
                ..query
            };
            list(app, &selection, &query, None, args.export.format).await
        }
        AsnCommand::Show(args) => show::run(&args, app).await,
        AsnCommand::Prefixes(args) => prefixes::run(&args, app).await,
    }
}

async fn list(
    app: &App<'_>,
    selection: &Selection<Asns>,
    query: &AsnQuery,
    limit: Option<u64>,
    format: OutputFormat,
) -> CommandResult {
    let store = app.open_store(OpenMode::Read).await?;
    let nothing = nothing(&*store, query).await?;
    let rows = store.asns(query);
    let exit = selection.write(app, rows, format, limit, &nothing).await?;
    store.close().await;
    Ok(exit)
}

/// What is reported if the list is empty: that no AS has what it is filtered by is another matter than that none has this value.
async fn nothing(store: &dyn Store, query: &AsnQuery) -> StoreResult<String> {
    let filtered = [
        (
            query.country.is_some(),
            AsnListColumn::OrganizationCountry,
            "registration country",
        ),
        (
            query.registry.is_some(),
            AsnListColumn::RirRegistry,
            "registry",
        ),
    ];
    for (_, column, name) in filtered.into_iter().filter(|(is_asked, _, _)| *is_asked) {
        let known = AsnQuery {
            limit: Some(1),
            include_empty: true,
            conditions: vec![(column, ListCondition::Known)],
            ..AsnQuery::default()
        };
        if store.asns(&known).try_next().await?.is_none() {
            let store = store.describe();
            return Ok(format!(
                "no AS in {store} has a {name}: the providers `rir` and `cymru` know it (`ipcascade providers`)"
            ));
        }
    }
    Ok(format!("no ASes to list in {}", store.describe()))
}
