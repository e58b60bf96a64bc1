//! `ipcascade session`: sessions.

use clap::{Args, Subcommand};
use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::store::{
    ListCondition, ListOrder, ListValue, OpenMode, SessionListColumn, SessionQuery,
};
use ipnet::IpNet;

use crate::app::App;
use crate::commands::listing::{ColumnArgs, ExportArgs, ListArgs, Selection, WhereArgs};
use crate::commands::session::show;
use crate::commands::session::show::ShowCommand;
use crate::commands::since::Since;
use crate::commands::top::{Top, TopArgs};
use crate::commands::values;
use crate::output::OutputFormat;
use crate::records::{Beside, Sessions};
use crate::report::{CliError, CommandResult};

const LIST_EXAMPLES: &str = "\
Examples:
  ipcascade session list --ip 203.0.113.7
  ipcascade session list --asn AS64500 --since 7d --format ndjson";
const SHOW_EXAMPLES: &str = "\
Examples:
  ipcascade session show 5f2c9a1b04de
  ipcascade session show 5f2c 9a1b --format json    the beginning of an ID is enough";
const TOP_EXAMPLES: &str = "\
Examples:
  ipcascade session top --by sensor --since 7d
  ipcascade session top --by country";
const EXPORT_EXAMPLES: &str = "\
Examples:
  ipcascade session export --since 24h > sessions.ndjson
  ipcascade session export --format csv > sessions.csv";

/// The subcommands for sessions.
#[derive(Debug, Subcommand)]
pub(crate) enum SessionCommand {
    /// List sessions, newest first
    #[command(after_help = LIST_EXAMPLES)]
    List(ListCommand),
    /// Show sessions
    #[command(after_help = SHOW_EXAMPLES)]
    Show(ShowCommand),
    /// Count sessions by a field, by address if none is named
    #[command(after_help = TOP_EXAMPLES)]
    Top(TopCommand),
    /// Write every session, for other programs
    #[command(after_help = EXPORT_EXAMPLES)]
    Export(ExportCommand),
}

/// Which sessions.
#[derive(Debug, Args)]
pub(crate) struct SessionFilter {
    /// Only those from this address
    #[arg(long, value_name = "IP")]
    ip: Option<Address>,
    /// Only those whose address had this origin AS when they were recorded
    #[arg(long, value_name = "ASN")]
    asn: Option<Asn>,
    /// Only the session with this ID
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Only those with an event since this date or time, or this long ago (7d, 24h)
    #[arg(long, value_name = "WHEN")]
    since: Option<Since>,
    /// Only those that began by this date or time, or by this long ago
    #[arg(long, value_name = "WHEN")]
    until: Option<Since>,
    /// Only those from an address inside this prefix
    #[arg(long, value_name = "PREFIX", value_parser = values::prefix)]
    prefix: Option<IpNet>,
    /// Only those that this sensor (honeypot) saw
    #[arg(long, value_name = "NAME")]
    sensor: Option<String>,
    /// Only those whose address was in this country when they were recorded (its code or name)
    #[arg(long, value_name = "CC")]
    country: Option<String>,
    #[command(flatten)]
    conditions: WhereArgs,
}

impl SessionFilter {
    /// What is asked for, and the query for it.
    fn query(
        self,
        app: &App<'_>,
        columns: Option<&ColumnArgs>,
        limit: Option<u64>,
    ) -> Result<(Selection<Sessions>, SessionQuery), CliError> {
        let options = [
            ("sensor", self.sensor),
            ("country", self.country),
            ("address", self.prefix.map(|prefix| prefix.to_string())),
        ];
        let selection =
            Selection::new(app, &self.conditions, columns, Beside::default(), &options)?;
        let mut conditions = selection.stored_conditions();
        if let Some(until) = self.until {
            let until = ListValue::Timestamp(until.last(app.now()));
            conditions.push((
                SessionListColumn::FirstEventAt,
                ListCondition::AtMost(until),
            ));
        }
        let newest_first = ListOrder::greatest_first(SessionListColumn::LastEventAt);
        let query = SessionQuery {
            order: selection.column_order(newest_first)?,
            limit: limit.map(|limit| limit.saturating_add(1)),
            address: self.ip,
            asn: self.asn,
            id: self.id,
            since: self.since.map(|since| since.timestamp(app.now())),
            conditions,
            test: selection.test(),
        };
        Ok((selection, query))
    }
}

/// Arguments of `session list`.
#[derive(Debug, Args)]
pub(crate) struct ListCommand {
    #[command(flatten)]
    filter: SessionFilter,
    #[command(flatten)]
    columns: ColumnArgs,
    #[command(flatten)]
    list: ListArgs,
}

/// Arguments of `session top`.
#[derive(Debug, Args)]
pub(crate) struct TopCommand {
    #[command(flatten)]
    filter: SessionFilter,
    #[command(flatten)]
    top: TopArgs,
}

/// Arguments of `session export`.
#[derive(Debug, Args)]
pub(crate) struct ExportCommand {
    #[command(flatten)]
    filter: SessionFilter,
    #[command(flatten)]
    columns: ColumnArgs,
    #[command(flatten)]
    export: ExportArgs,
}

/// Runs the command.
pub(crate) async fn run(command: SessionCommand, app: &App<'_>) -> CommandResult {
    match command {
        SessionCommand::List(args) => {
            let limit = args.list.limit();
            let (selection, query) = args.filter.query(app, Some(&args.columns), limit)?;
            list(app, &selection, &query, limit, args.list.format).await
        }
        SessionCommand::Export(args) => {
            let (selection, query) = args.filter.query(app, Some(&args.columns), None)?;
            let query = SessionQuery {
                limit: args.export.limit,
                ..query
            };
            list(app, &selection, &query, None, args.export.format).await
        }
        SessionCommand::Top(args) => {
            let (selection, query) = args.filter.query(app, None, None)?;
            let top = Top::new(&selection, &args.top, "address")?;
            let store = app.open_store(OpenMode::Read).await?;
            let tally = top.count(store.sessions(&query), |_| (0, 1)).await?;
            let exit = top.write(app, tally)?;
            store.close().await;
            Ok(exit)
        }
        SessionCommand::Show(args) => show::run(&args, app).await,
    }
}

async fn list(
    app: &App<'_>,
    selection: &Selection<Sessions>,
    query: &SessionQuery,
    limit: Option<u64>,
    format: OutputFormat,
) -> CommandResult {
    let store = app.open_store(OpenMode::Read).await?;
    let nothing = format!("no sessions to list in {}", store.describe());
    let rows = store.sessions(query);
    let exit = selection.write(app, rows, format, limit, &nothing).await?;
    store.close().await;
    Ok(exit)
}
