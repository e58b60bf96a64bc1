//! The records of an input as text, to be compared.

use ipcascade_input::{BlockCursor, InputError, Parser, Record, RecordReader, Tally};

/// No more addresses of a record are listed: a range has up to 65,536.
const MOST: usize = 300;

/// Everything that is read from an input, and why its reading ended early.
pub fn records(
    reader: Result<RecordReader<'_>, InputError>,
    are_blocks: bool,
) -> (Vec<String>, Tally) {
    let mut reader = match reader {
        Ok(reader) => reader,
        Err(error) => return (vec![explained(&error)], Tally::default()),
    };
    match are_blocks {
        true => by_block(&mut reader),
        false => one_by_one(&mut reader),
    }
}

fn one_by_one(reader: &mut RecordReader<'_>) -> (Vec<String>, Tally) {
    let mut found = Vec::new();
    loop {
        match reader.next() {
            Ok(Some(record)) => found.push(shown(record)),
            Ok(None) => break,
            Err(error) => {
                found.push(explained(&error));
                break;
            }
        }
    }
    (found, reader.take_tally())
}

fn by_block(reader: &mut RecordReader<'_>) -> (Vec<String>, Tally) {
    let (mut found, mut tally) = (Vec::new(), Tally::default());
    loop {
        let block = match reader.next_block() {
            Ok(Some(block)) => block,
            Ok(None) => break,
            Err(error) => {
                found.push(explained(&error));
                break;
            }
        };
        let mut parser = Parser::new(reader.form());
        let mut cursor = BlockCursor::default();
        while let Some(record) = parser.next(&block, &mut cursor) {
            if let Some(original) = record.original {
                let there = &block.bytes()[original.offset..][..original.bytes.len()];
                assert_eq!(there, original.bytes, "a record is where it says");
            }
            found.push(shown(record));
        }
        tally.add(parser.take_tally());
    }
    (found, tally)
}

fn shown(record: Record<'_>) -> String {
    let bytes = record.original.map(|original| original.bytes);
    let Record {
        cells,
        time,
        session,
        line,
        problems,
        ..
    } = &record;
    let said = format!("{line} {cells:?} {time:?} {session:?} {problems:?} {bytes:?}");
    let addresses = record.addresses.clone().take(MOST);
    let addresses: Vec<String> = addresses.map(|address| address.to_string()).collect();
    format!("{said} {addresses:?}")
}

fn explained(error: &InputError) -> String {
    let source = std::error::Error::source(error);
    source.map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}
