//! Renders records with the results for their addresses, in the output format.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::Write as _;
use std::net::IpAddr;

use foldhash::fast::RandomState;
use ipcascade_core::address::{Address, AddressText};
use ipcascade_core::field::Field;
use ipcascade_core::policy::{Policy, Winner};
use ipcascade_input::has_member;
use ipnet::IpNet;
use memchr::memmem::Finder;
use serde_json::{Map, Value};

use crate::commands::enrich::filter::chosen::{ChosenField, IS_BOGON};
use crate::commands::enrich::filter::columns::OutputColumns;
use crate::commands::enrich::filter::members::{ObjectMembers, push_json};
use crate::commands::enrich::filter::pieces::Pieces;
use crate::commands::enrich::filter::template::View;
use crate::output::{Align, Output, TextTable, csv_cell, without_formula};

/// The key under which NDJSON records get the results, unless the command line says otherwise.
pub(super) const KEY: &str = "enrichment";

/// The member of a JSON record that the results go into.
#[derive(Debug)]
pub(super) struct RecordKey {
    /// As JSON.
    quoted: String,
    finder: Finder<'static>,
    name: String,
    /// Whether an existing member with that name is replaced.
    is_replaced: bool,
}

impl RecordKey {
    pub(super) fn new(name: &str, is_replaced: bool) -> Self {
        let quoted = Value::from(name).to_string();
        Self {
            finder: Finder::new(&quoted).into_owned(),
            quoted,
            name: name.to_owned(),
            is_replaced,
        }
    }

    /// Its name for people.
    pub(super) fn shown(&self) -> &str {
        &self.quoted
    }
}

/// How records are rendered.
pub(super) struct Renderer<'a> {
    pub(super) policy: &'a Policy,
    pub(super) names: &'a ObjectMembers,
    /// The fields that are added to CSV.
    pub(super) fields: &'a [ChosenField],
    /// The key under which NDJSON records get the results.
    pub(super) key: &'a RecordKey,
    /// Whether text in CSV that spreadsheets take for a formula stays as it is.
    pub(super) are_cells_raw: bool,
    /// The delimiter of CSV.
    pub(super) delimiter: u8,
}

/// Appends an address.
fn push_address(out: &mut Vec<u8>, address: IpAddr) {
    out.extend_from_slice(AddressText::new(address).as_str().as_bytes());
}

fn push_prefix(out: &mut Vec<u8>, prefix: IpNet) {
    push_address(out, prefix.addr());
    // Writing to memory does not fail.
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

/// The addresses of a record.
#[derive(Debug)]
pub(super) struct Group<'a> {
    pub(super) views: &'a [&'a View],
    /// The requested fields, if there are several, and the field of each address.
    pub(super) names: &'a [&'a str],
    pub(super) fields: &'a [usize],
}

/// The text of a record on one line; invalid UTF-8 is replaced. (In JSON, line ends only occur between tokens.)
fn one_line(original: &[u8]) -> Cow<'_, str> {
    let original = original.trim_ascii_end();
    let text = match std::str::from_utf8(original) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(original),
    };
    if memchr::memchr2(b'\n', b'\r', text.as_bytes()).is_none() {
        return text;
    }
    Cow::Owned(text.lines().map(str::trim).collect())
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

    /// Appends an NDJSON record with its views added under the key: the view itself for one address, a view by address
    /// for several, and those by field if several fields were requested. Everything else in the record stays byte for
    /// byte. A record that has the key already is left unchanged, unless it is to be replaced; returns whether it was.
    pub(super) fn ndjson_record(
        &self,
        out: &mut Vec<u8>,
        original: &[u8],
        views: &Group<'_>,
    ) -> bool {
        let text = one_line(original);
        if text.starts_with('"') {
            views
                .views
                .iter()
                .for_each(|view| self.ndjson_address(out, view));
            return false;
        }
        let mut was_left = false;
        if views.views.is_empty() || !text.ends_with('}') {
            out.extend_from_slice(text.as_bytes());
        } else if self.key.finder.find(text.as_bytes()).is_none() {
            self.appended(out, &text, views);
        } else {
            was_left = self.replaced(out, &text, views);
        }
        out.push(b'\n');
        was_left
    }

    /// The same for a record that may have the key; returns whether it was left unchanged.
    fn replaced(&self, out: &mut Vec<u8>, text: &str, views: &Group<'_>) -> bool {
        if has_member(text, &self.key.name) == Some(false) {
            self.appended(out, text, views);
            return false;
        }
        let record = serde_json::from_str::<Map<String, Value>>(text);
        let Some(mut record) = record.ok().filter(|_| self.key.is_replaced) else {
            out.extend_from_slice(text.as_bytes());
            return true;
        };
        let mut found = Vec::new();
        self.push_found(&mut found, views);
        let found = serde_json::from_slice(&found).unwrap_or_default();
        record.insert(self.key.name.clone(), found);
        push_json(out, &record);
        false
    }

    /// The object with the key after its other members.
    fn appended(&self, out: &mut Vec<u8>, text: &str, views: &Group<'_>) {
        let body = text.strip_suffix('}').unwrap_or(text).trim_end();
        out.extend_from_slice(body.as_bytes());
        if !body.ends_with('{') {
            out.push(b',');
        }
        out.extend_from_slice(self.key.quoted.as_bytes());
        out.push(b':');
        self.push_found(out, views);
        out.push(b'}');
    }

    fn push_found(&self, out: &mut Vec<u8>, group: &Group<'_>) {
        if group.names.len() < 2 {
            return self.push_views(out, group.views.iter().copied());
        }
        out.push(b'{');
        let mut is_first = true;
        for (place, name) in group.names.iter().enumerate() {
            let own = group.views.iter().zip(group.fields);
            let own = own
                .filter(|(_, field)| **field == place)
                .map(|(view, _)| *view);
            if own.clone().next().is_none() {
                continue;
            }
            if !is_first {
                out.push(b',');
            }
            is_first = false;
            push_json(out, name);
            out.push(b':');
            self.push_views(out, own);
        }
        out.push(b'}');
    }

    fn push_views<'v>(&self, out: &mut Vec<u8>, mut views: impl Iterator<Item = &'v View> + Clone) {
        out.push(b'{');
        let first = views.next();
        if let Some(view) = first
            && views.clone().next().is_none()
        {
            self.push_members(out, view);
        } else {
            let mut known: HashSet<Address, RandomState> = HashSet::default();
            for view in first.into_iter().chain(views) {
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

    /// Appends an NDJSON line for an address.
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

    /// The header of a table of addresses.
    pub(super) fn csv_header(&self) -> Vec<u8> {
        let mut header = b"ip".to_vec();
        for name in self.cell_names() {
            header.push(self.delimiter);
            header.extend_from_slice(quoted(&name, self.delimiter).as_bytes());
        }
        header.push(b'\n');
        header
    }

    /// The names of the cells of an address.
    pub(super) fn cell_names(&self) -> Vec<String> {
        let names = self.fields.iter().map(ChosenField::name);
        names.chain([IS_BOGON]).map(str::to_owned).collect()
    }

    /// Appends a CSV record with the added columns; if a column has several addresses, those of the first.
    pub(super) fn csv_record(
        &self,
        out: &mut Vec<u8>,
        original: &[u8],
        count: usize,
        columns: &OutputColumns,
        group: &Group<'_>,
    ) {
        if columns.are_behind(count) {
            columns.write_filled(out, original, count);
            return self.push_groups(out, group);
        }
        let mut found = Vec::new();
        self.push_groups(&mut found, group);
        columns.write(out, original, &found);
    }

    /// The cells of each requested field, one after the other.
    fn push_groups(&self, out: &mut Vec<u8>, group: &Group<'_>) {
        for place in 0..group.names.len().max(1) {
            let view = match group.fields {
                [] => group.views.first(),
                fields => {
                    let at = fields.iter().position(|field| *field == place);
                    at.and_then(|at| group.views.get(at))
                }
            };
            match view {
                Some(view) => self.push_cells(out, view),
                None => out.extend(std::iter::repeat_n(self.delimiter, self.fields.len() + 1)),
            }
        }
    }

    /// Appends a CSV line for an address.
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
        for chosen in self.fields {
            pieces.text().push(self.delimiter);
            let cell = match chosen {
                ChosenField::Merged(field) => {
                    let mut winners = winners.iter();
                    match winners.find(|winner| winner.field == *field) {
                        Some(winner) if template.is_hole(winner) => {
                            pieces.leave_hole();
                            continue;
                        }
                        Some(winner) => csv_cell(&winner.value()),
                        None => continue,
                    }
                }
                ChosenField::Stated(stated) => {
                    let stated = stated.of(self.policy, address, &document);
                    stated
                        .map(|stated| csv_cell(&stated.value))
                        .unwrap_or_default()
                }
                ChosenField::BogonReason => match template.special {
                    Some(special) => special.reason.to_owned(),
                    None => continue,
                },
            };
            let cell = match self.are_cells_raw {
                true => Cow::Borrowed(cell.as_str()),
                false => without_formula(&cell),
            };
            pieces
                .text()
                .extend_from_slice(quoted(&cell, self.delimiter).as_bytes());
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
            Some(csv_cell(&winner.value()))
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
    use std::sync::Arc;

    use ipcascade_core::clock::Timestamp;
    use ipcascade_core::document::Document;
    use ipcascade_core::field::FieldSource;
    use ipcascade_core::fields::Fields;
    use ipcascade_core::policy::PolicySource;
    use ipcascade_core::provider_name::ProviderName;
    use ipcascade_core::section::Section;
    use ipcascade_input::{Input, InputFormat, InputOptions, RecordReader};

    use super::*;

    const GEO: ProviderName = ProviderName::new("geo");
    const FIELDS: [Field; 3] = [Field::ASN, Field::ASN_ORG, Field::PREFIX];

    fn policy() -> Policy {
        const SOURCES: &[FieldSource] = &[
            FieldSource::same(Field::ASN),
            FieldSource::same(Field::ASN_ORG),
            FieldSource::same(Field::PREFIX),
        ];
        Policy::new(vec![PolicySource {
            name: GEO,
            fields: SOURCES.into(),
        }])
    }

    /// The view of an address, with the template that was built for another one in another prefix.
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
        written_over(delimiter, false, write)
    }

    fn written_over(
        delimiter: u8,
        is_replaced: bool,
        write: impl Fn(&Renderer<'_>, &mut Vec<u8>),
    ) -> String {
        let policy = policy();
        let fields: Arc<[ChosenField]> = FIELDS.map(ChosenField::Merged).into();
        let renderer = Renderer {
            policy: &policy,
            names: &ObjectMembers::new(&policy, Arc::clone(&fields)),
            fields: &fields,
            key: &RecordKey::new(KEY, is_replaced),
            are_cells_raw: false,
            delimiter,
        };
        let mut line = Vec::new();
        write(&renderer, &mut line);
        String::from_utf8(line).unwrap()
    }

    /// All addresses of a record, of one field.
    fn group<'a>(views: &'a [&'a View]) -> Group<'a> {
        Group {
            views,
            names: &[],
            fields: &[],
        }
    }

    #[test]
    fn a_json_record_keeps_its_bytes_and_gains_a_key() {
        let of = |original: &[u8]| {
            written(b',', |to, out| {
                to.ndjson_record(out, original, &group(&[&view()]));
            })
        };
        let found = r#""enrichment":{"asn":64500,"asn_org":"Quote \" & comma, Inc.","prefix":"198.41.0.0/24","sources":{"asn":"geo","asn_org":"geo","prefix":"geo"}}"#;
        assert_eq!(
            of(br#"{"z":1.0, "src_ip":"198.41.0.4"} "#),
            format!("{{\"z\":1.0, \"src_ip\":\"198.41.0.4\",{found}}}\n")
        );
        assert_eq!(
            of(b"{\n  \"a\": [\n    1\n  ]\n}"),
            format!("{{\"a\": [1],{found}}}\n")
        );
        assert_eq!(
            of(b"hp cowrie: {\"x\":NaN}"),
            format!("hp cowrie: {{\"x\":NaN,{found}}}\n")
        );
        assert!(of(b"{}").starts_with(r#"{"enrichment":{"#));
        assert_eq!(of(b"{nonsense"), "{nonsense\n");
        assert!(of(b"\"198.41.0.4\"").starts_with(r#"{"ip":"198.41.0.4","asn""#));
    }

    #[test]
    fn a_record_without_an_address_stays_as_it_is() {
        let nested = br#"syslog: {"a":{"enrichment":NaN}}"#;
        let line = written(b',', |to, out| {
            assert!(!to.ndjson_record(out, nested, &group(&[&view()])));
        });
        assert!(
            line.starts_with(r#"syslog: {"a":{"enrichment":NaN},"enrichment":{"asn""#),
            "{line}"
        );
        for record in [&br#"{"n":2}"#[..], br#"{"enrichment":1}"#] {
            let line = written(b',', |to, out| {
                assert!(!to.ndjson_record(out, record, &group(&[])));
            });
            assert_eq!(line.trim_end().as_bytes(), record);
        }
    }

    #[test]
    fn a_key_that_is_there_is_replaced_only_if_that_is_asked_for() {
        let record = br#"{"enrichment":1,"a":2}"#;
        let line = written(b',', |to, out| {
            assert!(to.ndjson_record(out, record, &group(&[&view()])));
        });
        assert_eq!(line.trim_end().as_bytes(), record);
        let line = written_over(b',', true, |to, out| {
            assert!(!to.ndjson_record(out, record, &group(&[&view(), &view()])));
        });
        assert_eq!(line.matches("\"enrichment\"").count(), 1, "{line}");
        let record: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(record["enrichment"]["198.41.0.4"]["asn"], 64500);
        assert_eq!(line.matches("198.41.0.4").count(), 1, "{line}");
    }

    #[test]
    fn each_field_that_was_asked_for_has_its_own() {
        let view = view();
        let group = Group {
            views: &[&view, &view],
            names: &["src", "dst", "via"],
            fields: &[0, 1],
        };
        let line = written(b',', |to, out| {
            to.ndjson_record(out, b"{}", &group);
        });
        let record: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(record["enrichment"]["src"]["asn"], 64500);
        assert_eq!(record["enrichment"]["dst"]["asn"], 64500);
        assert!(record["enrichment"].get("via").is_none());
    }

    #[test]
    fn csv_cells_are_quoted_where_they_must_be() {
        // One view for several delimiters.
        let view = view();
        for (delimiter, expected) in [
            (
                b';',
                ";64500;\"Quote \"\" & comma, Inc.\";198.41.0.0/24;false",
            ),
            (
                b'.',
                ".64500.\"Quote \"\" & comma, Inc.\".\"198.41.0.0/24\".false",
            ),
            (
                b';',
                ";64500;\"Quote \"\" & comma, Inc.\";198.41.0.0/24;false",
            ),
        ] {
            let line = written(delimiter, |to, out| to.push_cells(out, &view));
            assert_eq!(line, expected);
        }
        let header = written(b',', |to, out| out.extend(to.csv_header()));
        assert_eq!(header, "ip,asn,asn_org,prefix,is_bogon\n");
    }

    /// A table with results added to each row that has an address.
    fn table(text: &'static str, columns: &[&str]) -> String {
        let options = InputOptions {
            format: Some(InputFormat::Csv),
            columns: columns.iter().map(|name| name.parse().unwrap()).collect(),
            ..InputOptions::default()
        };
        let mut reader =
            RecordReader::new("t", Input::whole(text.as_bytes(), options.now), &options).unwrap();
        let form = Arc::clone(reader.form());
        let view = view();
        written(form.delimiter().unwrap(), |to, out| {
            let columns = OutputColumns::of(&form, &to.cell_names());
            out.extend_from_slice(&columns.head);
        })
        .lines()
        .map(str::to_owned)
        .chain(std::iter::from_fn(|| {
            let record = reader.next().unwrap()?;
            let (original, count) = (record.original.unwrap().bytes, record.cells.unwrap());
            let mut addresses = record.addresses;
            let fields = std::iter::from_fn(|| Some(addresses.next_of_field()?.1));
            let fields: Vec<usize> = fields.collect();
            let views: Vec<&View> = fields.iter().map(|_| &view).collect();
            let names = form.address_names();
            let group = Group {
                views: &views,
                names: if names.len() > 1 { &names } else { &[] },
                fields: &fields,
            };
            Some(written(form.delimiter().unwrap(), |to, out| {
                let columns = OutputColumns::of(&form, &to.cell_names());
                to.csv_record(out, original, count, &columns, &group);
            }))
        }))
        .collect::<Vec<_>>()
        .join("\n")
    }

    #[test]
    fn a_row_keeps_its_cells_in_place() {
        const FOUND: &str = "64500,\"Quote \"\" & comma, Inc.\",198.41.0.0/24,false";
        assert_eq!(
            table(
                "ip,when\n1.2.3.4\n1.2.3.4,x\n-,y\n1.2.3.4,x,more\n",
                &["ip"]
            ),
            format!(
                "ip,when,asn,asn_org,prefix,is_bogon\n1.2.3.4,,{FOUND}\n1.2.3.4,x,{FOUND}\n-,y,,,,\n1.2.3.4,x,{FOUND},more"
            )
        );
        // Existing names keep their meaning, and our own columns are filled anew.
        assert_eq!(
            table("ip,asn,ASN_ORG\n1.2.3.4,7,x\n", &["ip"]),
            format!("ip,asn,ASN_ORG,ipc_asn,ipc_asn_org,prefix,is_bogon\n1.2.3.4,7,x,{FOUND}")
        );
        assert_eq!(
            table("ip,asn,ipc_asn,n\n1.2.3.4,7,8,9\n", &["ip"]),
            format!(
                "ip,asn,ipc_asn,n,{}\n1.2.3.4,7,64500,9,{}",
                "asn_org,prefix,is_bogon",
                FOUND.split_once(',').unwrap().1
            )
        );
        assert_eq!(
            table("src,dst\n1.2.3.4,-\n", &["src", "dst"]),
            format!(
                "src,dst,src_asn,src_asn_org,src_prefix,src_is_bogon,dst_asn,dst_asn_org,dst_prefix,dst_is_bogon\n1.2.3.4,-,{FOUND},,,,"
            )
        );
        assert_eq!(
            table(
                "#separator \\x09\n#fields\tid.orig_h\tn\n#types\taddr\tint\n1.2.3.4\t1\n",
                &[]
            ),
            "#separator \\x09\n#fields\tid.orig_h\tn\tasn\tasn_org\tprefix\tis_bogon\n#types\taddr\tint\tstring\tstring\tstring\tstring\n1.2.3.4\t1\t64500\t\"Quote \"\" & comma, Inc.\"\t198.41.0.0/24\tfalse"
        );
    }

    #[test]
    fn a_row_of_a_table_has_the_address_and_prefix_of_its_own() {
        let policy = policy();
        let fields: Arc<[ChosenField]> = FIELDS.map(ChosenField::Merged).into();
        let renderer = Renderer {
            policy: &policy,
            names: &ObjectMembers::new(&policy, Arc::clone(&fields)),
            fields: &fields,
            key: &RecordKey::new(KEY, false),
            are_cells_raw: false,
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
