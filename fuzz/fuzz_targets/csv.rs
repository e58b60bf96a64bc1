//! Tables: a row has the cells that the crate `csv` reads, and written again it has the same.

#![no_main]

use csv::{ByteRecord, ReaderBuilder, Terminator, WriterBuilder};
use ipcascade_fuzz::{options, records};
use ipcascade_input::{Cells, Input, InputFormat, InputOptions, RecordReader};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let [choice, table @ ..] = data else {
        return;
    };
    let delimiter = b",;|:"[usize::from(choice % 4)];
    let mut cells = Cells::new(delimiter);
    let row: Vec<Vec<u8>> = cells.of(table).map(<[u8]>::to_vec).collect();
    let record = first_record(table, delimiter);
    // At the end of the file, the crate closes a quote.
    let is_closed = first_record(&[table, b"\n"].concat(), delimiter) == record;
    if let Some(record) = record.filter(|_| is_closed) {
        assert_eq!(row, record);
        let mut writer = WriterBuilder::new()
            .delimiter(delimiter)
            .from_writer(Vec::new());
        writer.write_record(&row).unwrap();
        let written = writer.into_inner().unwrap();
        let again: Vec<Vec<u8>> = cells.of(&written).map(<[u8]>::to_vec).collect();
        assert_eq!(again, row);
    }
    let options = InputOptions {
        format: Some(InputFormat::Csv),
        delimiter: (choice & 16 != 0).then_some(delimiter),
        no_header: choice & 32 != 0,
        ..options()
    };
    let input = || Input::whole(table, options.now);
    let one_by_one = records(RecordReader::new("input", input(), &options), false);
    let by_block = records(RecordReader::new("input", input(), &options), true);
    assert_eq!(by_block, one_by_one);
});

/// The first record of a table as the crate reads it, which passes over empty lines.
fn first_record(table: &[u8], delimiter: u8) -> Option<Vec<Vec<u8>>> {
    if table.first().is_none_or(|&byte| byte == b'\n') {
        return None;
    }
    let mut reader = ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(false)
        .flexible(true)
        .terminator(Terminator::Any(b'\n'))
        .from_reader(table);
    let mut record = ByteRecord::new();
    let is_there = reader.read_byte_record(&mut record).unwrap();
    is_there.then(|| record.iter().map(<[u8]>::to_vec).collect())
}
