//! Tables for people.

use comfy_table::presets::NOTHING;
use comfy_table::{Attribute, Cell, CellAlignment, ContentArrangement, Table};

use crate::output::terminal_safety::one_line;

/// The alignment of the cells of a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    /// Text, which may be shortened.
    #[default]
    Left,
    /// Text that is of no use unless it is whole: addresses, identifiers, times.
    Whole,
    /// Numbers.
    Right,
}

/// The width of tables, and whether they may have colour.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub(super) width: Option<u16>,
    pub(super) colour: bool,
}

/// A table that grows row by row. Its cells are data: each is shown in one line and made safe.
#[derive(Debug)]
pub struct TextTable {
    table: Table,
    aligns: Vec<Align>,
}

impl TextTable {
    pub(super) fn new(look: Look, columns: &[(&str, Align)]) -> Self {
        let mut table = Table::new();
        table.load_style(NOTHING).force_no_tty();
        if let Some(width) = look.width {
            table
                .set_content_arrangement(ContentArrangement::Dynamic)
                .set_width(width);
        }
        if look.colour {
            table.enforce_styling();
        }
        let header = columns
            .iter()
            .map(|(title, align)| cell(title, *align).add_attribute(Attribute::Bold));
        table.set_header(header.collect::<Vec<_>>());
        for column in table.column_iter_mut() {
            column.set_padding((0, 2));
        }
        Self {
            table,
            aligns: columns.iter().map(|(_, align)| *align).collect(),
        }
    }

    /// Adds a row.
    pub fn row<T: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = T>) {
        let aligns = self
            .aligns
            .iter()
            .copied()
            .chain(std::iter::repeat(Align::Left));
        let cells = cells.into_iter().zip(aligns);
        self.table.add_row(
            cells
                .map(|(text, align)| cell(text.as_ref(), align))
                .collect::<Vec<_>>(),
        );
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// The table as text, with a line feed at the end of each line.
    pub(super) fn render(&self) -> String {
        let mut text = self.table.trim_fmt();
        text.push('\n');
        text
    }
}

fn cell(text: &str, align: Align) -> Cell {
    let shown = if text.is_empty() {
        "-".into()
    } else {
        one_line(text)
    };
    Cell::new(shown).set_alignment(match align {
        Align::Left | Align::Whole => CellAlignment::Left,
        Align::Right => CellAlignment::Right,
    })
}
