//! `ipcascade audit`: where sources disagree.

use std::sync::Arc;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use futures::StreamExt as _;
use ipcascade_core::asn::Asn;
use ipcascade_core::audit::{Audit, Topic};
use ipcascade_core::store::{AddressListColumn, AddressQuery, ListOrder, OpenMode};
use ipnet::IpNet;

use crate::app::App;
use crate::commands::audit::report::AuditReport;
use crate::commands::since::Since;
use crate::commands::values;
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::output::OutputFormat;
use crate::output_file::FileArgs;
use crate::report::CommandResult;

const EXAMPLES: &str = "\
Examples:
  ipcascade audit
  ipcascade audit --on asn --asn AS15169 --all
  ipcascade audit --on rpki
  ipcascade audit --format ndjson | jq 'select(.kind == \"address\")'
  ipcascade audit --check

Topics:
  asn                      which AS announces the address
  country                  in which country the address is
  registration             in which country its network is registered
  registry                 which regional registry it belongs to
  country_vs_registration  where it is, against where it is registered: two facts that may well
                           differ, listed for information
  rpki                     which AS announces the address, against what the RPKI (signed statements of
                           which AS may announce a prefix) says of that, both by one source:
                           announcements that are invalid, listed for information

Sections about a prefix that does not contain the address are left out (`verify` reports them), and
an origin AS that is one of several of a prefix is no disagreement.

Exit code: 0; with --check, 1 if sources contradict each other. What is listed for information does
not count: an invalid announcement is a fact about the routing table, not a mistake in the inventory.";

/// Arguments of `audit`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct AuditArgs {
    /// Only these topics, separated by commas (default: all; see below)
    #[arg(long = "on", value_name = "TOPIC", value_delimiter = ',', value_parser = topic())]
    topics: Vec<Topic>,
    /// Only addresses whose origin AS is this one
    #[arg(long, value_name = "ASN")]
    asn: Option<Asn>,
    /// Only addresses inside this prefix
    #[arg(long, value_name = "PREFIX", value_parser = values::prefix)]
    prefix: Option<IpNet>,
    /// Only addresses seen since this date or time, or this long ago (7d, 24h)
    #[arg(long, value_name = "WHEN")]
    since: Option<Since>,
    /// List at most this many ASes and this many addresses in a table
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
    limit: usize,
    /// List all
    #[arg(long, conflicts_with = "limit")]
    all: bool,
    /// Exit with 1 if sources contradict each other
    #[arg(long)]
    check: bool,
    /// Output format; `ndjson` lists every address, AS and pair of sources
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = ["table", "ndjson"])]
    format: String,
    #[command(flatten)]
    _file: FileArgs,
}

/// A topic by its name.
fn topic() -> impl TypedValueParser<Value = Topic> {
    PossibleValuesParser::new(Topic::ALL.map(Topic::name)).try_map(|name| {
        let named = Topic::ALL.into_iter().find(|topic| topic.name() == name);
        named.ok_or("not a topic")
    })
}

impl AuditArgs {
    /// Runs the command.
    pub(crate) async fn run(self, app: &App<'_>) -> CommandResult {
        let policy = Arc::new(app.policy()?);
        let topics = match self.topics.as_slice() {
            [] => &Topic::ALL[..],
            some => some,
        };
        let store = app.open_store(OpenMode::Read).await?;
        let query = AddressQuery {
            order: ListOrder::least_first(AddressListColumn::Address),
            asn: self.asn,
            prefix: self.prefix,
            seen_since: self.since.map(|since| since.timestamp(app.now())),
            ..AddressQuery::default()
        };
        let format = match self.format.as_str() {
            "ndjson" => OutputFormat::Ndjson,
            _ => OutputFormat::Table,
        };
        let limit = if self.all { usize::MAX } else { self.limit };
        let mut audit = Audit::new(Arc::clone(&policy), topics.iter().copied());
        let mut report = AuditReport::new(app.output(), format, limit);
        let interrupt = Interrupt::listen(app.output());
        let progress = app.output().progress("comparing");
        let mut rows = store.addresses(&query);
        while let Some(row) = rows.next().await {
            let row = row?;
            let differences = audit.examine(&row);
            report.address(&row, differences)?;
            progress.position(audit.addresses());
            if interrupt.is_requested() {
                break;
            }
        }
        progress.finish();
        // The rest of the rows would keep a connection, which closing waits for.
        drop(rows);
        interrupt.close(&*store).await;
        let is_interrupted = interrupt.is_requested();
        report.finish(&audit, is_interrupted)?;
        Ok(if is_interrupted {
            Exit::Interrupted
        } else if self.check && audit.has_conflicts() {
            app.output().failure("sources contradict each other");
            Exit::Failed
        } else {
            Exit::Done
        })
    }
}
