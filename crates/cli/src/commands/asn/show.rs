//! `ipcascade asn show`.

use clap::Args;
use futures::TryStreamExt as _;
use ipcascade_core::asn::Asn;
use ipcascade_core::clock::parse_timestamp;
use ipcascade_core::store::{
    AddressListColumn, AddressQuery, AddressRow, AsnRow, ListOrder, OpenMode,
};

use crate::app::App;
use crate::commands::show::{NameValues, section};
use crate::exit::Exit;
use crate::output::{Align, OutputFormat, words};
use crate::records::{Addresses, Asns, Beside, RecordKind as _};
use crate::report::{CliError, CommandResult};

pub(super) async fn run(args: &ShowCommand, app: &App<'_>) -> CommandResult {
    let policy = app.policy()?;
    let store = app.open_store(OpenMode::Read).await?;
    let mut answers = app.output().answers(args.format, args.asns.len() > 1);
    let mut has_failed = false;
    for asn in &args.asns {
        let Some(row) = store.asn(*asn).await? else {
            let text = format!("{asn} is not in {}", store.describe());
            app.output().failure(&text);
            has_failed = true;
            continue;
        };
        let query = AddressQuery {
            order: ListOrder::greatest_first(AddressListColumn::SessionCount),
            limit: Some(args.addresses),
            asn: Some(*asn),
            ..AddressQuery::default()
        };
        let addresses: Vec<AddressRow> = store.addresses(&query).try_collect().await?;
        if args.format == OutputFormat::Table {
            if answers.is_started() {
                app.output().text("\n")?;
            }
            answers.start();
            write(&row, &addresses, app)?;
            continue;
        }
        let beside = Beside {
            sources: true,
            sections: false,
        };
        let mut record = Asns::record(&row, &policy, beside);
        let addresses = addresses.iter();
        let addresses = addresses.map(|row| Addresses::record(row, &policy, Beside::default()));
        let addresses = serde_json::to_value(addresses.collect::<Vec<_>>());
        record.add_beside("top_addresses", addresses.unwrap_or_default());
        answers.write(&record)?;
    }
    answers.finish()?;
    store.close().await;
    Ok(if has_failed { Exit::Failed } else { Exit::Done })
}

fn write(row: &AsnRow, addresses: &[AddressRow], app: &App<'_>) -> Result<(), CliError> {
    let output = app.output();
    output.heading(&row.asn.to_string())?;
    let mut facts = NameValues::default();
    let sourced = [
        ("organization", "organization_name", &row.organization_name),
        ("country", "organization_country", &row.organization_country),
        ("registry", "rir_registry", &row.rir_registry),
    ];
    for (name, column, value) in sourced {
        if let Some(value) = value {
            facts.add_from(name, value, &provenance(row, column, app));
        }
    }
    facts.add_some("type", row.asn_type.as_deref());
    for (name, is_known) in [("hosting", row.is_known_hosting), ("VPN", row.is_known_vpn)] {
        facts.add_some(name, is_known.then_some("yes"));
    }
    facts.add("addresses", words::number(row.unique_ip_count));
    facts.add("sessions", words::number(row.total_session_count));
    facts.add("first seen", words::timestamp(row.first_seen));
    facts.add("last seen", words::timestamp(row.last_seen));
    facts.write(output)?;
    if !addresses.is_empty() {
        let columns = [
            ("ADDRESS", Align::Whole),
            ("SESSIONS", Align::Right),
            ("FIRST SEEN", Align::Whole),
            ("LAST SEEN", Align::Whole),
        ];
        let rows = addresses.iter().map(|address| {
            vec![
                address.address.to_string(),
                words::number(address.session_count),
                words::timestamp(address.first_seen),
                words::timestamp(address.last_seen),
            ]
        });
        section(output, "Top addresses", &columns, rows)?;
    }
    Ok(())
}

/// Where the value of a column comes from, for people.
fn provenance(row: &AsnRow, column: &str, app: &App<'_>) -> String {
    let Some(note) = row.enrichment.get(column) else {
        return "(source unknown)".to_owned();
    };
    let text = |key: &str| note.get(key).and_then(|value| value.as_str());
    let source = text("source").unwrap_or("source unknown");
    let age = text("cached_at").and_then(parse_timestamp);
    let age = age.map_or_else(String::new, |at| format!(", {}", words::ago(at, app.now())));
    let is_inferred = note.get("inferred").and_then(|value| value.as_bool()) == Some(true);
    let inferred = if is_inferred {
        ", inferred from where addresses are"
    } else {
        ""
    };
    format!("({source}{age}{inferred})")
}

/// Arguments of `asn show`.
#[derive(Debug, Args)]
pub(crate) struct ShowCommand {
    /// Their numbers, with or without `AS`
    #[arg(required = true, value_name = "ASN")]
    asns: Vec<Asn>,
    /// How many of the addresses to show
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10)]
    addresses: u64,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = crate::commands::show::format())]
    format: OutputFormat,
}
