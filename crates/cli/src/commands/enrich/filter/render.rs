//! Records with what was found of their addresses, in the form of the output.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::LazyLock;

use ipcascade_core::{Address, Cascade, Field};
use memchr::memmem::Finder;
use serde_json::{Map, Value};

use super::template::{Pieces, Slot, Template};
use super::views::View;
use crate::output::{Align, Output, TextTable, csv_cell};

/// Where NDJSON records get what was found.
const KEY: &str = "enrichment";

/// Finds that key where it may stand already.
static QUOTED_KEY: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"enrichment\""));

/// The fields that the providers of `cascade` can give, in order.
pub(super) fn columns(cascade: &Cascade) -> Vec<Field> {
    let mut columns: Vec<Field> = Vec::new();
    for step in cascade.steps() {
        for &field in &step.provider.capabilities().fields {
            if !columns.contains(&field) {
                columns.push(field);
            }
        }
    }
    columns
}

/// The view of a template as members of a JSON object.
pub(super) fn members(template: &Template) -> Pieces {
    let mut pieces = Pieces::default();
    for (field, slot, _) in template.fields() {
        member(pieces.text(), field.name());
        match slot {
            Slot::Value(value) => push(pieces.text(), value),
            Slot::Prefix => {
                pieces.text().push('"');
                pieces.leave_hole();
                pieces.text().push('"');
            }
        }
    }
    if let Some(special) = template.special {
        member(pieces.text(), "is_bogon");
        pieces.text().push_str("true");
        member(pieces.text(), "bogon_reason");
        push(pieces.text(), &Value::from(special.reason));
    }
    if !template.fields().is_empty() {
        let sources = template.fields().iter();
        let sources: Map<String, Value> = sources
            .map(|(field, _, source)| (field.name().to_owned(), source.as_str().into()))
            .collect();
        member(pieces.text(), "sources");
        push(pieces.text(), &Value::from(sources));
    }
    pieces
}

/// Begins a member after those that are there.
fn member(text: &mut String, name: &str) {
    if !text.is_empty() {
        text.push(',');
    }
    push(text, &Value::from(name));
    text.push(':');
}

/// Appends `what`.
fn push(text: &mut String, what: &impl std::fmt::Display) {
    // Writing to a text does not fail.
    write!(text, "{what}").unwrap_or_default();
}

fn push_members(out: &mut String, view: &View) {
    let members = view.template.members();
    members.write(out, |out| push_prefix(out, view));
}

fn push_prefix(out: &mut String, view: &View) {
    if let Some(prefix) = view.prefix {
        push(out, &prefix);
    }
}

/// Appends an NDJSON record with its views added under `enrichment`: the view itself for one address, a view
/// by address for several. All else of the record stays byte for byte, unless it has that key
/// already or is no object.
pub(super) fn ndjson_record(out: &mut String, original: &[u8], views: &[&View]) {
    let text = String::from_utf8_lossy(original);
    let trimmed = text.trim_end();
    let body = trimmed.strip_suffix('}').map(str::trim_end);
    match body {
        Some(body) if QUOTED_KEY.find(trimmed.as_bytes()).is_none() => {
            out.push_str(body);
            if !body.ends_with('{') {
                out.push(',');
            }
            out.push_str("\"enrichment\":");
            push_found(out, views);
            out.push('}');
        }
        _ => match serde_json::from_str::<Map<String, Value>>(trimmed) {
            Ok(mut record) => {
                let mut found = String::new();
                push_found(&mut found, views);
                let found = serde_json::from_str(&found).unwrap_or_default();
                record.insert(KEY.to_owned(), found);
                push(out, &Value::from(record));
            }
            Err(_) => out.push_str(trimmed),
        },
    }
    out.push('\n');
}

fn push_found(out: &mut String, views: &[&View]) {
    out.push('{');
    match views {
        [view] => push_members(out, view),
        _ => {
            let mut known: Vec<Address> = Vec::new();
            for view in views {
                if known.contains(&view.address) {
                    continue;
                }
                if !known.is_empty() {
                    out.push(',');
                }
                known.push(view.address);
                out.push('"');
                push(out, &view.address);
                out.push_str("\":{");
                push_members(out, view);
                out.push('}');
            }
        }
    }
    out.push('}');
}

/// Appends an NDJSON line for an address by itself.
pub(super) fn ndjson_address(out: &mut String, view: &View) {
    out.push_str("{\"ip\":\"");
    push(out, &view.address);
    out.push('"');
    if !view.template.members().is_empty() {
        out.push(',');
        push_members(out, view);
    }
    out.push_str("}\n");
}

/// A cell as a part of a CSV line.
fn quoted(cell: &str, delimiter: u8) -> Cow<'_, str> {
    if cell.contains([char::from(delimiter), '"', '\n', '\r']) {
        Cow::Owned(format!("\"{}\"", cell.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(cell)
    }
}

/// The columns that CSV gets.
pub(super) struct Columns<'a> {
    pub(super) fields: &'a [Field],
    pub(super) delimiter: u8,
}

impl Columns<'_> {
    /// The header of a CSV file with the added columns.
    pub(super) fn header(&self, original: Option<&[u8]>) -> String {
        let before = original.map_or(Cow::Borrowed("ip"), String::from_utf8_lossy);
        let mut header = before.into_owned();
        for name in self
            .fields
            .iter()
            .map(|field| field.name())
            .chain(["is_bogon"])
        {
            header.push(self.delimiter.into());
            header.push_str(&quoted(name, self.delimiter));
        }
        header.push('\n');
        header
    }

    /// Appends a CSV record with the added columns; those of the first address, if there are several.
    pub(super) fn record(&self, out: &mut String, original: &[u8], view: Option<&View>) {
        out.push_str(&String::from_utf8_lossy(original));
        match view {
            Some(view) => self.push_cells(out, view),
            None => {
                for _ in 0..=self.fields.len() {
                    out.push(self.delimiter.into());
                }
            }
        }
        out.push('\n');
    }

    /// Appends a CSV line for an address by itself.
    pub(super) fn address(&self, out: &mut String, view: &View) {
        push(out, &view.address);
        self.push_cells(out, view);
        out.push('\n');
    }

    fn push_cells(&self, out: &mut String, view: &View) {
        let fill = |out: &mut String| {
            let prefix = view.prefix.map(|prefix| prefix.to_string());
            out.push_str(&quoted(&prefix.unwrap_or_default(), self.delimiter));
        };
        match view
            .template
            .cells(self.delimiter, || self.cells(&view.template))
        {
            Some(cells) => cells.write(out, fill),
            None => self.cells(&view.template).write(out, fill),
        }
    }

    /// The cells of the columns and whether the address is special, each after a delimiter.
    fn cells(&self, template: &Template) -> Pieces {
        let mut pieces = Pieces::default();
        for field in self.fields {
            pieces.text().push(self.delimiter.into());
            match template.get(*field) {
                Some(Slot::Value(value)) => {
                    let cell = csv_cell(value);
                    pieces.text().push_str(&quoted(&cell, self.delimiter));
                }
                Some(Slot::Prefix) => pieces.leave_hole(),
                None => {}
            }
        }
        pieces.text().push(self.delimiter.into());
        push(pieces.text(), &template.special.is_some());
        pieces
    }
}

/// The fields that a table for people shows.
const TABLE: [(&str, Field); 6] = [
    ("ASN", Field::ASN),
    ("ORGANISATION", Field::ASN_ORG),
    ("COUNTRY", Field::COUNTRY),
    ("CITY", Field::CITY),
    ("PREFIX", Field::PREFIX),
    ("CLASS", Field::CLASSIFICATION),
];

/// An empty table for people.
pub(super) fn table(output: &Output) -> TextTable {
    let mut columns = vec![("ADDRESS", Align::Left)];
    columns.extend(TABLE.iter().map(|(title, _)| (*title, Align::Left)));
    output.table(&columns)
}

/// An address as a row of a table for people.
pub(super) fn table_row(view: &View) -> Vec<String> {
    let mut cells = vec![view.address.to_string()];
    for (_, field) in TABLE {
        cells.push(match (field, view.template.special) {
            (Field::CLASSIFICATION, Some(special)) => special.reason.to_owned(),
            _ => match view.template.get(field) {
                Some(Slot::Value(value)) => csv_cell(value),
                Some(Slot::Prefix) => view.prefix.map(|p| p.to_string()).unwrap_or_default(),
                None => String::new(),
            },
        });
    }
    cells
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ipcascade_core::ProviderName;

    use super::*;

    fn view() -> View {
        let source = ProviderName::new("geo");
        let name = Value::from("Quote \" & comma, Inc.");
        View {
            address: "198.41.0.4".parse().unwrap(),
            template: Arc::new(Template::of(vec![
                (Field::ASN, Slot::Value(64500.into()), source),
                (Field::ASN_ORG, Slot::Value(name), source),
                (Field::PREFIX, Slot::Prefix, source),
            ])),
            prefix: "198.41.0.0/24".parse().ok(),
        }
    }

    fn written(write: impl Fn(&mut String)) -> String {
        let mut line = String::new();
        write(&mut line);
        line
    }

    #[test]
    fn a_json_record_keeps_its_bytes_and_gains_a_key() {
        let of = |original: &[u8]| written(|out| ndjson_record(out, original, &[&view()]));
        assert_eq!(
            of(br#"{"z":1.0, "src_ip":"198.41.0.4"} "#),
            r#"{"z":1.0, "src_ip":"198.41.0.4","enrichment":{"asn":64500,"asn_org":"Quote \" & comma, Inc.","prefix":"198.41.0.0/24","sources":{"asn":"geo","asn_org":"geo","prefix":"geo"}}}"#
                .to_owned()
                + "\n"
        );
        assert!(of(b"{}").starts_with(r#"{"enrichment":{"#));
        assert_eq!(of(b"{nonsense"), "{nonsense\n");
    }

    #[test]
    fn a_key_that_is_there_is_replaced_and_not_doubled() {
        let line =
            written(|out| ndjson_record(out, br#"{"enrichment":1,"a":2}"#, &[&view(), &view()]));
        assert_eq!(line.matches("\"enrichment\"").count(), 1, "{line}");
        let record: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(record["enrichment"]["198.41.0.4"]["asn"], 64500);
        assert_eq!(line.matches("198.41.0.4").count(), 1, "{line}");
    }

    #[test]
    fn csv_cells_are_quoted_where_they_must_be() {
        let columns = |delimiter| Columns {
            fields: &[Field::ASN, Field::ASN_ORG, Field::PREFIX],
            delimiter,
        };
        // One view for several delimiters.
        let view = view();
        for (delimiter, expected) in [
            (
                b';',
                "a;64500;\"Quote \"\" & comma, Inc.\";198.41.0.0/24;false\n",
            ),
            (
                b'.',
                "a.64500.\"Quote \"\" & comma, Inc.\".\"198.41.0.0/24\".false\n",
            ),
            (
                b';',
                "a;64500;\"Quote \"\" & comma, Inc.\";198.41.0.0/24;false\n",
            ),
        ] {
            let line = written(|out| columns(delimiter).record(out, b"a", Some(&view)));
            assert_eq!(line, expected);
        }
        assert_eq!(
            written(|out| columns(b',').record(out, b"a", None)),
            "a,,,,\n"
        );
        assert_eq!(
            columns(b',').header(None),
            "ip,asn,asn_org,prefix,is_bogon\n"
        );
    }
}
