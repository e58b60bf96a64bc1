//! The table of a list, which grows block by block: one header, and columns that stay where they are.

use owo_colors::OwoColorize as _;
use unicode_width::UnicodeWidthStr as _;

use crate::output::layout::{fitted, shortened};
use crate::output::table::{Align, Look};
use crate::output::terminal_safety::one_line;

/// What is between two columns.
const BETWEEN: &str = "  ";

/// The columns of a list.
#[derive(Clone, Debug)]
pub struct ListColumns {
    /// Titles for people, with the layout of the cells under them.
    pub titles: Vec<(String, Align)>,
    /// The positions of the columns in `titles`, the most important first: in a terminal that is too narrow for all, the
    /// last ones are left out.
    pub by_importance: Vec<usize>,
    /// Their names, which are also those in CSV; stable.
    pub names: Vec<&'static str>,
}

/// A table that is written block by block.
#[derive(Debug)]
pub struct ListTable {
    columns: ListColumns,
    look: Look,
    /// The widths of the columns, once there have been rows; `None` for columns that are left out.
    widths: Option<Vec<Option<usize>>>,
}

impl ListTable {
    pub(super) const fn new(columns: ListColumns, look: Look) -> Self {
        Self {
            columns,
            look,
            widths: None,
        }
    }

    /// The names of the columns that the terminal has no room for.
    pub fn left_out(&self) -> Vec<&'static str> {
        let widths = self.widths.iter().flatten();
        let columns = self.columns.names.iter().zip(widths);
        let left_out = columns.filter(|(_, width)| width.is_none());
        left_out.map(|(name, _)| *name).collect()
    }

    /// Rows as text, under the header if they are the first.
    pub fn block(&mut self, rows: &[Vec<String>]) -> String {
        let rows: Vec<Vec<String>> = rows.iter().map(|row| shown_cells(row)).collect();
        let is_first = self.widths.is_none();
        let widths = match self.widths.take() {
            Some(widths) => widths,
            None => self.fitted(&rows),
        };
        let kept: Vec<(usize, usize)> = widths
            .iter()
            .enumerate()
            .filter_map(|(position, width)| Some((position, (*width)?)))
            .collect();
        let mut text = String::new();
        if is_first {
            let titles = kept.iter().map(|&(position, width)| {
                let title = self.columns.titles.get(position);
                shortened(title.map_or("", |(title, _)| title), width)
            });
            let header = self.line(&kept, titles);
            match self.look.colour {
                true => text.push_str(&format!("{}\n", header.bold())),
                false => text.push_str(&format!("{header}\n")),
            }
        }
        for row in &rows {
            let cells = kept
                .iter()
                .map(|&(position, width)| self.cell(row, position, width));
            text.push_str(&self.line(&kept, cells));
            text.push('\n');
        }
        self.widths = Some(widths);
        text
    }

    /// Cells side by side, without blanks at the end.
    fn line(&self, kept: &[(usize, usize)], cells: impl Iterator<Item = String>) -> String {
        let mut line = String::new();
        for (&(position, width), cell) in kept.iter().zip(cells) {
            let blanks = " ".repeat(width.saturating_sub(cell.width()));
            match self.columns.titles.get(position) {
                Some((_, Align::Right)) => line.extend([&blanks, &*cell]),
                _ => line.extend([&*cell, &blanks]),
            }
            line.push_str(BETWEEN);
        }
        line.truncate(line.trim_end().len());
        line
    }

    /// A cell; texts are shortened in a terminal only.
    fn cell(&self, row: &[String], position: usize, width: usize) -> String {
        let cell = row.get(position).filter(|cell| !cell.is_empty());
        let cell = cell.map_or("-", String::as_str);
        let align = self.columns.titles.get(position).map(|(_, align)| *align);
        match align {
            Some(Align::Left) if self.look.width.is_some() => shortened(cell, width),
            _ => cell.to_owned(),
        }
    }

    fn fitted(&self, rows: &[Vec<String>]) -> Vec<Option<usize>> {
        let titles = self.columns.titles.iter().enumerate();
        let natural = titles.map(|(position, (title, _))| {
            let cells = rows.iter().filter_map(|row| row.get(position));
            let widest = cells.map(|cell| cell.width()).max().unwrap_or_default();
            widest.max(title.width())
        });
        let natural: Vec<usize> = natural.collect();
        let Some(width) = self.look.width else {
            return natural.into_iter().map(Some).collect();
        };
        let aligns: Vec<Align> = self
            .columns
            .titles
            .iter()
            .map(|(_, align)| *align)
            .collect();
        fitted(&natural, &aligns, &self.columns.by_importance, width.into())
    }
}

/// Cells as they are shown, in one line each.
fn shown_cells(row: &[String]) -> Vec<String> {
    row.iter().map(|cell| one_line(cell).into_owned()).collect()
}
