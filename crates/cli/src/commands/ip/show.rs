//! `ipcascade ip show`.

use clap::Args;
use ipcascade_core::address::Address;
use ipcascade_core::clock::rfc3339;
use ipcascade_core::document::VALIDATION;
use ipcascade_core::field::Field;
use ipcascade_core::policy::Policy;
use ipcascade_core::store::{AddressRow, HistoryRow, OpenMode};
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::commands::sections;
use crate::commands::sections::{Lifetimes, SectionReport};
use crate::commands::show::{NameValues, section};
use crate::exit::Exit;
use crate::output::{Align, OutputFormat, csv_cell, words};
use crate::report::{CliError, CommandResult};

pub(super) async fn run(args: &ShowCommand, app: &App<'_>) -> CommandResult {
    let policy = app.policy()?;
    let store = app.open_store(OpenMode::Read).await?;
    let Some(row) = store
        .known(&[args.address])
        .await?
        .into_iter()
        .flatten()
        .next()
    else {
        let message = format!("{} is not in {}", args.address, store.describe());
        let hint = format!("`ipcascade lookup {}` asks for it", args.address);
        return Err(CliError::failed(message).hint(hint));
    };
    let history = store.history(args.address).await?;
    store.close().await;
    let lifetimes = Lifetimes::of(app);
    let sections = sections::report(row.address, &row.enrichment, &policy, &lifetimes, app.now());
    if args.format == OutputFormat::Table {
        write(&row, &sections, &history, &policy, app)?;
        return Ok(Exit::Done);
    }
    let merged: Map<String, Value> = policy
        .merged_view(row.address, &row.enrichment)
        .into_iter()
        .map(|(field, merged)| (field.name().to_owned(), json!(merged)))
        .collect();
    let value = json!({"ip": row, "merged": merged, "sections": sections, "history": history});
    app.output().json(&value, args.format)?;
    Ok(Exit::Done)
}

fn write(
    row: &AddressRow,
    sections: &[SectionReport],
    history: &[HistoryRow],
    policy: &Policy,
    app: &App<'_>,
) -> Result<(), CliError> {
    let (output, now) = (app.output(), app.now());
    output.heading(&row.address.to_string())?;
    let mut facts = NameValues::default();
    if let Some(validation) = row
        .enrichment
        .section(VALIDATION)
        .filter(|_| row.enrichment.is_special())
    {
        let reason = validation.get("reason");
        let reason = reason.as_deref().map(csv_cell).unwrap_or_default();
        facts.add("not global", reason);
    }
    facts.add(
        "origin",
        row.current_asn
            .map_or_else(|| "none known".to_owned(), |asn| asn.to_string()),
    );
    for (field, merged) in policy.merged_view(row.address, &row.enrichment) {
        if field != Field::ASN {
            facts.add_from(
                field.name(),
                csv_cell(&merged.value),
                &format!("({})", merged.source),
            );
        }
    }
    facts.add("sessions", words::number(row.session_count));
    facts.add("first seen", words::timestamp(row.first_seen));
    facts.add("last seen", words::timestamp(row.last_seen));
    facts.add_some(
        "origin verified",
        row.asn_last_verified.map(|at| words::ago(at, now)),
    );
    facts.write(output)?;
    for section in sections {
        if section.name() != VALIDATION {
            section.write(output, now)?;
        }
    }
    if !history.is_empty() {
        let columns = [
            ("ORIGIN", Align::Left),
            ("SINCE", Align::Left),
            ("SOURCE", Align::Left),
        ];
        let rows = history.iter().map(|row| {
            let source = row.verification_source.clone().unwrap_or_default();
            vec![row.asn.to_string(), rfc3339(row.observed_at), source]
        });
        section(output, "Origins", &columns, rows)?;
    }
    Ok(())
}

/// Arguments of `ip show`.
#[derive(Debug, Args)]
pub(crate) struct ShowCommand {
    /// The address
    #[arg(value_name = "IP")]
    address: Address,
    /// Form of the answer
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = crate::commands::show::format())]
    format: OutputFormat,
}
