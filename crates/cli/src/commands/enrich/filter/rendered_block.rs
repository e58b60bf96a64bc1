//! Renders the records of a block.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use ipcascade_core::policy::Policy;
use ipcascade_input::{Problem, RecordForm, Tally};

use crate::commands::enrich::filter::formats::Formats;
use crate::commands::enrich::filter::look_ups::ViewsFrom;
use crate::commands::enrich::filter::parsed_records::ParsedRecords;
use crate::commands::enrich::filter::record_lines::{RecordLines, Unwritten};
use crate::commands::enrich::filter::render::Group;
use crate::commands::enrich::filter::style::Style;
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
    let to = style.renderer(policy, form);
    if formats.of(form) == OutputFormat::Table {
        let all = (0..parsed.addresses.len()).filter_map(|index| views.get(index));
        let rows = all.map(|view| to.table_row(view));
        return (Rendered::Rows(rows.collect()), Unwritten::default());
    }
    let bytes = style.bytes_per_address.load(Ordering::Relaxed) * parsed.addresses.len();
    let mut written = RecordLines::new(&to, form, formats, bytes);
    let names = form.address_names();
    let mut next = 0;
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
        written.push(parsed, record, &group);
    }
    let RecordLines {
        lines, unwritten, ..
    } = written;
    if let Some(bytes) = (lines.len() * 9 / 8).checked_div(parsed.addresses.len()) {
        style.bytes_per_address.store(bytes, Ordering::Relaxed);
    }
    (Rendered::Lines(lines), unwritten)
}
