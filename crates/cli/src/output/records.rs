//! Streams of records in any format.

use std::borrow::Cow;
use std::io;

use serde::Serialize;
use serde_json::Value;

use crate::output::format::OutputFormat;
use crate::output::formula::without_formula;
use crate::output::json::json_text;
use crate::output::stream::Output;
use crate::output::table::{Align, TextTable};
use crate::output::terminal_safety::one_line;

/// How many rows are laid out together: this bounds the memory of a table, and the wait for the first rows.
const ROWS_PER_TABLE: usize = 1000;

/// A row of a list.
pub trait ListRow: Serialize {
    /// Column titles for people, with their alignment.
    const COLUMNS: &'static [(&'static str, Align)];
    /// Column names in CSV; stable.
    const CSV_COLUMNS: &'static [&'static str];

    /// The cells for people, under `COLUMNS`; an empty one is shown as `-`.
    fn cells(&self) -> Vec<String>;

    /// The values for programs, under `CSV_COLUMNS`; an empty one means "none".
    fn csv(&self) -> Vec<String>;
}

/// Writes records of one kind to standard output, one by one.
pub struct RowWriter<'a, R: ListRow> {
    output: &'a Output,
    form: OutputForm,
    written: u64,
    kind: std::marker::PhantomData<fn(&R)>,
}

enum OutputForm {
    Table(Box<TextTable>, usize),
    Ndjson,
    Json,
    Csv { is_raw: bool },
}

impl Output {
    /// Starts a list of records on standard output.
    pub fn records<R: ListRow>(&self, format: OutputFormat) -> RowWriter<'_, R> {
        RowWriter::new(self, format)
    }
}

impl<'a, R: ListRow> RowWriter<'a, R> {
    pub(super) fn new(output: &'a Output, format: OutputFormat) -> Self {
        let form = match format {
            OutputFormat::Table => OutputForm::Table(Box::new(output.table(R::COLUMNS)), 0),
            OutputFormat::Ndjson => OutputForm::Ndjson,
            OutputFormat::Json => OutputForm::Json,
            OutputFormat::Csv => OutputForm::Csv { is_raw: false },
            OutputFormat::CsvRaw => OutputForm::Csv { is_raw: true },
        };
        Self {
            output,
            form,
            written: 0,
            kind: std::marker::PhantomData,
        }
    }

    /// Writes one record.
    ///
    /// # Errors
    ///
    /// If standard output cannot be written.
    pub fn write(&mut self, record: &R) -> io::Result<()> {
        let is_first = self.written == 0;
        self.written += 1;
        match &mut self.form {
            OutputForm::Table(table, rows) => {
                table.row(record.cells());
                *rows += 1;
                if *rows == ROWS_PER_TABLE {
                    self.output.text(&table.render())?;
                    **table = self.output.table(R::COLUMNS);
                    *rows = 0;
                }
                Ok(())
            }
            OutputForm::Ndjson => self.output.text(&format!("{}\n", json_text(record)?)),
            OutputForm::Json => {
                let before = if is_first { "[\n" } else { ",\n" };
                self.output.text(&format!("{before}{}", json_text(record)?))
            }
            OutputForm::Csv { is_raw } => {
                if is_first {
                    self.output.text(&csv_line(R::CSV_COLUMNS)?)?;
                }
                let mut cells = record.csv();
                for cell in &mut cells {
                    if !*is_raw {
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

    /// Prints what has been written of a list that fails: JSON stays without its end, so that no reader takes it for whole.
    ///
    /// # Errors
    ///
    /// If standard output cannot be written.
    pub fn break_off(self) -> io::Result<()> {
        if let OutputForm::Table(table, _) = &self.form
            && !table.is_empty()
        {
            self.output.text(&table.render())?;
        }
        self.output.flush()
    }

    /// Ends the list and returns the number of records.
    ///
    /// # Errors
    ///
    /// If standard output cannot be written.
    pub fn finish(self) -> io::Result<u64> {
        match self.form {
            OutputForm::Table(table, _) if table.is_empty() => {}
            OutputForm::Table(table, _) => self.output.text(&table.render())?,
            OutputForm::Ndjson => {}
            OutputForm::Json if self.written == 0 => self.output.text("[]\n")?,
            OutputForm::Json => self.output.text("\n]\n")?,
            OutputForm::Csv { .. } if self.written == 0 => {
                self.output.text(&csv_line(R::CSV_COLUMNS)?)?
            }
            OutputForm::Csv { .. } => {}
        }
        self.output.flush()?;
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
