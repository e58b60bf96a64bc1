//! Streams of records in any format.

use std::borrow::Cow;
use std::io;

use serde::Serialize;
use serde_json::Value;

use crate::output::format::OutputFormat;
use crate::output::formula::without_formula;
use crate::output::json::json_text;
use crate::output::list_table::{ListColumns, ListTable};
use crate::output::stream::Output;
use crate::output::terminal_safety::one_line;

/// How many rows are laid out together: this bounds the memory of a table, and the wait for the first rows.
const ROWS_PER_TABLE: usize = 1000;

/// A row of a list.
pub trait ListRow: Serialize {
    /// The cells for people, under the titles; an empty one is shown as `-`.
    fn cells(&self) -> Vec<String>;

    /// The values for programs, under the names in CSV; an empty one means "none".
    fn csv(&self) -> Vec<String>;
}

/// Writes records of one kind to standard output, one by one.
pub struct RowWriter<'a> {
    output: &'a Output,
    form: OutputForm,
    written: u64,
}

/// What CSV protects its readers from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Escaping {
    /// Text that a spreadsheet would evaluate.
    Formulas,
    Nothing,
}

enum OutputForm {
    Table(ListTable, Vec<Vec<String>>),
    Ndjson,
    Json,
    /// With the names of the columns.
    Csv(Vec<&'static str>, Escaping),
}

impl Output {
    /// Starts a list of records on standard output.
    pub fn records(&self, format: OutputFormat, columns: ListColumns) -> RowWriter<'_> {
        let form = match format {
            OutputFormat::Table => OutputForm::Table(self.list_table(columns), Vec::new()),
            OutputFormat::Ndjson => OutputForm::Ndjson,
            OutputFormat::Json => OutputForm::Json,
            OutputFormat::Csv => OutputForm::Csv(columns.names, Escaping::Formulas),
            OutputFormat::CsvRaw => OutputForm::Csv(columns.names, Escaping::Nothing),
        };
        RowWriter {
            output: self,
            form,
            written: 0,
        }
    }
}

impl RowWriter<'_> {
    /// Writes one record.
    ///
    /// # Errors
    ///
    /// If standard output cannot be written.
    pub fn write(&mut self, record: &impl ListRow) -> io::Result<()> {
        let is_first = self.written == 0;
        self.written += 1;
        match &mut self.form {
            OutputForm::Table(_, rows) => {
                rows.push(record.cells());
                if rows.len() == ROWS_PER_TABLE {
                    self.print_rows()?;
                }
                Ok(())
            }
            OutputForm::Ndjson => self.output.text(&format!("{}\n", json_text(record)?)),
            OutputForm::Json => {
                let before = if is_first { "[\n" } else { ",\n" };
                self.output.text(&format!("{before}{}", json_text(record)?))
            }
            OutputForm::Csv(names, escaping) => {
                if is_first {
                    self.output.text(&csv_line(&*names)?)?;
                }
                let mut cells = record.csv();
                for cell in &mut cells {
                    if *escaping == Escaping::Formulas {
                        replace(cell, without_formula);
                    }
                    if self.output.is_terminal() {
                        replace(cell, one_line);
                    }
                }
                self.output.text(&csv_line(&cells)?)
            }
        }
    }

    /// Lays out the rows so far.
    fn print_rows(&mut self) -> io::Result<()> {
        match &mut self.form {
            OutputForm::Table(table, rows) if !rows.is_empty() => {
                let rows = std::mem::take(rows);
                self.output.text(&table.block(&rows))
            }
            _ => Ok(()),
        }
    }

    /// Prints what has been written of a list that fails: JSON stays without its end, so that no reader takes it for whole.
    ///
    /// # Errors
    ///
    /// If standard output cannot be written.
    pub fn break_off(mut self) -> io::Result<()> {
        self.print_rows()?;
        self.output.flush()
    }

    /// Ends the list and returns the number of records.
    ///
    /// # Errors
    ///
    /// If standard output cannot be written.
    pub fn finish(mut self) -> io::Result<u64> {
        self.print_rows()?;
        match &self.form {
            OutputForm::Table(..) | OutputForm::Ndjson => {}
            OutputForm::Json if self.written == 0 => self.output.text("[]\n")?,
            OutputForm::Json => self.output.text("\n]\n")?,
            OutputForm::Csv(names, _) if self.written == 0 => {
                self.output.text(&csv_line(names)?)?
            }
            OutputForm::Csv(..) => {}
        }
        self.output.flush()?;
        if let OutputForm::Table(table, _) = &self.form {
            self.output.columns_left_out(table);
        }
        Ok(self.written)
    }
}

fn replace(cell: &mut String, make: fn(&str) -> Cow<'_, str>) {
    if let Cow::Owned(made) = make(cell) {
        *cell = made;
    }
}

/// One line of CSV.
pub(super) fn csv_line<I, T>(cells: I) -> io::Result<String>
where
    I: IntoIterator<Item = T>,
    T: AsRef<[u8]>,
{
    let mut writer = csv::WriterBuilder::new()
        .flexible(true)
        .from_writer(Vec::new());
    writer.write_record(cells)?;
    writer.flush()?;
    let bytes = writer
        .into_inner()
        .map_err(|error| io::Error::other(error.to_string()))?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

/// A JSON value as a CSV cell: text unchanged, nothing for null, anything else as JSON.
pub fn csv_cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
