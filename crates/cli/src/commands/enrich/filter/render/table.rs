//! Renders addresses as rows of a table for people.

use ipcascade_core::field::Field;

use crate::commands::enrich::filter::render::renderer::Renderer;
use crate::commands::enrich::filter::template::View;
use crate::output::{Align, ListColumns, ListTable, Output};
use crate::records::field::RecordField;
use crate::records::shown;

/// The fields that a table for people shows.
const TABLE: [(Field, Align); 6] = [
    (Field::ASN, Align::Whole),
    (Field::ASN_ORG, Align::Left),
    (Field::COUNTRY, Align::Whole),
    (Field::CITY, Align::Left),
    (Field::PREFIX, Align::Whole),
    (Field::CLASSIFICATION, Align::Left),
];

/// Its columns, with the address in front, the most important first.
const BY_IMPORTANCE: [usize; 7] = [0, 1, 2, 3, 6, 5, 4];

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
            Some(shown(RecordField::merged(field).kind, &winner.value()))
        };
        let mut cells = vec![view.address.to_string()];
        for (field, _) in TABLE {
            cells.push(match (field, template.special) {
                (Field::CLASSIFICATION, Some(special)) => special.reason.to_owned(),
                _ => cell(field).unwrap_or_default(),
            });
        }
        cells
    }
}

/// An empty table for people.
pub(in crate::commands::enrich::filter) fn table(output: &Output) -> ListTable {
    let mut titles = vec![("ADDRESS".to_owned(), Align::Whole)];
    titles.extend(
        TABLE
            .iter()
            .map(|(field, align)| (RecordField::merged(*field).title(), *align)),
    );
    output.list_table(ListColumns {
        titles,
        by_importance: BY_IMPORTANCE.to_vec(),
        names: std::iter::once("address")
            .chain(TABLE.iter().map(|(field, _)| field.name()))
            .collect(),
    })
}
