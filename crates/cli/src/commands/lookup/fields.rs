//! `--field`: single values.

use ipcascade_core::policy::Policy;

use crate::app::App;
use crate::commands::lookup::question::Subject;
use crate::output::one_line;
use crate::records::field::{self, RecordField};
use crate::records::{Addresses, Asns, Record, RecordKind as _, prefix};
use crate::report::CliError;

/// Checks that every subject has the fields of these names, so that nothing is asked in vain; returns the fields by kind of
/// subject.
pub(super) fn chosen(
    names: &[String],
    subjects: &[Subject],
    policy: &Policy,
) -> Result<Chosen, CliError> {
    let of = |fields: &[RecordField], is_asked: bool| {
        let named = names.iter().map(|name| field::named(name, fields));
        match named.collect::<Result<Vec<RecordField>, String>>() {
            Ok(fields) => Ok(fields),
            Err(_) if !is_asked => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    };
    let asks = |is: fn(&Subject) -> bool| subjects.iter().any(is);
    let asks_addresses = subjects.is_empty() || asks(|it| matches!(it, Subject::Address(_)));
    let addresses = of(&Addresses::fields(policy), asks_addresses);
    let asns = asks(|it| matches!(it, Subject::Asn(_)));
    let asns = of(&Asns::fields(policy), asns);
    let networks = asks(|it| matches!(it, Subject::Network(_)));
    let networks = of(prefix::FIELDS, networks);
    let refused = |error: String| CliError::usage(format!("--field: {error}"));
    Ok(Chosen {
        addresses: addresses.map_err(refused)?,
        asns: asns.map_err(|error| refused(format!("of an AS: {error}")))?,
        networks: networks.map_err(|error| {
            refused(format!("of a prefix: {error}")).hint(
                "`ipcascade ip list --prefix PREFIX --columns FIELD` lists a field of each address in it",
            )
        })?,
    })
}

/// The fields that are printed of each subject.
#[derive(Debug)]
pub(super) struct Chosen {
    addresses: Vec<RecordField>,
    asns: Vec<RecordField>,
    networks: Vec<RecordField>,
}

impl Chosen {
    fn of(&self, subject: &Subject) -> &[RecordField] {
        match subject {
            Subject::Address(_) => &self.addresses,
            Subject::Asn(_) => &self.asns,
            Subject::Network(_) => &self.networks,
        }
    }

    /// Prints the values of a record alone, with tabs between several.
    pub(super) fn print(
        &self,
        subject: &Subject,
        record: &Record,
        app: &App<'_>,
    ) -> Result<(), CliError> {
        let values = self.of(subject).iter().map(|field| record.csv(field));
        let values: Vec<String> = values
            .map(|value| one_line(&value).replace('\t', " "))
            .collect();
        app.output().text(&format!("{}\n", values.join("\t")))?;
        Ok(())
    }
}
