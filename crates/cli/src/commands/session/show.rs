//! `ipcascade session show`.

use clap::Args;
use futures::TryStreamExt as _;
use ipcascade_core::store::{
    ListCondition, ListOrder, ListValue, OpenMode, SessionListColumn, SessionQuery, SessionRow,
    Store, StoreResult,
};

use crate::app::App;
use crate::commands::asked::{Asked, are_several};
use crate::commands::show::NameValues;
use crate::exit::Exit;
use crate::output::{Output, OutputFormat, words};
use crate::output_file::FileArgs;
use crate::records::{Beside, RecordKind as _, Sessions};
use crate::report::{CliError, CommandResult};

/// How many sessions are named that an ID may mean.
const NAMED: usize = 5;

/// Arguments of `session show`.
#[derive(Debug, Args)]
pub(crate) struct ShowCommand {
    /// The IDs of sessions, or the beginnings of IDs; `-` reads them from standard input
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = crate::commands::show::format())]
    format: OutputFormat,
    #[command(flatten)]
    _file: FileArgs,
}

pub(super) async fn run(args: &ShowCommand, app: &App<'_>) -> CommandResult {
    let policy = app.policy()?;
    let store = app.open_store(OpenMode::Read).await?;
    let several = are_several(&args.ids, args.ids.len());
    let mut answers = app.output().answers(args.format, several);
    let (mut has_failed, mut asked) = (false, Asked::new(&args.ids));
    while let Some(text) = asked.next_text()? {
        let Some(row) = one(&*store, &text.text, app.output()).await? else {
            has_failed = true;
            continue;
        };
        if args.format == OutputFormat::Table {
            if answers.is_started() {
                app.output().text("\n")?;
            }
            answers.start();
            write(row, app)?;
        } else {
            answers.write(&Sessions::record(&row, &policy, Beside::default()))?;
        }
    }
    answers.finish()?;
    store.close().await;
    Ok(if has_failed { Exit::Failed } else { Exit::Done })
}

/// The session that `id` stands for. If no session has it, or several begin with it, that is reported.
async fn one(store: &dyn Store, id: &str, output: &Output) -> Result<Option<SessionRow>, CliError> {
    let mut rows = found(store, id).await?;
    match rows.as_slice() {
        [_] => return Ok(rows.pop()),
        [] => output.failure(&format!(
            "the session `{id}` is not in {}",
            store.describe()
        )),
        several => {
            let ids = several.iter().take(NAMED);
            let ids: Vec<&str> = ids.map(|row| row.session_id.as_str()).collect();
            let more = if several.len() > NAMED { ", …" } else { "" };
            output.failure(&format!(
                "`{id}` is the beginning of several IDs: {}{more}",
                ids.join(", ")
            ));
        }
    }
    Ok(None)
}

/// The session of this ID, otherwise those whose IDs begin so, in this case or in lower case.
async fn found(store: &dyn Store, id: &str) -> StoreResult<Vec<SessionRow>> {
    let query = SessionQuery {
        limit: Some(1),
        id: Some(id.to_owned()),
        ..SessionQuery::default()
    };
    let exact: Vec<SessionRow> = store.sessions(&query).try_collect().await?;
    if !exact.is_empty() || id.is_empty() {
        return Ok(exact);
    }
    let mut rows = beginning_with(store, id).await?;
    let lower = id.to_lowercase();
    if rows.is_empty() && lower != id {
        rows = beginning_with(store, &lower).await?;
    }
    Ok(rows)
}

async fn beginning_with(store: &dyn Store, id: &str) -> StoreResult<Vec<SessionRow>> {
    let least = ListCondition::AtLeast(ListValue::Text(id.to_owned()));
    let query = SessionQuery {
        order: ListOrder::least_first(SessionListColumn::SessionId),
        limit: Some(NAMED as u64 + 1),
        conditions: vec![(SessionListColumn::SessionId, least)],
        ..SessionQuery::default()
    };
    // Those that begin so come first.
    let mut rows: Vec<SessionRow> = store.sessions(&query).try_collect().await?;
    rows.retain(|row| row.session_id.starts_with(id));
    Ok(rows)
}

fn write(row: SessionRow, app: &App<'_>) -> Result<(), CliError> {
    app.output().heading(&row.session_id)?;
    let mut facts = NameValues::default();
    facts.add_some("address", row.source_ip.map(|address| address.to_string()));
    facts.add_some("sensor", row.sensor);
    facts.add_some("first event", row.first_event_at.map(words::timestamp));
    facts.add_some("last event", row.last_event_at.map(words::timestamp));
    facts.add("events", words::number(row.event_count));
    facts.add_some(
        "origin AS at the time",
        row.snapshot_asn.map(|asn| asn.to_string()),
    );
    facts.add_some("country at the time", row.snapshot_country);
    facts.add_some("snapshot taken", row.enrichment_at.map(words::timestamp));
    facts.write(app.output())?;
    Ok(())
}
