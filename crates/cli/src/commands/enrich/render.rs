//! Records with what was found of their addresses, in the form of the output.

use std::borrow::Cow;

use ipcascade_core::{Address, Cascade, Field, Policy, ProviderName, Resolution, SpecialPurpose};
use serde_json::{Map, Value};

use crate::output::{Align, Format, Output, TextTable, csv_cell};

/// Where NDJSON records get what was found.
const KEY: &str = "enrichment";

/// What was found of one address: the merged view.
#[derive(Debug)]
pub(super) struct View {
    address: Address,
    fields: Vec<(Field, Value, ProviderName)>,
    special: Option<&'static SpecialPurpose>,
}

impl View {
    pub(super) fn new(resolution: &Resolution, policy: &Policy) -> Self {
        let address = resolution.update.address;
        let view = policy.merged_view(address, &resolution.document);
        Self {
            address,
            fields: view
                .into_iter()
                .map(|(f, m)| (f, m.value.clone(), m.source))
                .collect(),
            special: resolution.update.special_purpose,
        }
    }

    pub(super) const fn address(&self) -> Address {
        self.address
    }

    fn get(&self, field: Field) -> Option<&Value> {
        self.fields
            .iter()
            .find(|(name, ..)| *name == field)
            .map(|(_, value, _)| value)
    }

    fn json(&self) -> Map<String, Value> {
        let mut view = Map::new();
        for (field, value, _) in &self.fields {
            view.insert(field.name().to_owned(), value.clone());
        }
        if let Some(special) = self.special {
            view.insert("is_bogon".to_owned(), true.into());
            view.insert("bogon_reason".to_owned(), special.reason.into());
        }
        let sources: Map<String, Value> = self
            .fields
            .iter()
            .map(|(field, _, source)| (field.name().to_owned(), source.as_str().into()))
            .collect();
        if !sources.is_empty() {
            view.insert("sources".to_owned(), sources.into());
        }
        view
    }

    fn json_with_address(&self) -> Map<String, Value> {
        let mut line = Map::from_iter([("ip".to_owned(), self.address.to_string().into())]);
        line.extend(self.json());
        line
    }

    /// The cells of `columns` and whether the address is special.
    fn cells(&self, columns: &[Field]) -> Vec<String> {
        let cell = |field: &Field| self.get(*field).map(csv_cell).unwrap_or_default();
        let mut cells: Vec<String> = columns.iter().map(cell).collect();
        cells.push(self.special.is_some().to_string());
        cells
    }
}

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

/// An NDJSON record with its views added under `enrichment`: the view itself for one address, a view
/// by address for several. All else of the record stays byte for byte, unless it has that key
/// already or is no object.
pub(super) fn ndjson_record(original: &[u8], views: &[&View]) -> String {
    let found: Value = match views {
        [view] => view.json().into(),
        _ => views
            .iter()
            .map(|view| (view.address.to_string(), Value::from(view.json())))
            .collect::<Map<_, _>>()
            .into(),
    };
    let text = String::from_utf8_lossy(original);
    let trimmed = text.trim_end();
    let body = trimmed.strip_suffix('}').map(str::trim_end);
    match body {
        Some(body) if !trimmed.contains(&format!("\"{KEY}\"")) => {
            let comma = if body.ends_with('{') { "" } else { "," };
            format!("{body}{comma}\"{KEY}\":{found}}}\n")
        }
        _ => match serde_json::from_str::<Map<String, Value>>(trimmed) {
            Ok(mut record) => {
                record.insert(KEY.to_owned(), found);
                format!("{}\n", Value::from(record))
            }
            Err(_) => format!("{trimmed}\n"),
        },
    }
}

/// An NDJSON line for an address by itself.
pub(super) fn ndjson_address(view: &View) -> String {
    format!("{}\n", Value::from(view.json_with_address()))
}

/// Cells as a part of a CSV line.
fn csv_cells(cells: &[String], delimiter: u8) -> String {
    let delimiter = char::from(delimiter);
    let quoted = cells.iter().map(|cell| {
        let needs_quotes = cell.contains([delimiter, '"', '\n', '\r']);
        if needs_quotes {
            Cow::Owned(format!("\"{}\"", cell.replace('"', "\"\"")))
        } else {
            Cow::Borrowed(cell.as_str())
        }
    });
    quoted.collect::<Vec<_>>().join(&delimiter.to_string())
}

/// The names of the columns that CSV gets.
fn csv_names(columns: &[Field]) -> Vec<String> {
    let names = columns.iter().map(|field| field.name().to_owned());
    names.chain(["is_bogon".to_owned()]).collect()
}

/// The header of a CSV file with the added columns.
pub(super) fn csv_header(original: Option<&[u8]>, columns: &[Field], delimiter: u8) -> String {
    let added = csv_cells(&csv_names(columns), delimiter);
    let before = original.map_or(Cow::Borrowed("ip"), String::from_utf8_lossy);
    format!("{before}{}{added}\n", char::from(delimiter))
}

/// A CSV record with the added columns; those of the first address, if there are several.
pub(super) fn csv_record(
    original: &[u8],
    view: Option<&View>,
    columns: &[Field],
    delimiter: u8,
) -> String {
    let cells = view.map_or_else(
        || vec![String::new(); columns.len() + 1],
        |v| v.cells(columns),
    );
    let before = String::from_utf8_lossy(original);
    format!(
        "{before}{}{}\n",
        char::from(delimiter),
        csv_cells(&cells, delimiter)
    )
}

/// A CSV line for an address by itself.
pub(super) fn csv_address(view: &View, columns: &[Field]) -> String {
    csv_record(
        view.address.to_string().as_bytes(),
        Some(view),
        columns,
        b',',
    )
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

/// Adds an address to a table for people.
pub(super) fn table_row(table: &mut TextTable, view: &View) {
    let mut cells = vec![view.address.to_string()];
    for (_, field) in TABLE {
        cells.push(match (field, view.special) {
            (Field::CLASSIFICATION, Some(special)) => special.reason.to_owned(),
            _ => view.get(field).map(csv_cell).unwrap_or_default(),
        });
    }
    table.row(cells);
}

/// The form of the output when none is asked for.
pub(super) fn default_format(input: crate::input::InputFormat, output: &Output) -> Format {
    use crate::input::InputFormat;
    match input {
        InputFormat::Ndjson | InputFormat::Cowrie => Format::Ndjson,
        InputFormat::Csv => Format::Csv,
        InputFormat::List | InputFormat::Text if output.is_terminal() => Format::Table,
        InputFormat::List | InputFormat::Text => Format::Ndjson,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view() -> View {
        View {
            address: "198.41.0.4".parse().unwrap(),
            fields: vec![
                (Field::ASN, 64500.into(), ProviderName::new("geo")),
                (
                    Field::ASN_ORG,
                    "Quote \" & comma, Inc.".into(),
                    ProviderName::new("geo"),
                ),
            ],
            special: None,
        }
    }

    #[test]
    fn a_json_record_keeps_its_bytes_and_gains_a_key() {
        let line = ndjson_record(br#"{"z":1.0, "src_ip":"198.41.0.4"}"#, &[&view()]);
        assert!(
            line.starts_with(r#"{"z":1.0, "src_ip":"198.41.0.4","enrichment":{"asn":64500"#),
            "{line}"
        );
        assert!(serde_json::from_str::<Value>(&line).is_ok(), "{line}");
        assert!(ndjson_record(b"{}", &[&view()]).starts_with(r#"{"enrichment":{"#));
    }

    #[test]
    fn a_key_that_is_there_is_replaced_and_not_doubled() {
        let line = ndjson_record(br#"{"enrichment":1,"a":2}"#, &[&view()]);
        assert_eq!(line.matches("\"enrichment\"").count(), 1, "{line}");
        assert_eq!(
            serde_json::from_str::<Value>(&line).unwrap()["enrichment"]["asn"],
            64500
        );
    }

    #[test]
    fn csv_cells_are_quoted_where_they_must_be() {
        let line = csv_record(b"a;b", Some(&view()), &[Field::ASN, Field::ASN_ORG], b';');
        assert_eq!(line, "a;b;64500;\"Quote \"\" & comma, Inc.\";false\n");
        assert_eq!(csv_record(b"a", None, &[Field::ASN], b','), "a,,\n");
        assert_eq!(csv_header(None, &[Field::ASN], b','), "ip,asn,is_bogon\n");
    }
}
