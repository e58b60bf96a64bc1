//! `ipcascade asn show`.

use clap::Args;
use futures::TryStreamExt as _;
use ipcascade_core::asn::Asn;
use ipcascade_core::clock::parse_timestamp;
use ipcascade_core::store::{AddressOrder, AddressQuery, AddressRow, AsnRow, OpenMode};
use serde_json::json;

use crate::app::App;
use crate::commands::show::{NameValues, section};
use crate::exit::Exit;
use crate::output::{Align, OutputFormat, words};
use crate::report::{CliError, CommandResult};

pub(super) async fn run(args: &ShowCommand, app: &App<'_>) -> CommandResult {
    let store = app.open_store(OpenMode::Read).await?;
    let Some(row) = store.asn(args.asn).await? else {
        let message = format!("{} is not in {}", args.asn, store.describe());
        return Err(CliError::failed(message));
    };
    let query = AddressQuery {
        order: AddressOrder::Sessions,
        limit: Some(args.addresses),
        asn: Some(args.asn),
        ..AddressQuery::default()
    };
    let addresses: Vec<AddressRow> = store.addresses(&query).try_collect().await?;
    match args.format {
        OutputFormat::Table => write(&row, &addresses, app)?,
        format => {
            let value = json!({"asn": row, "top_addresses": addresses});
            app.output().json(&value, format)?;
        }
    }
    store.close().await;
    Ok(Exit::Done)
}

fn write(row: &AsnRow, addresses: &[AddressRow], app: &App<'_>) -> Result<(), CliError> {
    let output = app.output();
    output.heading(&row.asn.to_string())?;
    let mut facts = NameValues::default();
    let sourced = [
        ("organisation", "organization_name", &row.organization_name),
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
            ("ADDRESS", Align::Left),
            ("SESSIONS", Align::Right),
            ("FIRST SEEN", Align::Left),
            ("LAST SEEN", Align::Left),
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
    /// Its number, with or without `AS`
    #[arg(value_name = "ASN")]
    asn: Asn,
    /// How many of its addresses to show
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10)]
    addresses: u64,
    /// Form of the answer
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = crate::commands::show::format())]
    format: OutputFormat,
}
