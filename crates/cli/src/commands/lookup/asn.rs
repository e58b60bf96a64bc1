//! What is known of an AS.

use std::cmp::Reverse;
use std::sync::Arc;

use ipcascade_core::asn::Asn;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::document::Document;
use ipcascade_core::field::Field;
use ipcascade_core::policy::Policy;
use ipcascade_core::store::{AddressQuery, AsnRow, Store};
use serde_json::Value;

use crate::app::App;
use crate::commands::asn::page::{AsnPage, description};
use crate::commands::contents::{Contents, TOP};
use crate::commands::show::NameValues;
use crate::commands::top::Counts;
use crate::output::{csv_cell, words};
use crate::records::field::{RecordField, ValueKind};
use crate::records::{Asns, Beside, Record, RecordKind as _};
use crate::report::CliError;

/// How many prefixes and countries are named.
const NAMED: usize = 3;

/// What is known of an AS.
pub(super) enum AsnAnswer {
    /// It is in the inventory.
    Stored(AsnPage),
    /// Only sources know it.
    Described(AsnRow),
}

impl AsnAnswer {
    /// What the inventory and the sources that know ASes themselves have about `asn`; `None` if that is nothing.
    pub(super) async fn of(
        asn: Asn,
        store: Option<&dyn Store>,
        policy: &Policy,
    ) -> Result<Option<Self>, CliError> {
        let stored = match store {
            Some(store) => AsnPage::stored(store, asn, TOP as u64).await?,
            None => None,
        };
        Ok(match stored {
            Some(mut page) => {
                describe(&mut page.row, policy);
                Some(Self::Stored(page))
            }
            None => {
                let mut row = AsnRow::new(asn, Timestamp::UNIX_EPOCH);
                describe(&mut row, policy).then_some(Self::Described(row))
            }
        })
    }

    /// For programs: as `asn show` has it.
    pub(super) fn record(&self, policy: &Policy) -> Record {
        match self {
            Self::Stored(page) => page.record(policy),
            Self::Described(row) => {
                let beside = Beside {
                    sources: true,
                    sections: false,
                };
                let fields = Asns::fields(policy);
                let is_described = |field: &RecordField| field.kind != ValueKind::Count;
                let described: Vec<RecordField> = fields.into_iter().filter(is_described).collect();
                Asns::record(row, policy, beside).restricted(&described)
            }
        }
    }

    /// For people.
    pub(super) async fn write(
        &self,
        store: Option<&dyn Store>,
        policy: &Arc<Policy>,
        app: &App<'_>,
    ) -> Result<(), CliError> {
        match (self, store) {
            (Self::Stored(page), Some(store)) => {
                let more = where_addresses_are(page.row.asn, store, policy, app).await?;
                page.write(more, app)
            }
            (Self::Stored(page), None) => page.write(NameValues::default(), app),
            (Self::Described(row), _) => {
                app.output().heading(&row.asn.to_string())?;
                let mut facts = description(row, app);
                facts.add("stored", "no");
                facts.write(app.output())?;
                Ok(())
            }
        }
    }
}

/// Adds what sources state now about the AS itself; returns whether that is anything new.
fn describe(row: &mut AsnRow, policy: &Policy) -> bool {
    // No section of an address has a part in this.
    let nowhere = std::net::Ipv4Addr::UNSPECIFIED.into();
    let evidence = policy.asn_evidence(row.asn, nowhere, &Document::default());
    row.absorb(&evidence, policy, false)
}

/// The prefixes and countries of its addresses, in short.
async fn where_addresses_are(
    asn: Asn,
    store: &dyn Store,
    policy: &Arc<Policy>,
    app: &App<'_>,
) -> Result<NameValues, CliError> {
    let query = AddressQuery {
        asn: Some(asn),
        ..AddressQuery::default()
    };
    let fields = [Field::PREFIX, Field::COUNTRY].map(RecordField::merged);
    let queries = std::iter::once(query);
    let contents = Contents::count(app, store, queries, fields, policy).await?;
    let [prefixes, countries] = contents.by;
    let mut facts = NameValues::default();
    let (prefixes, countries) = (prefixes.greatest_first(), countries.greatest_first());
    if !prefixes.is_empty() {
        facts.add("prefixes", shortly(prefixes));
    }
    if !countries.is_empty() {
        facts.add("countries", shortly(countries));
    }
    Ok(facts)
}

/// The values with the most addresses, and how many more there are.
fn shortly(mut groups: Vec<(Value, Counts)>) -> String {
    groups.sort_by_key(|(_, counts)| Reverse(counts.addresses));
    let shown = groups.iter().take(NAMED).enumerate();
    let mut shown: Vec<String> = shown
        .map(|(place, (value, counts))| {
            let count = match place {
                0 => words::addresses(counts.addresses),
                _ => words::number(counts.addresses),
            };
            format!("{} ({count})", csv_cell(value))
        })
        .collect();
    let more = groups.len().saturating_sub(NAMED) as u64;
    if more > 0 {
        shown.push(format!("{} more", words::number(more)));
    }
    shown.join(", ")
}
