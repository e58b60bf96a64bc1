//! Whatever an input contains, reading it ends, and no address is found that is not in it.
//!
//! `PROPTEST_CASES=200000 cargo test --release -p ipcascade-input --lib fuzz` runs longer.

use proptest::prelude::*;
use proptest::sample::select;

use crate::options::{CsvColumn, InputFormat, InputOptions};
use crate::spelling::Spelling;
use crate::tests::unpacked;

/// Pieces that readers treat specially.
const PIECES: &[&str] = &[
    "{\"",
    "\":",
    "\"}",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\n",
    "\r\n",
    "\0\0",
    "\u{1e}",
    "\u{feff}",
    "\"",
    "\\",
    "\\u00",
    "\\ud800",
    "NaN",
    "1.2.3.4",
    "1.2.3.0/30",
    "1.2.3.1-9",
    "1.2.3.*",
    "2001:db8::1",
    "fe80::1%eth0",
    "1[.]2",
    "%20",
    "%2",
    "&lt;",
    "\u{1b}[31m",
    "eventid",
    "cowrie.session.connect",
    "cowrie.session.closed",
    "src_ip",
    "session",
    "timestamp",
    "log",
    "{\"log\":\"",
    "\",\"stream\":\"stdout\"}\n",
    "2025-03-01T10:00:00.1Z stdout P ",
    "2025-03-01T10:00:00.1Z stdout F ",
    "{\"hits\":{\"hits\":[",
    "{\"Records\":[{\"src_ip\":\"1.2.3.4\"}",
    "]}}",
    "_source",
    "message",
    "ip",
    ";",
    "\t",
    "|",
    "#fields\tts\tid.orig_h\n",
    "#Version: 1.0\n",
    "#Fields: date time c-ip\n",
    "sep=;\n",
    "src_ip a b\n",
    " > ",
    "/31",
    " 255.255.255.252",
    "IP6 2001:db8::1.443 > ",
    "I0301 10:00:00.1 ",
    "time=",
    "date=2025-03-01 time=10:00:00 ",
    "#",
    " ",
    "Mar  1 10:00:00 ",
    "2025-03-01T10:00:00Z",
    "1740823200",
    "[01/Mar/2025:10:00:00 +0000]",
    "99999999999999999999",
    "\u{1f}\u{8b}\u{8}",
    "BZh9",
    "PK\u{3}\u{4}",
    "-",
    ".",
    "é",
    "x",
];

fn content() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => select(PIECES).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..6),
        1 => (0_usize..400).prop_map(|length| vec![b'7'; length]),
    ];
    prop::collection::vec(piece, 0..80).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn anything_can_be_read(
        content in content(),
        format in prop::option::of(select(vec![
            InputFormat::List, InputFormat::Text, InputFormat::Ndjson, InputFormat::Csv, InputFormat::Cowrie,
        ])),
        limit in select(vec![10, 100, 1 << 20]),
        (by_column, integers) in any::<(bool, bool)>(),
    ) {
        let options = InputOptions {
            format,
            max_line_length: limit,
            columns: by_column.then_some(CsvColumn::Number(1)).into_iter().collect(),
            spelling: Spelling { zero_padded: integers, integers },
            ..InputOptions::default()
        };
        unpacked(content, &options);
    }

    /// Including compressed data, complete or not.
    #[test]
    fn anything_can_be_unpacked(
        content in content(),
        cut in any::<prop::sample::Index>(),
        change in any::<(prop::sample::Index, u8)>(),
        is_cut in any::<bool>(),
    ) {
        let mut packed = super::gzip(&content);
        let (place, byte) = change;
        let place = place.index(packed.len());
        packed[place] = byte;
        if is_cut {
            packed.truncate(cut.index(packed.len()));
        }
        unpacked(packed, &InputOptions::default());
    }
}
