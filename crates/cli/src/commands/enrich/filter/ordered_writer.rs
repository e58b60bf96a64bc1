//! Writes rendered blocks, in order.

use std::sync::Arc;

use ipcascade_core::policy::Policy;
use ipcascade_input::{InputFormat, RecordForm};

use crate::commands::enrich::filter::columns::OutputColumns;
use crate::commands::enrich::filter::formats::Formats;
use crate::commands::enrich::filter::json_table::JsonTable;
use crate::commands::enrich::filter::render;
use crate::commands::enrich::filter::rendered_block::{Rendered, RenderedBlock};
use crate::commands::enrich::filter::style::Style;
use crate::commands::enrich::filter::table_form::TableForm;
use crate::output::{ListTable, Output, OutputFormat};
use crate::report::CliError;

/// How many rows of a table for people are laid out together.
const TABLE_ROWS: usize = 4096;

/// Writes finished blocks, in order.
pub(super) struct OrderedWriter<'a> {
    output: &'a Output,
    formats: Formats,
    policy: &'a Policy,
    style: &'a Style,
    /// The input that is being written.
    form: Option<Arc<RecordForm>>,
    /// The table for people, once it has begun, and the rows that it does not have yet.
    table: Option<ListTable>,
    rows: Vec<Vec<String>>,
    /// The header of the table that is being written.
    header: Option<Vec<u8>>,
    /// Whether the JSON list has begun.
    has_begun: bool,
}

impl<'a> OrderedWriter<'a> {
    pub(super) const fn new(
        output: &'a Output,
        formats: Formats,
        policy: &'a Policy,
        style: &'a Style,
    ) -> Self {
        Self {
            output,
            formats,
            policy,
            style,
            form: None,
            table: None,
            rows: Vec::new(),
            header: None,
            has_begun: false,
        }
    }

    pub(super) fn write(&mut self, done: RenderedBlock) -> Result<(), CliError> {
        let form = &done.form;
        if !self.form.as_ref().is_some_and(|of| Arc::ptr_eq(of, form)) {
            self.form = Some(Arc::clone(form));
            if self.formats.of(form).is_csv() {
                self.write_table()?;
                self.write_csv_header(form)?;
            }
        }
        match done.rendered {
            Rendered::Lines(lines) if self.formats.asked == Some(OutputFormat::Json) => {
                self.put_elements(&lines)?;
            }
            Rendered::Lines(lines) => {
                // Of an input before that is shown as a table.
                self.write_table()?;
                self.put(&lines)?;
            }
            Rendered::Rows(rows) => {
                for row in rows {
                    self.rows.push(row);
                    if self.rows.len() >= TABLE_ROWS {
                        self.write_table()?;
                    }
                }
            }
        }
        Ok(self.output.flush()?)
    }

    /// Writes the header, for tables that have one, or lists of addresses, which get one. Once for all inputs that have
    /// the same.
    fn write_csv_header(&mut self, form: &RecordForm) -> Result<(), CliError> {
        let renderer = self.style.renderer(self.policy, form);
        let table = match form.format() {
            InputFormat::Csv => Some(TableForm::of(form)),
            _ => {
                let table = JsonTable::of(form, renderer.are_cells_raw);
                table.as_ref().map(JsonTable::table_form)
            }
        };
        let header = match table {
            Some(table) => OutputColumns::of(table, &renderer.cell_names()).head,
            None => renderer.csv_header(),
        };
        if self.header.as_ref() == Some(&header) {
            return Ok(());
        }
        if self.header.is_some() {
            self.output.warning(&format!(
                "the columns of {} are others than those before: its header is written again",
                form.input()
            ));
        }
        if form.has_byte_order_mark() && self.header.is_none() {
            self.put("\u{feff}".as_bytes())?;
        }
        self.put(&header)?;
        self.header = Some(header);
        Ok(())
    }

    pub(super) fn write_table(&mut self) -> Result<(), CliError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let rows = std::mem::take(&mut self.rows);
        let table = self.table.get_or_insert_with(|| render::table(self.output));
        Ok(self.output.text(&table.block(&rows))?)
    }

    /// Writes lines; on a terminal, dangerous characters are escaped. (A CSV record of several lines stays that.)
    fn put(&self, lines: &[u8]) -> std::io::Result<()> {
        if self.output.is_terminal() {
            let lines = String::from_utf8_lossy(lines);
            return lines.lines().try_for_each(|line| self.output.line(line));
        }
        self.output.bytes(lines)
    }

    /// Writes lines as the elements of a list.
    fn put_elements(&mut self, lines: &[u8]) -> std::io::Result<()> {
        let mut elements = Vec::with_capacity(lines.len() + 2);
        for line in lines
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty())
        {
            let between: &[u8] = if self.has_begun { b",\n" } else { b"[\n" };
            self.has_begun = true;
            elements.extend_from_slice(between);
            elements.extend_from_slice(line);
        }
        self.put(&elements)
    }

    pub(super) fn finish(mut self) -> Result<(), CliError> {
        self.write_table()?;
        if self.formats.asked == Some(OutputFormat::Json) {
            self.put(if self.has_begun { b"\n]\n" } else { b"[]\n" })?;
        }
        self.output.flush()?;
        if let Some(table) = &self.table {
            self.output.columns_left_out(table);
        }
        Ok(())
    }
}
