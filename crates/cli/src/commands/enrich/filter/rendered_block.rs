//! Renders the records of a block.

use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};

use ipcascade_core::policy::Policy;
use ipcascade_input::{Cells, InputFormat, Problem, RecordForm, Tally, object_in};

use crate::commands::enrich::filter::columns::OutputColumns;
use crate::commands::enrich::filter::formats::Formats;
use crate::commands::enrich::filter::json_table::JsonTable;
use crate::commands::enrich::filter::look_ups::ViewsFrom;
use crate::commands::enrich::filter::parsed_records::ParsedRecords;
use crate::commands::enrich::filter::render::Group;
use crate::commands::enrich::filter::style::Style;
use crate::commands::enrich::filter::table_form::TableForm;
use crate::commands::enrich::filter::template::View;
use crate::output::OutputFormat;

/// Rendered records.
pub(super) struct RenderedBlock {
    pub(super) form: Arc<RecordForm>,
    pub(super) rendered: Rendered,
    pub(super) unwritten: Unwritten,
    /// Lines that are not records, and not in the output.
    pub(super) dropped: u64,
    pub(super) tally: Tally,
    pub(super) problems: Vec<Problem>,
    /// Whether the run was interrupted before all of them had been looked up: they end with the last one that was.
    pub(super) is_cut: bool,
}

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

/// The output.
pub(super) enum Rendered {
    /// Whole lines.
    Lines(Vec<u8>),
    /// Rows of a table.
    Rows(Vec<Vec<String>>),
}

pub(super) fn render(
    parsed: &ParsedRecords,
    views: ViewsFrom<'_>,
    form: &RecordForm,
    formats: Formats,
    (style, policy): (&Style, &Policy),
) -> (Rendered, Unwritten) {
    let format = formats.of(form);
    let to = style.renderer(policy, form);
    let is_json = matches!(form.format(), InputFormat::Ndjson | InputFormat::Cowrie);
    let is_csv = form.format() == InputFormat::Csv;
    if format == OutputFormat::Table {
        let all = (0..parsed.addresses.len()).filter_map(|index| views.get(index));
        let rows = all.map(|view| to.table_row(view));
        return (Rendered::Rows(rows.collect()), Unwritten::default());
    }
    let bytes = style.bytes_per_address.load(Ordering::Relaxed);
    let mut lines = Vec::with_capacity(bytes * parsed.addresses.len());
    let names = form.address_names();
    let columns = OnceLock::new();
    let json_table = JsonTable::of(form, to.are_cells_raw).filter(|_| format.is_csv());
    let columns = || {
        columns.get_or_init(|| {
            let table = json_table.as_ref().map(JsonTable::table_form);
            OutputColumns::of(
                table.unwrap_or_else(|| TableForm::of(form)),
                &to.cell_names(),
            )
        })
    };
    let mut cells = None;
    let (mut next, mut unwritten) = (0, Unwritten::default());
    let mut of_record: Vec<&View> = Vec::new();
    for &record in &parsed.records {
        let places = next..next + record.addresses;
        next = places.end;
        of_record.clear();
        of_record.extend(places.clone().filter_map(|place| views.get(place)));
        let fields = parsed.fields.get(places).unwrap_or_default();
        let (names, fields): (&[&str], &[usize]) = match names.len() {
            0 | 1 => (&[], &[]),
            _ => (&names, fields),
        };
        let group = Group {
            views: &of_record,
            names,
            fields,
        };
        match format {
            OutputFormat::Ndjson | OutputFormat::Json if is_json => {
                let original = json_of(parsed.original(record), formats);
                unwritten.records += u64::from(to.ndjson_record(&mut lines, original, &group));
            }
            OutputFormat::Ndjson | OutputFormat::Json if is_csv && record.cells.is_some() => {
                let cells = cells.get_or_insert_with(|| Cells::new(to.delimiter));
                let object = columns().object(cells, parsed.original(record));
                unwritten.records += u64::from(to.ndjson_record(&mut lines, &object, &group));
            }
            OutputFormat::Ndjson | OutputFormat::Json if is_csv => {}
            OutputFormat::Csv | OutputFormat::CsvRaw if is_csv => {
                let original = parsed.original(record);
                match record.cells {
                    Some(cells) => {
                        unwritten.addresses +=
                            to.csv_record(&mut lines, original, cells, columns(), &group);
                    }
                    None => lines.extend_from_slice(original),
                }
                lines.extend_from_slice(parsed.line_end(record));
            }
            OutputFormat::Csv | OutputFormat::CsvRaw => match &json_table {
                Some(table) => {
                    let row = table.row(parsed.original(record));
                    unwritten.addresses +=
                        to.csv_record(&mut lines, &row, table.width(), columns(), &group);
                    lines.push(b'\n');
                }
                None => of_record
                    .iter()
                    .for_each(|view| to.csv_address(&mut lines, view)),
            },
            _ => of_record
                .iter()
                .for_each(|view| to.ndjson_address(&mut lines, view)),
        }
    }
    if let Some(bytes) = (lines.len() * 9 / 8).checked_div(parsed.addresses.len()) {
        style.bytes_per_address.store(bytes, Ordering::Relaxed);
    }
    (Rendered::Lines(lines), unwritten)
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
