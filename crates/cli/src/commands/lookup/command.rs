//! `ipcascade lookup`: what is known about an address, source by source.

use std::sync::Arc;

use clap::Args;
use ipcascade_core::cascade::{Question, Renew, Resolution};
use ipcascade_core::field::Field;
use ipcascade_core::policy::{Merged, Policy, PolicySource};
use ipcascade_core::section::SectionView;
use ipcascade_core::section_keys::{CACHED_AT, EMBEDDED_IPV4, FOUND, PREFIX, VERSION};
use ipcascade_core::stop::Stop;
use ipcascade_core::store::{AddressRow, OpenMode, Store};

use crate::app::{App, CascadePlan, Online, StateStore};
use crate::args::SpellingArgs;
use crate::commands::asked_addresses::{addresses_of, are_several};
use crate::commands::lookup::explain;
use crate::commands::show::{NameValues, format};
use crate::exit::Exit;
use crate::output::words::ago;
use crate::output::{OutputFormat, csv_cell, one_line, words};
use crate::records::address::KnownAddress;
use crate::records::field;
use crate::records::field::RecordField;
use crate::records::{Addresses, Beside, Record, RecordKind as _};
use crate::report::{CliError, CommandResult};

const EXAMPLES: &str = "\
Examples:
  ipcascade lookup 8.8.8.8
  ipcascade lookup --explain 2001:4860:4860::8888     each step, what each source said, who won
  ipcascade lookup --field asn --field asn_org - < ips.txt
  ipcascade --offline lookup --format json 1.1.1.1    files and store only";

/// Show what is known about addresses, source by source
///
/// Reads the inventory, then asks the configured providers (the cascade) for what is missing or stale. Nothing is
/// stored.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct LookupArgs {
    /// The addresses, however they are spelled: with a port, in a URL, defanged; small prefixes and ranges; `-` reads
    /// them from standard input
    #[arg(required = true, value_name = "IP")]
    addresses: Vec<String>,
    #[command(flatten)]
    spelling: SpellingArgs,
    /// Explain what each step did, what each source said, why each value won, what was skipped and until when
    #[arg(long)]
    explain: bool,
    /// Look addresses up again even if their answers are still fresh
    #[arg(long)]
    refresh: bool,
    /// Print only the value of this field, a line for each address (repeatable: with tabs between)
    #[arg(long = "field", value_name = "FIELD", conflicts_with_all = ["explain", "format"])]
    fields: Vec<String>,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = format())]
    format: OutputFormat,
}

impl LookupArgs {
    pub(crate) async fn run(self, app: &App<'_>) -> CommandResult {
        let plan = app.cascade()?;
        let fields = self.chosen_fields(plan.cascade.policy())?;
        let store = open_if_there(app).await?;
        let spelling = self.spelling.spelling();
        let (addresses, mut has_failed) = addresses_of(&self.addresses, spelling, app.output())?;
        let rows = match &store {
            Some(store) => store.known(&addresses).await?,
            None => vec![None; addresses.len()],
        };
        let questions = addresses
            .iter()
            .zip(&rows)
            .map(|(&address, row)| Question {
                address,
                known: row
                    .as_ref()
                    .map(|row| row.enrichment.clone())
                    .unwrap_or_default(),
            })
            .collect();
        announce(app, &plan);
        let keeping = store.map_or(StateStore::None, StateStore::ReadOnly);
        let cascade = Online::new(&plan.cascade, keeping, app.clock(), &Stop::never()).cascade;
        let renew = if self.refresh {
            Renew::Everything
        } else {
            Renew::Stale
        };
        let resolved = cascade.resolve(questions, app.now(), renew).await;
        let is_plain = self.format == OutputFormat::Table && !self.explain;
        let mut answers = app
            .output()
            .answers(self.format, are_several(&self.addresses, &addresses));
        for (resolution, row) in resolved.resolutions().zip(&rows) {
            let resolution = &resolution;
            for (is_failure, line) in explain::troubles(&plan, resolution) {
                has_failed |= is_failure;
                match is_failure {
                    true => app.output().failure(&line),
                    false if is_plain => app.output().warning(&line),
                    false => {}
                }
            }
            let answer = || answer(app, &plan, resolution, row.as_ref());
            match self.format {
                _ if !fields.is_empty() => self.print_values(app, &answer(), &fields)?,
                OutputFormat::Table => {
                    if answers.is_started() {
                        app.output().text("\n")?;
                    }
                    answers.start();
                    self.show(app, &plan, resolution, row.as_ref())?;
                }
                _ => answers.write(&answer())?,
            }
        }
        answers.finish()?;
        Ok(if has_failed { Exit::Failed } else { Exit::Done })
    }

    fn chosen_fields(&self, policy: &Policy) -> Result<Vec<RecordField>, CliError> {
        let fields = Addresses::fields(policy);
        let chosen = self.fields.iter().map(|name| field::named(name, &fields));
        let chosen: Result<Vec<RecordField>, String> = chosen.collect();
        chosen.map_err(|error| CliError::usage(format!("--field: {error}")))
    }

    /// Prints the values alone, with tabs between several.
    fn print_values(
        &self,
        app: &App<'_>,
        record: &Record,
        fields: &[RecordField],
    ) -> Result<(), CliError> {
        let values: Vec<String> = fields.iter().map(|field| record.csv(field)).collect();
        let values = values
            .iter()
            .map(|value| one_line(value).replace('\t', " "));
        app.output()
            .text(&format!("{}\n", values.collect::<Vec<_>>().join("\t")))?;
        Ok(())
    }

    fn show(
        &self,
        app: &App<'_>,
        plan: &CascadePlan,
        resolution: &Resolution,
        row: Option<&AddressRow>,
    ) -> Result<(), CliError> {
        let (output, now) = (app.output(), app.now());
        let address = resolution.update.address;
        output.heading(&address.to_string())?;
        let mut facts = NameValues::default();
        match row {
            Some(row) => {
                facts.add("first seen", words::timestamp(row.first_seen));
                facts.add("last seen", words::timestamp(row.last_seen));
                facts.add("sessions", words::number(row.session_count));
            }
            None => facts.add("stored", "no"),
        }
        if let Some(special) = resolution.update.special_purpose {
            facts.add_from("not global", special.reason, special.source);
        }
        for (field, merged) in plan
            .cascade
            .policy()
            .merged_view(address, &resolution.document)
        {
            let age = merged.cached_at.map(|at| ago(at, now)).unwrap_or_default();
            facts.add_from(
                field.name(),
                shown(field, &merged),
                &format!("{}, {age}", merged.source),
            );
        }
        for source in plan.cascade.policy().sources() {
            let section = resolution.document.section(source.name.as_str());
            let section = section.filter(|it| it.is_found() && it.concerns(address));
            let age = section.and_then(SectionView::cached_at);
            let age = age.map(|at| ago(at, now)).unwrap_or_default();
            for (key, value) in section.map(SectionView::to_map).unwrap_or_default() {
                if !is_shown_elsewhere(source, &key) {
                    let from = format!("{}, {age}", source.name);
                    facts.add_from(&key, csv_cell(&value), &from);
                }
            }
        }
        facts.write(output)?;
        if self.explain {
            explain::write(app, plan, resolution)?;
        }
        Ok(())
    }
}

/// Whether a key of a section of `source` is in the merged view, or is about the section itself.
fn is_shown_elsewhere(source: &PolicySource, key: &str) -> bool {
    [CACHED_AT, VERSION, PREFIX, FOUND, EMBEDDED_IPV4].contains(&key)
        || source.fields.iter().any(|field| field.key == key)
}

/// A value for people.
fn shown(field: Field, merged: &Merged<'_>) -> String {
    match field {
        Field::ASN => ipcascade_core::asn::Asn::from_json(&merged.value)
            .map_or_else(|| csv_cell(&merged.value), |asn| asn.to_string()),
        _ => csv_cell(&merged.value),
    }
}

/// Everything about an address, for programs.
fn answer(
    app: &App<'_>,
    plan: &CascadePlan,
    resolution: &Resolution,
    row: Option<&AddressRow>,
) -> Record {
    let address = resolution.update.address;
    let (policy, document) = (plan.cascade.policy(), &resolution.document);
    let origin = policy.attribution(address, document).map(|(asn, _)| asn);
    let known = KnownAddress {
        address,
        origin: origin.or_else(|| row?.current_asn),
        document,
        stored: row,
    };
    let beside = Beside {
        sources: true,
        sections: true,
    };
    let mut record = known.record(policy, beside);
    record.add_beside("steps", explain::steps(app, plan, resolution));
    record
}

/// Reports who is asked online, and when there is nobody to ask.
fn announce(app: &App<'_>, plan: &CascadePlan) {
    if plan.cascade.steps().is_empty() {
        app.output().warning(
            "no provider can be asked: only what is stored is shown; --mmdb FILE names an MMDB file, and \
             `ipcascade providers` shows what other providers need",
        );
    }
    if plan.cascade.goes_online() {
        app.output().notice(&plan.announcement());
    }
}

/// The store, if it exists: a file need not, before anything is stored.
async fn open_if_there(app: &App<'_>) -> Result<Option<Arc<dyn Store>>, CliError> {
    let url = app.config().store_url()?;
    // A file that cannot be looked at is for the store to report.
    if url
        .path()
        .is_some_and(|path| path.try_exists().is_ok_and(|exists| !exists))
    {
        let text = format!("there is no inventory at {url} yet; only the cascade is asked");
        match app.config().store_is_default() {
            true => app.output().detail(&text),
            false => app.output().warning(&text),
        }
        return Ok(None);
    }
    app.open_store(OpenMode::Read).await.map(Some)
}
