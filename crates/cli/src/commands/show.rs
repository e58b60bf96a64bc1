//! Common parts of the `show` commands.

use std::io;

use clap::builder::{PossibleValuesParser, TypedValueParser};

use crate::output::{Align, ListColumns, Output, OutputFormat};

/// The formats for a single object.
pub(crate) fn format() -> impl TypedValueParser<Value = OutputFormat> {
    PossibleValuesParser::new(["table", "json", "ndjson"]).map(|name| match name.as_str() {
        "json" => OutputFormat::Json,
        "ndjson" => OutputFormat::Ndjson,
        _ => OutputFormat::Table,
    })
}

/// Names and values, in pairs; those without a value are left out.
#[derive(Debug, Default)]
pub(crate) struct NameValues(Vec<[String; 3]>);

impl NameValues {
    /// Adds a fact.
    pub(crate) fn add(&mut self, name: &str, value: impl Into<String>) {
        self.add_from(name, value, "");
    }

    /// Adds a fact if there is one.
    pub(crate) fn add_some(&mut self, name: &str, value: Option<impl Into<String>>) {
        if let Some(value) = value {
            self.add(name, value);
        }
    }

    /// Adds a fact with a remark, such as where it comes from.
    pub(crate) fn add_from(&mut self, name: &str, value: impl Into<String>, remark: &str) {
        self.0
            .push([name.to_owned(), value.into(), remark.to_owned()]);
    }

    /// Adds the facts of `more`.
    pub(crate) fn append(&mut self, more: Self) {
        self.0.extend(more.0);
    }

    /// Writes them to standard output.
    pub(crate) fn write(&self, output: &Output) -> io::Result<()> {
        let widest = |index: usize| {
            let widths = self
                .0
                .iter()
                .filter(|fact| !fact[2].is_empty() || index == 0);
            widths
                .map(|fact| fact[index].chars().count())
                .max()
                .unwrap_or(0)
        };
        let (names, values) = (widest(0), widest(1));
        for [name, value, remark] in &self.0 {
            let line = if remark.is_empty() {
                format!("  {name:names$}  {value}")
            } else {
                format!("  {name:names$}  {value:values$}  {remark}")
            };
            output.line(line.trim_end())?;
        }
        Ok(())
    }
}

/// Writes a list with a heading to standard output; in a narrow terminal the last columns are left out.
pub(crate) fn section(
    output: &Output,
    heading: &str,
    columns: &[(&'static str, Align)],
    rows: impl IntoIterator<Item = Vec<String>>,
) -> io::Result<()> {
    let by_importance = (0..columns.len()).collect();
    section_by(output, heading, columns, by_importance, rows)
}

/// The same; the last of the positions in `by_importance` are left out first.
pub(crate) fn section_by(
    output: &Output,
    heading: &str,
    columns: &[(&'static str, Align)],
    by_importance: Vec<usize>,
    rows: impl IntoIterator<Item = Vec<String>>,
) -> io::Result<()> {
    let titles = columns
        .iter()
        .map(|(title, align)| ((*title).to_owned(), *align));
    let mut table = output.list_table(ListColumns {
        titles: titles.collect(),
        by_importance,
        names: columns.iter().map(|(title, _)| *title).collect(),
    });
    let rows: Vec<Vec<String>> = rows.into_iter().collect();
    output.text("\n")?;
    output.heading(heading)?;
    output.text(&table.block(&rows))?;
    output.columns_left_out(&table);
    Ok(())
}
