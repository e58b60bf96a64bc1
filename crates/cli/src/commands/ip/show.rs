//! `ipcascade ip show`.

use clap::Args;
use ipcascade_core::clock::rfc3339;
use ipcascade_core::document::VALIDATION;
use ipcascade_core::field::Field;
use ipcascade_core::policy::Policy;
use ipcascade_core::store::{AddressRow, HistoryRow, OpenMode};
use ipcascade_input::Spelling;
use serde_json::{Value, json};

use crate::app::App;
use crate::commands::asked::{addresses_of, are_several};
use crate::commands::sections;
use crate::commands::sections::{Lifetimes, SectionReport};
use crate::commands::show::{NameValues, section};
use crate::exit::Exit;
use crate::output::{Align, OutputFormat, csv_cell, words};
use crate::output_file::FileArgs;
use crate::records::{Addresses, Beside, RecordKind as _};
use crate::report::{CliError, CommandResult};

pub(super) async fn run(args: &ShowCommand, app: &App<'_>) -> CommandResult {
    let policy = app.policy()?;
    let (addresses, mut has_failed) =
        addresses_of(&args.addresses, Spelling::default(), app.output())?;
    let store = app.open_store(OpenMode::Read).await?;
    let lifetimes = Lifetimes::of(app);
    let rows = store.known(&addresses).await?;
    let mut answers = app
        .output()
        .answers(args.format, are_several(&args.addresses, addresses.len()));
    for (address, row) in addresses.iter().zip(rows) {
        let Some(row) = row else {
            let place = store.describe();
            app.output().failure(&format!(
                "{address} is not in {place}: `ipcascade lookup {address}` asks for it"
            ));
            has_failed = true;
            continue;
        };
        let history = store.history(*address).await?;
        let sections =
            sections::report(row.address, &row.enrichment, &policy, &lifetimes, app.now());
        if args.format == OutputFormat::Table {
            if answers.is_started() {
                app.output().text("\n")?;
            }
            answers.start();
            write(&row, &sections, &history, &policy, app)?;
            continue;
        }
        let beside = Beside {
            sources: true,
            sections: true,
        };
        let mut record = Addresses::record(&row, &policy, beside);
        record.add_beside("freshness", sections::freshness(&sections));
        record.add_beside("history", history_of(&history));
        answers.write(&record)?;
    }
    answers.finish()?;
    store.close().await;
    Ok(if has_failed { Exit::Failed } else { Exit::Done })
}

fn history_of(history: &[HistoryRow]) -> Value {
    let rows = history.iter().map(|row| {
        json!({
            "asn": row.asn,
            "observed_at": rfc3339(row.observed_at),
            "verification_source": row.verification_source,
        })
    });
    rows.collect()
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
        facts.add("bogon", reason);
    }
    facts.add(
        "origin AS",
        row.current_asn
            .map_or_else(|| "not known".to_owned(), |asn| asn.to_string()),
    );
    for (field, merged) in policy.merged_view_for(row.address, &row.enrichment, row.current_asn) {
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
        "origin AS verified",
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
            ("ASN", Align::Whole),
            ("SINCE", Align::Whole),
            ("SOURCE", Align::Left),
        ];
        let rows = history.iter().map(|row| {
            let source = row.verification_source.clone().unwrap_or_default();
            vec![
                row.asn.to_string(),
                words::timestamp(row.observed_at),
                source,
            ]
        });
        section(output, "Origin ASes", &columns, rows)?;
    }
    Ok(())
}

/// Arguments of `ip show`.
#[derive(Debug, Args)]
pub(crate) struct ShowCommand {
    /// The addresses, however they are spelled; `-` reads them from standard input
    #[arg(required = true, value_name = "IP")]
    addresses: Vec<String>,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = crate::commands::show::format())]
    format: OutputFormat,
    #[command(flatten)]
    _file: FileArgs,
}
