//! JSON records as rows of a table.

use std::sync::Arc;

use csv::ReaderBuilder;
use ipcascade_input::{
    Input, InputFormat, InputOptions, MemberNames, RecordForm, RecordReader, flat_members,
};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value};

use crate::commands::enrich::filter::json_table::JsonTable;

/// The form of records that begin as `sample` does.
fn form(sample: &str) -> Arc<RecordForm> {
    let options = InputOptions {
        format: Some(InputFormat::Ndjson),
        member_names: Some(MemberNames::default()),
        ..InputOptions::default()
    };
    let sample: Arc<[u8]> = sample.as_bytes().into();
    let input = Input::whole(std::io::Cursor::new(sample), options.now);
    Arc::clone(RecordReader::new("t", input, &options).unwrap().form())
}

fn cells(row: &[u8]) -> Vec<String> {
    let mut reader = ReaderBuilder::new().has_headers(false).from_reader(row);
    let row = reader.records().next().unwrap().unwrap();
    row.iter().map(str::to_owned).collect()
}

fn row(form: &RecordForm, record: &str, are_cells_raw: bool) -> Vec<String> {
    let table = JsonTable::of(form, are_cells_raw).unwrap();
    cells(&table.row(record.as_bytes()))
}

#[test]
fn each_member_has_its_column_and_the_rest_is_an_object() {
    let form = form("{\"ip\": \"192.0.2.1\", \"geo\": {\"cc\": \"NL\"}}\n");
    let table = JsonTable::of(&form, false).unwrap();
    assert_eq!(table.table_form().names, ["ip", "geo.cc", "other_keys"]);
    for (record, expected) in [
        (r#"{"geo": {"cc": null}, "ip": "x, y"}"#, ["x, y", "", ""]),
        (
            r#"{"ip": "=1+1", "n": 1.50}"#,
            ["'=1+1", "", r#"{"n":1.50}"#],
        ),
        (
            r#"{"ip": [1, 2], "geo": {}}"#,
            ["[1, 2]", "", r#"{"geo":{}}"#],
        ),
        (
            r#"{"ip": -5, "ip": "twice"}"#,
            ["-5", "", r#"{"ip":"twice"}"#],
        ),
        (r#""192.0.2.7""#, ["", "", r#""192.0.2.7""#]),
        (r#"{"ip": NaN}"#, ["", "", r#"{"ip": NaN}"#]),
    ] {
        assert_eq!(row(&form, record, false), expected, "{record}");
    }
    assert_eq!(row(&form, r#"{"ip": "=1+1"}"#, true)[0], "=1+1");
}

#[test]
fn a_key_of_the_records_stays_apart_from_the_column_of_the_rest() {
    let form = form("{\"other_keys\": 1}\n");
    let table = JsonTable::of(&form, false).unwrap();
    assert_eq!(table.table_form().names, ["other_keys", "ipc_other_keys"]);
}

#[test]
fn records_behind_a_header_have_their_members() {
    let line = "2025-03-01T10:00:00+00:00 hp cowrie: {\"src_ip\": \"192.0.2.1\", \"n\": 1}";
    let form = form(&format!("{line}\n{line}\n"));
    assert_eq!(row(&form, line, false), ["192.0.2.1", "1", ""]);
}

#[test]
fn records_without_members_are_not_a_table() {
    assert!(JsonTable::of(&form("\"192.0.2.1\"\n"), false).is_none());
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<i32>().prop_map(Value::from),
        "[a-c=\",\n ]{0,5}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::from),
            vec(("[a-c.]{0,3}", inner), 0..4)
                .prop_map(|members| Value::from(Map::from_iter(members))),
        ]
    })
}

fn record() -> impl Strategy<Value = String> {
    let members = vec(("[a-d.]{0,3}", value()), 1..5);
    members.prop_map(|members| {
        let members = Map::from_iter(members);
        Value::from(members).to_string()
    })
}

proptest! {
    #[test]
    fn nothing_of_a_record_is_lost(first in record(), next in record()) {
        let form = form(&format!("{first}\n"));
        let Some(table) = JsonTable::of(&form, true) else { return Ok(()) };
        let names = table.table_form().names;
        let cells = cells(&table.row(next.as_bytes()));
        prop_assert_eq!(cells.len(), names.len());
        let others = flat_members(cells.last().unwrap().as_bytes()).unwrap_or_default();
        for member in flat_members(next.as_bytes()).unwrap().members {
            let text = member.value.get();
            let shown = serde_json::from_str::<Option<String>>(text)
                .map_or_else(|_| text.to_owned(), Option::unwrap_or_default);
            let own = names.iter().position(|name| *name == member.path);
            let is_in_column = own.is_some_and(|column| cells[column] == shown);
            let is_other = others.members.iter().any(|other| {
                other.path == member.path && other.value.get() == text
            });
            prop_assert!(is_in_column || is_other, "{} of {next} in {cells:?}", member.path);
        }
    }
}
