//! `--field`: single values.

use ipcascade_core::policy::Policy;

use crate::app::App;
use crate::commands::asked::Refused;
use crate::commands::lookup::question::Subject;
use crate::output::one_line;
use crate::records::field::{self, RecordField};
use crate::records::{Addresses, Asns, Record, RecordKind as _, prefix};
use crate::report::CliError;

/// The fields that are printed of each subject, by kind; why a kind lacks one of them.
#[derive(Debug)]
pub(super) struct Chosen {
    addresses: Result<Vec<RecordField>, String>,
    asns: Result<Vec<RecordField>, String>,
    networks: Result<Vec<RecordField>, String>,
}

impl Chosen {
    /// Those of these names.
    ///
    /// # Errors
    ///
    /// If no kind of subject has one of them.
    pub(super) fn new(names: &[String], policy: &Policy) -> Result<Self, CliError> {
        let of = |fields: &[RecordField]| {
            let named = names.iter().map(|name| field::named(name, fields));
            named.collect::<Result<Vec<RecordField>, String>>()
        };
        let chosen = Self {
            addresses: of(&Addresses::fields(policy)),
            asns: of(&Asns::fields(policy)).map_err(|error| format!("of an AS: {error}")),
            networks: of(prefix::FIELDS).map_err(|error| format!("of a prefix: {error}")),
        };
        match (&chosen.addresses, &chosen.asns, &chosen.networks) {
            (Err(error), Err(_), Err(_)) => Err(CliError::usage(format!("--field: {error}"))),
            _ => Ok(chosen),
        }
    }

    /// Whether a subject has them, so that nothing is asked in vain.
    pub(super) fn check(&self, subject: &Subject) -> Result<(), Refused> {
        let Err(error) = self.of(subject) else {
            return Ok(());
        };
        let hint = "`ipcascade ip list --prefix PREFIX --columns FIELD` lists a field of each address in it";
        Err(Refused {
            reason: format!("--field: {error}"),
            hint: matches!(subject, Subject::Network(_)).then_some(hint),
        })
    }

    fn of(&self, subject: &Subject) -> Result<&[RecordField], &str> {
        let fields = match subject {
            Subject::Address(_) => &self.addresses,
            Subject::Asn(_) => &self.asns,
            Subject::Network(_) => &self.networks,
        };
        fields.as_deref().map_err(String::as_str)
    }

    /// Prints the values of a record alone, with tabs between several.
    pub(super) fn print(
        &self,
        subject: &Subject,
        record: &Record,
        app: &App<'_>,
    ) -> Result<(), CliError> {
        let fields = self.of(subject).unwrap_or_default();
        let values = fields.iter().map(|field| record.csv(field));
        let values: Vec<String> = values
            .map(|value| one_line(&value).replace('\t', " "))
            .collect();
        app.output().text(&format!("{}\n", values.join("\t")))?;
        Ok(())
    }
}
