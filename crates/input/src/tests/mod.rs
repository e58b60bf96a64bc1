//! Inputs whole, good and bad.

mod aggregate;
mod blocks;
mod broken;
mod cut;
mod formats;
mod fuzz;
mod sessions;
mod written_address;

use std::io::{Cursor, Read};
use std::ops::ControlFlow;

use crate::container;
use crate::container::Input;
use crate::error::InputError;
use crate::options::InputOptions;
use crate::reader::RecordReader;
use crate::record::Record;

/// A reader for an input that is not packed.
fn reader(input: impl Into<Vec<u8>>, options: &InputOptions) -> RecordReader<'static> {
    opened(input, options).unwrap()
}

fn opened(
    input: impl Into<Vec<u8>>,
    options: &InputOptions,
) -> Result<RecordReader<'static>, InputError> {
    RecordReader::new(
        "input",
        Input::whole(Cursor::new(input.into()), options.now),
        options,
    )
}

/// A record as a line of text: `line: addresses`, and `line! reason` for each problem.
fn shown(record: Record<'_>) -> Vec<String> {
    let problems = record.problems.iter();
    let problems: Vec<String> = problems
        .map(|problem| format!("{}! {}", problem.line, problem.reason))
        .collect();
    let mut shown = Vec::new();
    if !record.is_left_out() {
        let addresses: Vec<_> = record
            .addresses
            .map(|address| address.to_string())
            .collect();
        shown.push(format!("{}: {}", record.line, addresses.join(" ")));
    }
    shown.extend(problems);
    shown
}

/// All records of an input.
fn items(reader: &mut RecordReader<'_>) -> Result<Vec<String>, (Vec<String>, InputError)> {
    let mut items = Vec::new();
    loop {
        match reader.next() {
            Ok(None) => return Ok(items),
            Ok(Some(record)) => items.extend(shown(record)),
            Err(error) => return Err((items, error)),
        }
    }
}

/// All records of an input and of everything packed in it, or why it was refused.
fn unpacked(input: impl Into<Vec<u8>>, options: &InputOptions) -> Vec<String> {
    let mut found = Vec::new();
    let bytes = Input::whole(Cursor::new(input.into()), options.now);
    let ended = container::unpack("input", bytes, &mut |name, bytes| {
        let reader = bytes.and_then(|bytes| RecordReader::new(name, bytes, options));
        match reader.map(|mut reader| items(&mut reader)) {
            Ok(Ok(items)) => found.extend(items),
            Ok(Err((items, error))) => {
                found.extend(items);
                found.push(explained(&error));
            }
            Err(error) => found.push(explained(&error)),
        }
        ControlFlow::Continue(())
    });
    assert!(ended.is_continue());
    found
}

fn explained(error: &InputError) -> String {
    let source = std::error::Error::source(error);
    source.map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}

fn read(input: impl Into<Vec<u8>>) -> Vec<String> {
    read_with(input, &InputOptions::default())
}

fn read_with(input: impl Into<Vec<u8>>, options: &InputOptions) -> Vec<String> {
    unpacked(input, options)
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    flate2::bufread::GzEncoder::new(text, flate2::Compression::fast())
        .read_to_end(&mut packed)
        .unwrap();
    packed
}
