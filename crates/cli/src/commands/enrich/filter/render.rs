//! Records with what was found of their addresses, in the form of the output.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::Write as _;
use std::net::IpAddr;
use std::sync::LazyLock;

use foldhash::fast::RandomState;
use ipcascade_core::{Address, AddressText, Cascade, Field, Policy, Winner};
use ipnet::IpNet;
use memchr::memmem::Finder;
use serde_json::{Map, Value};

use super::members::{Members, push_json};
use super::pieces::Pieces;
use super::template::View;
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

/// How records are rendered.
pub(super) struct Renderer<'a> {
    pub(super) policy: &'a Policy,
    pub(super) names: &'a Members,
    /// The fields that CSV gets.
    pub(super) fields: &'a [Field],
    /// The delimiter of CSV.
    pub(super) delimiter: u8,
}

/// Appends an address.
fn push_address(out: &mut Vec<u8>, address: IpAddr) {
    out.extend_from_slice(AddressText::new(address).as_str().as_bytes());
}

fn push_prefix(out: &mut Vec<u8>, prefix: IpNet) {
    push_address(out, prefix.addr());
    // Writing into memory does not fail.
    write!(out, "/{}", prefix.prefix_len()).unwrap_or_default();
}

/// A cell as a part of a CSV line.
fn quoted(cell: &str, delimiter: u8) -> Cow<'_, str> {
    if cell.contains([char::from(delimiter), '"', '\n', '\r']) {
        Cow::Owned(format!("\"{}\"", cell.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(cell)
    }
}

/// The text of a record; what is not UTF-8 in it is replaced.
fn text(original: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(original)
}

impl Renderer<'_> {
    fn members<'v>(&self, view: &'v View) -> &'v Pieces {
        let make = || self.names.of(view, self.policy);
        view.template().members(make)
    }

    fn push_members(&self, out: &mut Vec<u8>, view: &View) {
        let members = self.members(view);
        members.write(out, |out| {
            if let Some(prefix) = view.prefix {
                push_prefix(out, prefix);
            }
        });
    }

    /// Appends an NDJSON record with its views added under `enrichment`: the view itself for one address, a view
    /// by address for several. All else of the record stays byte for byte, unless it has that key
    /// already or is no object.
    pub(super) fn ndjson_record(&self, out: &mut Vec<u8>, original: &[u8], views: &[&View]) {
        let text = text(original);
        let trimmed = text.trim_end();
        let body = trimmed.strip_suffix('}').map(str::trim_end);
        match body {
            Some(body) if QUOTED_KEY.find(trimmed.as_bytes()).is_none() => {
                out.extend_from_slice(body.as_bytes());
                if !body.ends_with('{') {
                    out.push(b',');
                }
                out.extend_from_slice(b"\"enrichment\":");
                self.push_found(out, views);
                out.push(b'}');
            }
            _ => match serde_json::from_str::<Map<String, Value>>(trimmed) {
                Ok(mut record) => {
                    let mut found = Vec::new();
                    self.push_found(&mut found, views);
                    let found = serde_json::from_slice(&found).unwrap_or_default();
                    record.insert(KEY.to_owned(), found);
                    push_json(out, &record);
                }
                Err(_) => out.extend_from_slice(trimmed.as_bytes()),
            },
        }
        out.push(b'\n');
    }

    fn push_found(&self, out: &mut Vec<u8>, views: &[&View]) {
        out.push(b'{');
        if let [view] = views {
            self.push_members(out, view);
        } else {
            let mut known: HashSet<Address, RandomState> = HashSet::default();
            for view in views {
                if !known.insert(view.address) {
                    continue;
                }
                if known.len() > 1 {
                    out.push(b',');
                }
                out.push(b'"');
                push_address(out, view.address.ip());
                out.extend_from_slice(b"\":{");
                self.push_members(out, view);
                out.push(b'}');
            }
        }
        out.push(b'}');
    }

    /// Appends an NDJSON line for an address by itself.
    pub(super) fn ndjson_address(&self, out: &mut Vec<u8>, view: &View) {
        out.extend_from_slice(b"{\"ip\":\"");
        push_address(out, view.address.ip());
        out.push(b'"');
        if !self.members(view).is_empty() {
            out.push(b',');
            self.push_members(out, view);
        }
        out.extend_from_slice(b"}\n");
    }

    /// The header of a CSV file with the added columns.
    pub(super) fn csv_header(&self, original: Option<&[u8]>) -> Vec<u8> {
        let mut header = original.map_or(Cow::Borrowed("ip"), text).into_owned();
        let names = self.fields.iter().map(|field| field.name());
        for name in names.chain(["is_bogon"]) {
            header.push(self.delimiter.into());
            header.push_str(&quoted(name, self.delimiter));
        }
        header.push('\n');
        header.into()
    }

    /// Appends a CSV record with the added columns; those of the first address, if there are several.
    pub(super) fn csv_record(&self, out: &mut Vec<u8>, original: &[u8], view: Option<&View>) {
        out.extend_from_slice(text(original).as_bytes());
        match view {
            Some(view) => self.push_cells(out, view),
            None => out.extend(
                self.fields
                    .iter()
                    .map(|_| self.delimiter)
                    .chain([self.delimiter]),
            ),
        }
        out.push(b'\n');
    }

    /// Appends a CSV line for an address by itself.
    pub(super) fn csv_address(&self, out: &mut Vec<u8>, view: &View) {
        push_address(out, view.address.ip());
        self.push_cells(out, view);
        out.push(b'\n');
    }

    fn push_cells(&self, out: &mut Vec<u8>, view: &View) {
        let fill = |out: &mut Vec<u8>| {
            let prefix = view.prefix.map(|prefix| prefix.to_string());
            out.extend_from_slice(quoted(&prefix.unwrap_or_default(), self.delimiter).as_bytes());
        };
        let cells = || self.cells(view);
        match view.template().cells(self.delimiter, cells) {
            Some(cells) => cells.write(out, fill),
            None => cells().write(out, fill),
        }
    }

    /// The cells of the columns and whether the address is special, each after a delimiter.
    fn cells(&self, view: &View) -> Pieces {
        let mut pieces = Pieces::default();
        let (template, (address, document)) = (view.template(), view.example());
        let winners = self.policy.winners(address, &document);
        let winners: Vec<Winner<'_>> = winners.collect();
        for &field in self.fields {
            pieces.text().push(self.delimiter);
            match winners.iter().find(|winner| winner.field == field) {
                Some(winner) if template.is_hole(winner) => pieces.leave_hole(),
                Some(winner) => {
                    let cell = csv_cell(&winner.said.to_value());
                    let cell = quoted(&cell, self.delimiter);
                    pieces.text().extend_from_slice(cell.as_bytes());
                }
                None => {}
            }
        }
        pieces.text().push(self.delimiter);
        let is_special = template.special.is_some().to_string();
        pieces.text().extend_from_slice(is_special.as_bytes());
        pieces
    }

    /// An address as a row of a table for people.
    pub(super) fn table_row(&self, view: &View) -> Vec<String> {
        let (template, (address, document)) = (view.template(), view.example());
        let cell = |field| {
            let mut winners = self.policy.winners(address, &document);
            let winner = winners.find(|winner| winner.field == field)?;
            if template.is_hole(&winner) {
                return view.prefix.map(|prefix| prefix.to_string());
            }
            Some(csv_cell(&winner.said.to_value()))
        };
        let mut cells = vec![view.address.to_string()];
        for (_, field) in TABLE {
            cells.push(match (field, template.special) {
                (Field::CLASSIFICATION, Some(special)) => special.reason.to_owned(),
                _ => cell(field).unwrap_or_default(),
            });
        }
        cells
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

#[cfg(test)]
mod tests {
    use ipcascade_core::{
        Document, FieldSource, Fields, PolicySource, ProviderName, Section, Timestamp,
    };

    use super::*;

    const GEO: ProviderName = ProviderName::new("geo");
    const FIELDS: &[Field] = &[Field::ASN, Field::ASN_ORG, Field::PREFIX];

    fn policy() -> Policy {
        const FIELDS: &[FieldSource] = &[
            FieldSource::same(Field::ASN),
            FieldSource::same(Field::ASN_ORG),
            FieldSource::same(Field::PREFIX),
        ];
        Policy::new(vec![PolicySource {
            name: GEO,
            fields: FIELDS,
        }])
    }

    /// The view of an address, with the template that was made for another one in another prefix.
    fn view() -> View {
        let name = Value::from("Quote \" & comma, Inc.");
        let fields = Fields::from_iter([("asn", 64500.into()), ("asn_org", name)]);
        let other_prefix = "192.33.4.0/24".parse().ok();
        let section = Section::found(fields, other_prefix, None, Timestamp::UNIX_EPOCH);
        let mut document = Document::new();
        document.put("geo", &section);
        let other = "192.33.4.12".parse().unwrap();
        let (address, prefix) = ("198.41.0.4", "198.41.0.0/24");
        View::like(
            (other, document),
            GEO,
            address.parse().unwrap(),
            prefix.parse().unwrap(),
        )
    }

    fn written(delimiter: u8, write: impl Fn(&Renderer<'_>, &mut Vec<u8>)) -> String {
        let policy = policy();
        let renderer = Renderer {
            policy: &policy,
            names: &Members::new(&policy),
            fields: FIELDS,
            delimiter,
        };
        let mut line = Vec::new();
        write(&renderer, &mut line);
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn a_json_record_keeps_its_bytes_and_gains_a_key() {
        let of =
            |original: &[u8]| written(b',', |to, out| to.ndjson_record(out, original, &[&view()]));
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
        let line = written(b',', |to, out| {
            to.ndjson_record(out, br#"{"enrichment":1,"a":2}"#, &[&view(), &view()]);
        });
        assert_eq!(line.matches("\"enrichment\"").count(), 1, "{line}");
        let record: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(record["enrichment"]["198.41.0.4"]["asn"], 64500);
        assert_eq!(line.matches("198.41.0.4").count(), 1, "{line}");
    }

    #[test]
    fn csv_cells_are_quoted_where_they_must_be() {
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
            let line = written(delimiter, |to, out| to.csv_record(out, b"a", Some(&view)));
            assert_eq!(line, expected);
        }
        assert_eq!(
            written(b',', |to, out| to.csv_record(out, b"a", None)),
            "a,,,,\n"
        );
        let header = written(b',', |to, out| out.extend(to.csv_header(None)));
        assert_eq!(header, "ip,asn,asn_org,prefix,is_bogon\n");
    }

    #[test]
    fn a_row_of_a_table_has_the_address_and_prefix_of_its_own() {
        let policy = policy();
        let renderer = Renderer {
            policy: &policy,
            names: &Members::new(&policy),
            fields: FIELDS,
            delimiter: b',',
        };
        assert_eq!(
            renderer.table_row(&view()),
            [
                "198.41.0.4",
                "64500",
                "Quote \" & comma, Inc.",
                "",
                "",
                "198.41.0.0/24",
                ""
            ]
        );
    }

    #[test]
    fn addresses_are_written_as_everywhere() {
        for text in ["0.0.0.0", "255.1.20.3", "2001:db8::1", "::"] {
            let mut out = Vec::new();
            push_address(&mut out, text.parse().unwrap());
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
        let mut out = Vec::new();
        push_prefix(&mut out, "2001:db8::/32".parse().unwrap());
        assert_eq!(out, b"2001:db8::/32");
    }
}
