//! Inputs whole, good and bad.

mod aggregate;
mod blocks;
mod broken;
mod formats;

use std::io::{Cursor, Read};

use super::{InputError, InputOptions, Item, RecordReader};

fn reader(input: impl Into<Vec<u8>>, options: &InputOptions) -> RecordReader {
    RecordReader::new("input", Box::new(Cursor::new(input.into())), options).unwrap()
}

/// All items of an input, a line of text each: `line: addresses` or `line! reason`.
fn items(reader: &mut RecordReader) -> Result<Vec<String>, (Vec<String>, InputError)> {
    let mut items = Vec::new();
    loop {
        match reader.next() {
            Ok(None) => return Ok(items),
            Ok(Some(Item::Record(record))) => {
                let addresses: Vec<_> = record.addresses.map(|a| a.to_string()).collect();
                items.push(format!("{}: {}", record.line, addresses.join(" ")));
            }
            Ok(Some(Item::Unreadable(unreadable))) => {
                items.push(format!("{}! {}", unreadable.line, unreadable.reason));
            }
            Err(error) => return Err((items, error)),
        }
    }
}

fn read(input: impl Into<Vec<u8>>) -> Vec<String> {
    read_with(input, &InputOptions::default())
}

fn read_with(input: impl Into<Vec<u8>>, options: &InputOptions) -> Vec<String> {
    items(&mut reader(input, options)).unwrap()
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    flate2::bufread::GzEncoder::new(text, flate2::Compression::fast())
        .read_to_end(&mut packed)
        .unwrap();
    packed
}
