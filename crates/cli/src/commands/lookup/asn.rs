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
use unicode_width::UnicodeWidthStr as _;

use crate::app::App;
use crate::commands::asn::page::{AsnPage, description};
use crate::commands::contents::{Contents, TOP};
use crate::commands::lookup::glance::NOT_STORED;
use crate::commands::show::NameValues;
use crate::commands::top::Counts;
use crate::output::{csv_cell, one_line, words};
use crate::records::field::{RecordField, ValueKind};
use crate::records::{Asns, Beside, Record, RecordKind as _};
use crate::report::CliError;

/// How many prefixes and countries are named at most.
const MOST_NAMED: usize = 5;

/// The width of what is before them.
const BEFORE: usize = "  organization  ".len();

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
                // A flag that no source states is not known to be unset.
                let is_described = |field: &RecordField| match field.name {
                    "is_hosting" => row.enrichment.contains_key("is_known_hosting"),
                    "is_vpn" => row.enrichment.contains_key("is_known_vpn"),
                    _ => field.kind != ValueKind::Count,
                };
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
                facts.add("inventory", NOT_STORED);
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
    let width = app.output().line_width().saturating_sub(BEFORE);
    let mut facts = NameValues::default();
    let (prefixes, countries) = (prefixes.greatest_first(), countries.greatest_first());
    if !prefixes.is_empty() {
        facts.add("prefixes", shortly(prefixes, width));
    }
    if !countries.is_empty() {
        facts.add("countries", shortly(countries, width));
    }
    Ok(facts)
}

/// The values with the most addresses, as many as fit into `width`, and how many more there are.
fn shortly(mut groups: Vec<(Value, Counts)>, width: usize) -> String {
    groups.sort_by_key(|(_, counts)| Reverse(counts.addresses));
    let named = |at: usize| {
        let shown = groups.iter().take(at).enumerate().map(|(place, group)| {
            let (value, counts) = group;
            let count = match place {
                0 => words::addresses(counts.addresses),
                _ => words::number(counts.addresses),
            };
            format!("{} ({count})", csv_cell(value))
        });
        let more = groups.len().saturating_sub(at) as u64;
        let more = (more > 0).then(|| format!("{} more", words::number(more)));
        shown.chain(more).collect::<Vec<String>>().join(", ")
    };
    let most = groups.len().min(MOST_NAMED);
    let fitting = (2..=most).rev().map(named);
    let mut fitting = fitting.filter(|text| one_line(text).width() <= width);
    fitting.next().unwrap_or_else(|| named(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_are_named_as_fit() {
        let of = |addresses| Counts {
            addresses,
            sessions: 0,
        };
        let groups = |counts: &[u64]| {
            let values = ["US", "NL", "DE", "FR", "CN", "BR"].map(Value::from);
            let counts = counts.iter().map(|&addresses| of(addresses));
            values.into_iter().zip(counts).collect::<Vec<_>>()
        };
        let six = || groups(&[1, 1000, 3, 2, 1, 1]);
        assert_eq!(
            shortly(six(), 60),
            "NL (1,000 addresses), DE (3), FR (2), US (1), CN (1), 1 more"
        );
        assert_eq!(shortly(six(), 40), "NL (1,000 addresses), DE (3), 4 more");
        assert_eq!(shortly(six(), 10), "NL (1,000 addresses), 5 more");
        assert_eq!(shortly(groups(&[1, 2]), 60), "NL (2 addresses), US (1)");
        assert_eq!(shortly(groups(&[1]), 60), "US (1 address)");
    }
}
