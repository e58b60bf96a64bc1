//! `enrich --no-store`: each format of input in each format of output.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use ipcascade_testkit::program::Run;

use crate::inputs::{COWRIE, Input, for_each_input};
use crate::place::Place;
use crate::transcript::Transcript;

/// The values of `--format`, and none: the format of the input.
const FORMATS: [&[&str]; 5] = [
    &[],
    &["--format", "table"],
    &["--format", "ndjson"],
    &["--format", "csv"],
    &["--format", "json"],
];

/// Adds the outputs of all formats to a transcript; more workers must not change them.
fn all_formats(place: &Place, transcript: &mut Transcript, arguments: &[&str]) {
    for format in FORMATS {
        let args = [&["enrich", "--no-store"], format, arguments].concat();
        let run = with_workers(place, &args, "1");
        let more = with_workers(place, &args, "4");
        assert_eq!(more.stdout, run.stdout, "{args:?}");
        assert_eq!((more.stderr, more.code), (run.stderr.clone(), run.code));
        transcript.run(&args, &run);
    }
}

fn with_workers(place: &Place, args: &[&str], workers: &str) -> Run {
    place.run(&[args, &["--workers", workers]].concat())
}

fn check(input: Input) {
    let mut transcript = Transcript::default();
    all_formats(&Place::new(), &mut transcript, &input.arguments());
    transcript.compare(&format!("filter_{}", input.stem()));
}

for_each_input!(check);

#[test]
fn inputs_without_a_record() {
    let mut transcript = Transcript::default();
    let place = Place::new();
    place.write("empty.txt", "");
    place.write("blank.txt", "\n# nothing but a comment\n");
    place.write("header-only.csv", "when,ip\n");
    for file in ["empty.txt", "blank.txt", "header-only.csv"] {
        all_formats(&place, &mut transcript, &[file]);
    }
    for format in ["ndjson", "csv", "list", "cowrie"] {
        let args = ["enrich", "--no-store", "--format-in", format, "empty.txt"];
        transcript.run(&args, &place.run(&args));
    }
    transcript.compare("filter_nothing");
}

#[test]
fn several_inputs_at_once() {
    let mut transcript = Transcript::default();
    let place = Place::new();
    let inputs = [
        "nested.ndjson",
        "8.8.8.0/31",
        "tabs.csv",
        "9.9.9.9-9.9.9.10",
        "bare.csv",
        "text.log",
        "::1",
    ];
    all_formats(&place, &mut transcript, &inputs);
    transcript.compare("filter_several");
}

#[test]
fn standard_input() {
    let mut transcript = Transcript::default();
    let place = Place::new();
    for file in ["tabs.csv", "nested.ndjson", "text.log"] {
        let args = ["enrich", "--no-store", "-"];
        transcript.run(&args, &place.run_on(file, &args));
    }
    let args = ["enrich", "--no-store", "--format", "csv", "::1", "-"];
    transcript.run(&args, &place.run_on("list.txt", &args));
    transcript.compare("filter_standard_input");
}

#[test]
fn line_ends_of_other_systems_and_a_byte_order_mark() {
    let mut transcript = Transcript::default();
    let place = Place::new();
    for file in ["tabs.csv", "nested.ndjson"] {
        let text = place.read(file).replace('\n', "\r\n");
        place.write(file, format!("\u{feff}{text}"));
    }
    for args in [
        &["enrich", "--no-store", "tabs.csv"][..],
        &["enrich", "--no-store", "--field", "client", "nested.ndjson"],
        &[
            "enrich",
            "--no-store",
            "--field",
            "client.net.peer",
            "nested.ndjson",
        ],
    ] {
        transcript.run(args, &place.run(args));
    }
    transcript.compare("filter_line_ends");
}

#[test]
fn a_compressed_input_is_as_the_plain_one() {
    let place = Place::new();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(place.read(COWRIE.file).as_bytes()).unwrap();
    place.write("packed", gzip.finish().unwrap());
    for format in FORMATS {
        let of = |file| place.run(&[&["enrich", "--no-store"], format, &[file]].concat());
        let (plain, packed) = (of(COWRIE.file), of("packed"));
        assert_eq!(packed.stdout, plain.stdout);
        assert_eq!((packed.stderr, packed.code), (plain.stderr, plain.code));
    }
}
