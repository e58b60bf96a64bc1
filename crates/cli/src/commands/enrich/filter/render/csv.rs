//! Renders rows and addresses as CSV.

use std::borrow::Cow;

use ipcascade_core::policy::Winner;

use crate::commands::enrich::filter::chosen_fields::{ChosenField, IS_BOGON};
use crate::commands::enrich::filter::columns::OutputColumns;
use crate::commands::enrich::filter::pieces::Pieces;
use crate::commands::enrich::filter::render::address_text::push_address;
use crate::commands::enrich::filter::render::renderer::{Group, Renderer};
use crate::commands::enrich::filter::template::View;
use crate::output::{csv_cell, without_formula};

impl Renderer<'_> {
    /// The header of a table of addresses.
    pub(in crate::commands::enrich::filter) fn csv_header(&self) -> Vec<u8> {
        let mut header = b"address".to_vec();
        for name in self.cell_names() {
            header.push(self.delimiter);
            header.extend_from_slice(quoted(&name, self.delimiter).as_bytes());
        }
        header.push(b'\n');
        header
    }

    /// The names of the cells of an address.
    pub(in crate::commands::enrich::filter) fn cell_names(&self) -> Vec<String> {
        let names = self.fields.iter().map(ChosenField::name);
        names.chain([IS_BOGON]).map(str::to_owned).collect()
    }

    /// Appends a CSV record with the added columns; if a column has several addresses, those of the first. Returns how many
    /// others there are.
    pub(in crate::commands::enrich::filter) fn csv_record(
        &self,
        out: &mut Vec<u8>,
        original: &[u8],
        count: usize,
        columns: &OutputColumns,
        group: &Group<'_>,
    ) -> u64 {
        if columns.are_behind(count) {
            columns.write_filled(out, original, count);
            return self.push_groups(out, group);
        }
        let mut found = Vec::new();
        let others = self.push_groups(&mut found, group);
        columns.write(out, original, &found);
        others
    }

    /// The cells of each requested field, one after the other; returns how many addresses have none.
    fn push_groups(&self, out: &mut Vec<u8>, group: &Group<'_>) -> u64 {
        let mut others = group.views.len() as u64;
        for place in 0..group.names.len().max(1) {
            let view = match group.fields {
                [] => group.views.first(),
                fields => {
                    let at = fields.iter().position(|field| *field == place);
                    at.and_then(|at| group.views.get(at))
                }
            };
            match view {
                Some(view) => {
                    self.push_cells(out, view);
                    others = others.saturating_sub(1);
                }
                None => out.extend(std::iter::repeat_n(self.delimiter, self.fields.len() + 1)),
            }
        }
        others
    }

    /// Appends a CSV line for an address.
    pub(in crate::commands::enrich::filter) fn csv_address(&self, out: &mut Vec<u8>, view: &View) {
        push_address(out, view.address.ip());
        self.push_cells(out, view);
        out.push(b'\n');
    }

    pub(super) fn push_cells(&self, out: &mut Vec<u8>, view: &View) {
        let fill = |out: &mut Vec<u8>| {
            let prefix = view.prefix.map(|prefix| prefix.to_string());
            out.extend_from_slice(quoted(&prefix.unwrap_or_default(), self.delimiter).as_bytes());
        };
        let cells = || self.cells(view);
        match view.template().cells(self.delimiter, cells) {
            Some(cells) => cells.write(out, fill),
            None => cells().write(out, fill),
        }
    }

    /// The cells of the columns and whether the address is special, each after a delimiter.
    fn cells(&self, view: &View) -> Pieces {
        let mut pieces = Pieces::default();
        let (template, (address, document)) = (view.template(), view.example());
        let winners = self.policy.winners(address, &document);
        let winners: Vec<Winner<'_>> = winners.collect();
        for chosen in self.fields {
            pieces.text().push(self.delimiter);
            let cell = match chosen {
                ChosenField::Merged(field) => {
                    let mut winners = winners.iter();
                    match winners.find(|winner| winner.field == *field) {
                        Some(winner) if template.is_hole(winner) => {
                            pieces.leave_hole();
                            continue;
                        }
                        Some(winner) => csv_cell(&winner.value()),
                        None => continue,
                    }
                }
                ChosenField::Stated(stated) => {
                    let stated = stated.of(self.policy, address, &document);
                    stated
                        .map(|stated| csv_cell(&stated.value))
                        .unwrap_or_default()
                }
                ChosenField::BogonReason => match template.special {
                    Some(special) => special.reason.to_owned(),
                    None => continue,
                },
            };
            let cell = match self.are_cells_raw {
                true => Cow::Borrowed(cell.as_str()),
                false => without_formula(&cell),
            };
            pieces
                .text()
                .extend_from_slice(quoted(&cell, self.delimiter).as_bytes());
        }
        pieces.text().push(self.delimiter);
        let is_special = template.special.is_some().to_string();
        pieces.text().extend_from_slice(is_special.as_bytes());
        pieces
    }
}

/// A cell as a part of a CSV line.
fn quoted(cell: &str, delimiter: u8) -> Cow<'_, str> {
    if cell.contains([char::from(delimiter), '"', '\n', '\r']) {
        Cow::Owned(format!("\"{}\"", cell.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(cell)
    }
}
