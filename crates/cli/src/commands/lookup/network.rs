//! What is stored in a prefix or a range.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use futures::TryStreamExt as _;
use ipcascade_core::asn::Asn;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::field::Field;
use ipcascade_core::policy::Policy;
use ipcascade_core::store::{AddressQuery, AddressRow, AsnQuery, AsnRow, Store};
use serde_json::Value;

use crate::app::App;
use crate::commands::asn::page::write_top;
use crate::commands::contents::Contents;
use crate::commands::lookup::glance::NOT_STORED;
use crate::commands::lookup::question::Network;
use crate::commands::show::{NameValues, section_by};
use crate::commands::top::Counts;
use crate::output::{Align, csv_cell, words};
use crate::records::field::{RecordField, ValueKind};
use crate::records::{Addresses, Beside, Record, RecordKind as _};
use crate::report::CliError;

/// How many ASes are shown.
const SHOWN: usize = 10;

/// Up to how many ASes are read one by one; of more, all are read.
const FEW: usize = 100;

/// The addresses of a prefix or a range that are stored, counted.
pub(super) struct NetworkAnswer<'n> {
    network: &'n Network,
    counted: Counted,
}

#[derive(Default)]
struct Counted {
    all: Counts,
    unattributed: Counts,
    seen: Option<(Timestamp, Timestamp)>,
    asns: Vec<(Asn, Counts)>,
    classifications: Vec<(Value, Counts)>,
    top: Vec<AddressRow>,
}

impl<'n> NetworkAnswer<'n> {
    /// Counts what is stored.
    pub(super) async fn of(
        network: &'n Network,
        store: Option<&dyn Store>,
        policy: &Arc<Policy>,
        app: &App<'_>,
    ) -> Result<Self, CliError> {
        let Some(store) = store else {
            let counted = Counted::default();
            return Ok(Self { network, counted });
        };
        let queries = network.prefixes().iter().map(|prefix| AddressQuery {
            prefix: Some(*prefix),
            ..AddressQuery::default()
        });
        let asn = RecordField::new("asn", ValueKind::ASN, "");
        let fields = [asn, RecordField::merged(Field::CLASSIFICATION)];
        let contents = Contents::count(app, store, queries, fields, policy).await?;
        let [asns, classifications] = contents.by;
        let counted = Counted {
            all: contents.all,
            unattributed: asns.unknown(),
            seen: contents.seen,
            asns: asns
                .greatest_first()
                .into_iter()
                .filter_map(|(asn, counts)| Some((Asn::from_json(&asn)?, counts)))
                .collect(),
            classifications: classifications.greatest_first(),
            top: contents.top,
        };
        Ok(Self { network, counted })
    }

    /// For programs.
    pub(super) async fn record(
        &self,
        store: Option<&dyn Store>,
        policy: &Policy,
    ) -> Result<Record, CliError> {
        let counted = &self.counted;
        let mut record = Record::default();
        let name = match self.network {
            Network::Prefix(_) => "prefix",
            Network::Range { .. } => "range",
        };
        record.add(name, Value::from(self.network.to_string()));
        record.add("address_count", Value::from(counted.all.addresses));
        record.add("session_count", Value::from(counted.all.sessions));
        let unattributed = counted.unattributed.addresses;
        record.add("unattributed_count", Value::from(unattributed));
        record.add_time("first_seen", counted.seen.map(|(first, _)| first));
        record.add_time("last_seen", counted.seen.map(|(_, last)| last));
        let described = described(&counted.asns, store).await?;
        let asns = counted.asns.iter().map(|(asn, counts)| {
            let mut of_asn = Record::default();
            of_asn.add("asn", Value::from(*asn));
            let row = described.get(asn);
            of_asn.add_text(
                "asn_org",
                row.and_then(|it| it.organization_name.as_deref()),
            );
            let country = row.and_then(|it| it.organization_country.as_deref());
            of_asn.add_text("registry_country", country);
            counts_of(of_asn, *counts)
        });
        record.add("asns", list(asns));
        let classifications = counted.classifications.iter().map(|(value, counts)| {
            let mut classified = Record::default();
            classified.add("classification", value.clone());
            counts_of(classified, *counts)
        });
        record.add("classifications", list(classifications));
        let top = counted.top.iter();
        let top = top.map(|row| Addresses::record(row, policy, Beside::default()));
        record.add("top_addresses", list(top));
        Ok(record)
    }

    /// For people.
    pub(super) async fn write(
        &self,
        store: Option<&dyn Store>,
        app: &App<'_>,
    ) -> Result<(), CliError> {
        let (output, counted) = (app.output(), &self.counted);
        output.heading(&self.network.to_string())?;
        let mut facts = NameValues::default();
        if counted.all.addresses == 0 {
            facts.add("inventory", NOT_STORED);
        } else {
            facts.add("addresses", words::number(counted.all.addresses));
            facts.add("sessions", words::number(counted.all.sessions));
        }
        if let Some((first, last)) = counted.seen {
            facts.add("first seen", words::timestamp(first));
            facts.add("last seen", words::timestamp(last));
        }
        if counted.unattributed.addresses > 0 {
            let unattributed = words::addresses(counted.unattributed.addresses);
            facts.add("without an AS", unattributed);
        }
        for (value, counts) in &counted.classifications {
            let addresses = words::addresses(counts.addresses);
            facts.add(&csv_cell(value), addresses);
        }
        facts.write(output)?;
        self.write_asns(store, app).await?;
        write_top(&counted.top, output)
    }

    async fn write_asns(&self, store: Option<&dyn Store>, app: &App<'_>) -> Result<(), CliError> {
        let asns = &self.counted.asns;
        if asns.is_empty() {
            return Ok(());
        }
        let shown = &asns[..asns.len().min(SHOWN)];
        let described = described(shown, store).await?;
        let columns = [
            ("ASN", Align::Whole),
            ("ORGANIZATION", Align::Left),
            ("REGISTRY COUNTRY", Align::Whole),
            ("ADDRESSES", Align::Right),
            ("SESSIONS", Align::Right),
        ];
        let rows = shown.iter().map(|(asn, counts)| {
            let row = described.get(asn);
            let text = |of: fn(&AsnRow) -> &Option<String>| {
                row.and_then(|row| of(row).clone()).unwrap_or_default()
            };
            vec![
                asn.to_string(),
                text(|row| &row.organization_name),
                text(|row| &row.organization_country),
                words::number(counts.addresses),
                words::number(counts.sessions),
            ]
        });
        // The numbers matter more than the names.
        let by_importance = vec![0, 4, 3, 1, 2];
        section_by(app.output(), "Origin ASes", &columns, by_importance, rows)?;
        if asns.len() > SHOWN {
            let all = words::number(asns.len() as u64);
            let how = match self.network {
                Network::Prefix(prefix) => {
                    format!("`ipcascade ip top --by asn --prefix {prefix} --all` lists all")
                }
                Network::Range { .. } => "`--format json` has all".to_owned(),
            };
            let notice = format!("{SHOWN} of {all} ASes in {}; {how}", self.network);
            app.output().notice(&notice);
        }
        Ok(())
    }
}

/// The rows of these ASes, as far as they are stored.
async fn described(
    asns: &[(Asn, Counts)],
    store: Option<&dyn Store>,
) -> Result<HashMap<Asn, AsnRow>, CliError> {
    let mut rows = HashMap::new();
    let Some(store) = store else {
        return Ok(rows);
    };
    if asns.len() <= FEW {
        for (asn, _) in asns {
            rows.extend(store.asn(*asn).await?.map(|row| (*asn, row)));
        }
        return Ok(rows);
    }
    let wanted: HashSet<Asn> = asns.iter().map(|(asn, _)| *asn).collect();
    let query = AsnQuery {
        include_empty: true,
        ..AsnQuery::default()
    };
    let mut all = store.asns(&query);
    while let Some(row) = all.try_next().await? {
        if wanted.contains(&row.asn) {
            rows.insert(row.asn, row);
        }
    }
    Ok(rows)
}

fn counts_of(mut record: Record, counts: Counts) -> Record {
    record.add("address_count", Value::from(counts.addresses));
    record.add("session_count", Value::from(counts.sessions));
    record
}

/// A list, which is known even if it is empty.
fn list(records: impl Iterator<Item = Record>) -> Value {
    serde_json::to_value(records.collect::<Vec<_>>()).unwrap_or_default()
}
