//! What is known of one AS, for people and for programs.

use futures::TryStreamExt as _;
use ipcascade_core::asn::Asn;
use ipcascade_core::clock::parse_timestamp;
use ipcascade_core::policy::Policy;
use ipcascade_core::store::{
    AddressListColumn, AddressQuery, AddressRow, AsnRow, ListOrder, Store,
};

use crate::app::App;
use crate::commands::show::{NameValues, section};
use crate::output::{Align, Output, words};
use crate::records::{Addresses, Asns, Beside, Record, RecordKind as _};
use crate::report::CliError;

/// An AS row with its most active addresses.
pub(crate) struct AsnPage {
    pub(crate) row: AsnRow,
    top: Vec<AddressRow>,
}

impl AsnPage {
    /// What is stored of `asn`, with up to `addresses` of its addresses.
    pub(crate) async fn stored(
        store: &dyn Store,
        asn: Asn,
        addresses: u64,
    ) -> Result<Option<Self>, CliError> {
        let Some(row) = store.asn(asn).await? else {
            return Ok(None);
        };
        let query = AddressQuery {
            order: ListOrder::greatest_first(AddressListColumn::SessionCount),
            limit: Some(addresses),
            asn: Some(asn),
            ..AddressQuery::default()
        };
        let top = store.addresses(&query).try_collect().await?;
        Ok(Some(Self { row, top }))
    }

    pub(crate) fn record(&self, policy: &Policy) -> Record {
        let beside = Beside {
            sources: true,
            sections: false,
        };
        let mut record = Asns::record(&self.row, policy, beside);
        let addresses = self.top.iter();
        let addresses = addresses.map(|row| Addresses::record(row, policy, Beside::default()));
        let addresses = serde_json::to_value(addresses.collect::<Vec<_>>());
        record.add_beside("top_addresses", addresses.unwrap_or_default());
        record
    }

    /// Writes it, with `more` facts.
    pub(crate) fn write(&self, more: NameValues, app: &App<'_>) -> Result<(), CliError> {
        let (output, row) = (app.output(), &self.row);
        output.heading(&row.asn.to_string())?;
        let mut facts = description(row, app);
        facts.add("addresses", words::number(row.unique_ip_count));
        facts.add("sessions", words::number(row.total_session_count));
        facts.add("first seen", words::timestamp(row.first_seen));
        facts.add("last seen", words::timestamp(row.last_seen));
        facts.append(more);
        facts.write(output)?;
        write_top(&self.top, output)
    }
}

/// What sources state about an AS itself.
pub(crate) fn description(row: &AsnRow, app: &App<'_>) -> NameValues {
    let mut facts = NameValues::default();
    let sourced = [
        ("organization", "organization_name", &row.organization_name),
        (
            "registry country",
            "organization_country",
            &row.organization_country,
        ),
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
    facts
}

/// Writes the most active addresses, if there are any.
pub(crate) fn write_top(addresses: &[AddressRow], output: &Output) -> Result<(), CliError> {
    if addresses.is_empty() {
        return Ok(());
    }
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
