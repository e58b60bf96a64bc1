//! `ipcascade session`: sessions.

use clap::{Args, Subcommand};
use futures::TryStreamExt as _;
use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::store::{OpenMode, SessionQuery, SessionRow};

use crate::app::App;
use crate::commands::listing;
use crate::commands::listing::{ExportArgs, ListArgs};
use crate::commands::session::records::SessionListRow;
use crate::commands::show::NameValues;
use crate::commands::since::Since;
use crate::exit::Exit;
use crate::output::{OutputFormat, words};
use crate::report::{CliError, CommandResult};

const LIST_EXAMPLES: &str = "\
Examples:
  ipcascade session list --ip 203.0.113.7
  ipcascade session list --asn AS64500 --since 7d --format ndjson";
const SHOW_EXAMPLES: &str = "\
Examples:
  ipcascade session show 5f2c9a1b04de";
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
    /// Show one session
    #[command(after_help = SHOW_EXAMPLES)]
    Show(ShowCommand),
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
    /// Only those that came from this autonomous system at the time
    #[arg(long, value_name = "ASN")]
    asn: Option<Asn>,
    /// Only those with this id
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Only those with an event since then: a date, a time, or a span such as 7d
    #[arg(long, value_name = "WHEN")]
    since: Option<Since>,
}

impl SessionFilter {
    fn query(self, app: &App<'_>, limit: Option<u64>) -> SessionQuery {
        SessionQuery {
            limit,
            address: self.ip,
            asn: self.asn,
            id: self.id,
            since: self.since.map(|since| since.timestamp(app.now())),
        }
    }
}

/// Arguments of `session list`.
#[derive(Debug, Args)]
pub(crate) struct ListCommand {
    #[command(flatten)]
    filter: SessionFilter,
    #[command(flatten)]
    list: ListArgs,
}

/// Arguments of `session show`.
#[derive(Debug, Args)]
pub(crate) struct ShowCommand {
    /// Its id
    #[arg(value_name = "ID")]
    id: String,
    /// Form of the answer
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = crate::commands::show::format())]
    format: OutputFormat,
}

/// Arguments of `session export`.
#[derive(Debug, Args)]
pub(crate) struct ExportCommand {
    #[command(flatten)]
    filter: SessionFilter,
    #[command(flatten)]
    export: ExportArgs,
}

/// Runs the command.
pub(crate) async fn run(command: SessionCommand, app: &App<'_>) -> CommandResult {
    match command {
        SessionCommand::List(args) => {
            let query = args.filter.query(app, args.list.limit());
            list(app, &query, args.list.format).await
        }
        SessionCommand::Export(args) => {
            let query = args.filter.query(app, args.export.limit);
            list(app, &query, args.export.format).await
        }
        SessionCommand::Show(args) => show(&args, app).await,
    }
}

async fn list(app: &App<'_>, query: &SessionQuery, format: OutputFormat) -> CommandResult {
    let store = app.open_store(OpenMode::Read).await?;
    let nothing = format!("no sessions to list in {}", store.describe());
    let rows = store.sessions(query);
    let exit = listing::write(app, rows, format, query.limit, &nothing, SessionListRow).await?;
    store.close().await;
    Ok(exit)
}

async fn show(args: &ShowCommand, app: &App<'_>) -> CommandResult {
    let store = app.open_store(OpenMode::Read).await?;
    let query = SessionQuery {
        limit: Some(1),
        id: Some(args.id.clone()),
        ..SessionQuery::default()
    };
    let found: Vec<SessionRow> = store.sessions(&query).try_collect().await?;
    let Some(row) = found.into_iter().next() else {
        let message = format!("the session `{}` is not in {}", args.id, store.describe());
        return Err(CliError::failed(message));
    };
    store.close().await;
    if args.format != OutputFormat::Table {
        app.output().json(&row, args.format)?;
        return Ok(Exit::Done);
    }
    app.output().heading(&row.session_id)?;
    let mut facts = NameValues::default();
    facts.add_some("address", row.source_ip.map(|address| address.to_string()));
    facts.add_some("sensor", row.sensor);
    facts.add_some("first event", row.first_event_at.map(words::timestamp));
    facts.add_some("last event", row.last_event_at.map(words::timestamp));
    facts.add("events", words::number(row.event_count));
    facts.add_some(
        "origin at the time",
        row.snapshot_asn.map(|asn| asn.to_string()),
    );
    facts.add_some("country at the time", row.snapshot_country);
    facts.add_some("snapshot taken", row.enrichment_at.map(words::timestamp));
    facts.write(app.output())?;
    Ok(Exit::Done)
}
