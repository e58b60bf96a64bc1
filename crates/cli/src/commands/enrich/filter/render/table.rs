//! Renders addresses as rows of a table for people.

use ipcascade_core::field::Field;

use crate::commands::enrich::filter::render::renderer::Renderer;
use crate::commands::enrich::filter::template::View;
use crate::output::{Align, Output, TextTable, csv_cell};

/// The fields that a table for people shows.
const TABLE: [(&str, Field); 6] = [
    ("ASN", Field::ASN),
    ("ORGANISATION", Field::ASN_ORG),
    ("COUNTRY", Field::COUNTRY),
    ("CITY", Field::CITY),
    ("PREFIX", Field::PREFIX),
    ("CLASS", Field::CLASSIFICATION),
];

impl Renderer<'_> {
    /// An address as a row of a table for people.
    pub(in crate::commands::enrich::filter) fn table_row(&self, view: &View) -> Vec<String> {
        let (template, (address, document)) = (view.template(), view.example());
        let cell = |field| {
            let mut winners = self.policy.winners(address, &document);
            let winner = winners.find(|winner| winner.field == field)?;
            if template.is_hole(&winner) {
                return view.prefix.map(|prefix| prefix.to_string());
            }
            Some(csv_cell(&winner.value()))
        };
        let mut cells = vec![view.address.to_string()];
        for (_, field) in TABLE {
            cells.push(match (field, template.special) {
                (Field::CLASSIFICATION, Some(special)) => special.reason.to_owned(),
                _ => cell(field).unwrap_or_default(),
            });
        }
        cells
    }
}

/// An empty table for people.
pub(in crate::commands::enrich::filter) fn table(output: &Output) -> TextTable {
    let mut columns = vec![("ADDRESS", Align::Left)];
    columns.extend(TABLE.iter().map(|(title, _)| (*title, Align::Left)));
    output.table(&columns)
}
