//! Whole inputs: wherever reads end, and whether record by record or block by block, the same is read.

#![no_main]

use std::io::Cursor;

use ipcascade_fuzz::{Pieces, options, records};
use ipcascade_input::{CsvColumn, Input, InputFormat, InputOptions, RecordReader, Spelling};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let [choice, limit, first, second, content @ ..] = data else {
        return;
    };
    let is_asked = choice & 8 != 0;
    let format = match choice % 8 {
        0 => None,
        1 => Some(InputFormat::List),
        2 => Some(InputFormat::Text),
        3 => Some(InputFormat::Ndjson),
        4 => Some(InputFormat::Csv),
        _ => Some(InputFormat::Cowrie),
    };
    let mut options = InputOptions {
        format,
        max_line_length: [10, 40, 1 << 20][usize::from(limit % 3)],
        spelling: Spelling {
            zero_padded: limit & 64 != 0,
            integers: limit & 128 != 0,
        },
        ..options()
    };
    if format == Some(InputFormat::Csv) && is_asked {
        options.columns = vec![CsvColumn::Number(1)];
        options.no_header = true;
        options.delimiter = Some(b',');
    }
    let whole = || Input::whole(Cursor::new(content), options.now);
    let expected = records(RecordReader::new("input", whole(), &options), false);
    let blocks = records(RecordReader::new("input", whole(), &options), true);
    assert_eq!(blocks, expected);
    // What is recognised depends on how much is looked at; once it is known, nothing does.
    if format.is_none() || (format == Some(InputFormat::Csv) && !is_asked) {
        return;
    }
    let sizes = [usize::from(*first), usize::from(*second)];
    let pieces = Input::whole(Pieces::new(content, sizes), options.now);
    let pieces = records(
        RecordReader::new("input", pieces, &options),
        choice & 16 != 0,
    );
    assert_eq!(pieces, expected);
});
