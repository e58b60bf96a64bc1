//! `enrich` into SQLite: the summary in words and for programs, and every row.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use crate::inputs::{COWRIE, Input, for_each_input};
use crate::place::Place;
use crate::rows;
use crate::transcript::Transcript;

/// The rows that the run of `enrich` with these arguments leaves in `database`.
fn enrich(place: &Place, database: &str, arguments: &[&str]) -> String {
    let args = [&["--db", database, "enrich"], arguments].concat();
    place.run(&args).expect(0);
    rows::of(&place.path(database))
}

/// The summary for programs of a run into `database`, without its duration and its destination.
fn summary(place: &Place, database: &str, arguments: &[&str]) -> Value {
    let args = ["--db", database, "enrich", "--format", "json"];
    let stdout = place.run(&[&args[..], arguments].concat()).stdout;
    let mut summary: Value = serde_json::from_str(&stdout).unwrap();
    for differs in ["seconds", "addresses_per_second", "store"] {
        assert!(
            summary
                .as_object_mut()
                .unwrap()
                .shift_remove(differs)
                .is_some()
        );
    }
    summary
}

/// Runs an input twice, with any number of workers, and in halves.
fn check(input: Input) {
    let place = Place::new();
    let mut transcript = Transcript::default();
    let arguments = input.arguments();
    let first = [&["enrich"], &arguments[..]].concat();
    transcript.run(&first, &place.run(&first));
    let rows = rows::of(&place.path("inventory.db"));
    transcript.text("the rows", &rows);
    let again = [&["enrich", "--format", "json"], &arguments[..]].concat();
    transcript.run(&again, &place.run(&again));
    let rows_again = rows::of(&place.path("inventory.db"));
    assert_eq!(rows_again, rows, "the same again is nothing new");

    let [one, four] = ["1", "4"].map(|workers| {
        let with_workers = [&["--workers", workers], &arguments[..]].concat();
        let database = format!("{workers}.db");
        let summary = summary(&place, &database, &with_workers);
        assert_eq!(rows::of(&place.path(&database)), rows, "{workers} workers");
        summary
    });
    assert_eq!(one, four);

    let mut rows_of_halves = String::new();
    for half in input.halves(&place.read(input.file)) {
        place.write(input.file, half);
        rows_of_halves = enrich(&place, "halves.db", &arguments);
    }
    assert_eq!(rows_of_halves, rows, "halves are as the whole");
    transcript.compare(&format!("store_{}", input.stem()));
}

for_each_input!(check);

#[test]
fn several_inputs_at_once() {
    let place = Place::new();
    let mut transcript = Transcript::default();
    let inputs = [
        "cowrie.json",
        "header.csv",
        "8.8.8.0/31",
        "records.ndjson",
        "::1",
    ];
    for args in [
        [&["enrich", "--format", "json"], &inputs[..]].concat(),
        [&["enrich", "--refresh", "--format", "ndjson"], &inputs[..]].concat(),
        [&["--quiet", "enrich", "--format", "csv"], &inputs[..]].concat(),
        vec!["-v", "enrich", "--strict", "cowrie.json"],
    ] {
        transcript.run(&args, &place.run(&args));
    }
    transcript.text("the rows", &rows::of(&place.path("inventory.db")));
    transcript.compare("store_several");
    let one_by_one = inputs.map(|input| enrich(&place, "one-by-one.db", &[input]));
    assert_eq!(
        one_by_one.last(),
        Some(&rows::of(&place.path("inventory.db")))
    );
}

#[test]
fn inputs_without_a_record() {
    let place = Place::new();
    let mut transcript = Transcript::default();
    place.write("empty.txt", "");
    for args in [
        ["enrich", "empty.txt", "empty.txt"],
        ["enrich", "--format=json", "empty.txt"],
    ] {
        transcript.run(&args, &place.run(&args));
    }
    transcript.text("the rows", &rows::of(&place.path("inventory.db")));
    transcript.compare("store_nothing");
}

#[test]
fn a_compressed_input_leaves_the_rows_of_the_plain_one() {
    let place = Place::new();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(place.read(COWRIE.file).as_bytes()).unwrap();
    place.write("packed", gzip.finish().unwrap());
    let plain = enrich(&place, "plain.db", &[COWRIE.file]);
    assert_eq!(enrich(&place, "packed.db", &["packed"]), plain);
}

#[test]
fn a_log_read_again_later_changes_no_row() {
    let place = Place::new();
    let rows = enrich(&place, "inventory.db", &[COWRIE.file]);
    let later = ["--now", "2026-03-12T13:00:00Z", COWRIE.file];
    assert_eq!(enrich(&place, "inventory.db", &later), rows);
}
