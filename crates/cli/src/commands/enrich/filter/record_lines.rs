//! The lines that records become, in a format.

use std::cell::OnceCell;

use ipcascade_input::{Cells, InputFormat, RecordForm, object_in};

use crate::commands::enrich::filter::columns::OutputColumns;
use crate::commands::enrich::filter::formats::Formats;
use crate::commands::enrich::filter::json_table::JsonTable;
use crate::commands::enrich::filter::parsed_records::{ParsedRecords, Passing};
use crate::commands::enrich::filter::render::{Group, Renderer};
use crate::commands::enrich::filter::table_form::TableForm;
use crate::output::OutputFormat;

/// What was looked up and is not in the output.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Unwritten {
    /// Records that had the key already and were left unchanged.
    pub(super) records: u64,
    /// Addresses that are not the first one of their column.
    pub(super) addresses: u64,
}

impl Unwritten {
    /// Adds that of other records.
    pub(super) const fn add(&mut self, other: Self) {
        self.records += other.records;
        self.addresses += other.addresses;
    }
}

/// Writes records of one input as lines.
pub(super) struct RecordLines<'r> {
    to: &'r Renderer<'r>,
    form: &'r RecordForm,
    formats: Formats,
    /// The table that JSON records become.
    json_table: Option<JsonTable<'r>>,
    columns: OnceCell<OutputColumns>,
    cells: Option<Cells>,
    pub(super) lines: Vec<u8>,
    pub(super) unwritten: Unwritten,
}

impl<'r> RecordLines<'r> {
    /// No lines yet, with room for `bytes`.
    pub(super) fn new(
        to: &'r Renderer<'r>,
        form: &'r RecordForm,
        formats: Formats,
        bytes: usize,
    ) -> Self {
        let is_csv = formats.of(form).is_csv();
        let json_table = is_csv.then(|| JsonTable::of(form, to.are_cells_raw));
        Self {
            to,
            form,
            formats,
            json_table: json_table.flatten(),
            columns: OnceCell::new(),
            cells: None,
            lines: Vec::with_capacity(bytes),
            unwritten: Unwritten::default(),
        }
    }

    /// Adds a record.
    pub(super) fn push(&mut self, parsed: &ParsedRecords, record: Passing, group: &Group<'_>) {
        let original = parsed.original(record);
        match (self.formats.of(self.form), self.form.format()) {
            (
                OutputFormat::Ndjson | OutputFormat::Json,
                InputFormat::Ndjson | InputFormat::Cowrie,
            ) => {
                let original = json_of(original, self.formats);
                let was_left = self.to.ndjson_record(&mut self.lines, original, group);
                self.unwritten.records += u64::from(was_left);
            }
            (OutputFormat::Ndjson | OutputFormat::Json, InputFormat::Csv) => {
                if record.cells.is_some() {
                    self.push_row_as_object(original, group);
                }
            }
            (OutputFormat::Csv | OutputFormat::CsvRaw, InputFormat::Csv) => {
                match record.cells {
                    Some(cells) => self.push_row(original, cells, group),
                    None => self.lines.extend_from_slice(original),
                }
                self.lines.extend_from_slice(parsed.line_end(record));
            }
            (OutputFormat::Csv | OutputFormat::CsvRaw, _) => match &self.json_table {
                Some(table) => {
                    let (row, width) = (table.row(original), table.width());
                    self.push_row(&row, width, group);
                    self.lines.push(b'\n');
                }
                None => {
                    for view in group.views {
                        self.to.csv_address(&mut self.lines, view);
                    }
                }
            },
            _ => {
                for view in group.views {
                    self.to.ndjson_address(&mut self.lines, view);
                }
            }
        }
    }

    fn push_row(&mut self, row: &[u8], cells: usize, group: &Group<'_>) {
        let columns = columns(&self.columns, self.json_table.as_ref(), self.form, self.to);
        let others = self
            .to
            .csv_record(&mut self.lines, row, cells, columns, group);
        self.unwritten.addresses += others;
    }

    fn push_row_as_object(&mut self, row: &[u8], group: &Group<'_>) {
        let delimiter = self.to.delimiter;
        let columns = columns(&self.columns, self.json_table.as_ref(), self.form, self.to);
        let cells = self.cells.get_or_insert_with(|| Cells::new(delimiter));
        let object = columns.object(cells, row);
        let was_left = self.to.ndjson_record(&mut self.lines, &object, group);
        self.unwritten.records += u64::from(was_left);
    }
}

/// The columns, made when the first row needs them.
fn columns<'c>(
    made: &'c OnceCell<OutputColumns>,
    json_table: Option<&JsonTable<'_>>,
    form: &RecordForm,
    to: &Renderer<'_>,
) -> &'c OutputColumns {
    made.get_or_init(|| {
        let table = json_table.map_or_else(|| TableForm::of(form), JsonTable::table_form);
        OutputColumns::of(table, &to.cell_names())
    })
}

/// The JSON of a record: the whole line, or only the object if the format is asked for explicitly.
fn json_of(original: &[u8], formats: Formats) -> &[u8] {
    // rsyslog's escape of a line end.
    let original = original.strip_suffix(b"#012").unwrap_or(original);
    match formats.asked {
        Some(_) => object_in(original).unwrap_or(original),
        None => original,
    }
}
