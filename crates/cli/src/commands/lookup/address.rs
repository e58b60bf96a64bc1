//! What is known of an address.

use ipcascade_core::cascade::Resolution;
use ipcascade_core::field::Field;
use ipcascade_core::policy::{Merged, PolicySource};
use ipcascade_core::section::SectionView;
use ipcascade_core::section_keys::{CACHED_AT, EMBEDDED_IPV4, FOUND, PREFIX, VERSION};
use ipcascade_core::store::AddressRow;

use crate::app::{App, CascadePlan};
use crate::commands::lookup::explain;
use crate::commands::lookup::glance::{Glance, NOT_STORED};
use crate::commands::show::NameValues;
use crate::output::words::ago;
use crate::output::{csv_cell, words};
use crate::records::address::KnownAddress;
use crate::records::{Beside, Record};
use crate::report::CliError;

/// An address, as the inventory and the cascade know it.
pub(super) struct AddressAnswer<'a> {
    pub(super) plan: &'a CascadePlan,
    pub(super) resolution: &'a Resolution,
    pub(super) row: Option<&'a AddressRow>,
}

impl AddressAnswer<'_> {
    fn known(&self) -> KnownAddress<'_> {
        let address = self.resolution.update.address;
        let document = &self.resolution.document;
        let origin = self.plan.cascade.policy().attribution(address, document);
        let origin = origin.map(|(asn, _)| asn);
        KnownAddress {
            address,
            origin: origin.or_else(|| self.row?.current_asn),
            document,
            stored: self.row,
        }
    }

    /// Everything about the address, for programs.
    pub(super) fn record(&self, app: &App<'_>) -> Record {
        let beside = Beside {
            sources: true,
            sections: true,
        };
        let mut record = self.known().record(self.plan.cascade.policy(), beside);
        record.add_beside("steps", explain::steps(app, self.plan, self.resolution));
        record
    }

    /// Writes it for people.
    pub(super) fn write(&self, app: &App<'_>) -> Result<(), CliError> {
        let (output, now) = (app.output(), app.now());
        let (policy, resolution) = (self.plan.cascade.policy(), self.resolution);
        let address = resolution.update.address;
        output.heading(&address.to_string())?;
        let glance = Glance::of(&self.known(), policy, now);
        output.line(&format!("  {}", glance.fitted(output.line_width() - 2)))?;
        let mut facts = self.inventory_facts();
        if let Some(special) = resolution.update.special_purpose {
            facts.add_from("bogon", special.reason, special.source);
        }
        for (field, merged) in policy.merged_view(address, &resolution.document) {
            let age = merged.cached_at.map(|at| ago(at, now)).unwrap_or_default();
            facts.add_from(
                field.name(),
                shown(field, &merged),
                &format!("{}, {age}", merged.source),
            );
        }
        for source in policy.sources() {
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
        Ok(())
    }

    fn inventory_facts(&self) -> NameValues {
        let mut facts = NameValues::default();
        match self.row {
            Some(row) => {
                facts.add("first seen", words::timestamp(row.first_seen));
                facts.add("last seen", words::timestamp(row.last_seen));
                facts.add("sessions", words::number(row.session_count));
            }
            None => facts.add("inventory", NOT_STORED),
        }
        facts
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
