//! Bad inputs: everything that is good in them is read.

use std::fs;
use std::io::{self, Read};
use std::ops::ControlFlow;

use crate::container::Input;
use crate::error::InputError;
use crate::options::{InputFormat, InputOptions};
use crate::reader::{RecordReader, open as open_source};
use crate::source::InputSource;
use crate::tests::{gzip, items, opened, read, read_with};

#[test]
fn entries_that_are_not_addresses_are_reported() {
    assert_eq!(
        read("1.2.3.4.5\n256.1.1.1\nfe80::1%eth0\n1.2.3.4"),
        [
            "1! `1.2.3.4.5` is not an address: it has 5 numbers, not 4",
            "2! `256.1.1.1` is not an address: `256` is over 255",
            "3! `fe80::1%eth0` is not an address by itself: it is of an interface (link-local)",
            "4: 1.2.3.4",
        ]
    );
}

#[test]
fn a_line_over_the_limit_is_skipped_and_reported() {
    for text in ["1.2.3.4", r#"{"ip":"1.2.3.4"}"#, "x from 1.2.3.4 y"] {
        let mut log = format!("{text}\n").into_bytes();
        log.extend(vec![b'1'; 10 << 20]);
        log.extend(format!("\n{text}").into_bytes());
        let what = if text.starts_with('{') {
            "record"
        } else {
            "line"
        };
        let too_long = format!("2! the {what} is longer than 1048576 bytes (--max-line-length)");
        assert_eq!(read(log), ["1: 1.2.3.4", &too_long, "3: 1.2.3.4"], "{text}");
    }
}

#[test]
fn zero_bytes_and_invalid_utf8_spoil_only_what_they_stand_in() {
    assert_eq!(
        read(b"1.2.3.4\n\xff\xfe1.1.1.1\n1.2\0.3.4\n\0\0\0\n\0\0\x31.2.3.5\n5.6.7.8\n"),
        [
            "1: 1.2.3.4",
            "2! `\u{fffd}\u{fffd}1.1.1.1` is not an address",
            "3! `1.2\\0.3.4` is not an address",
            "5: 1.2.3.5",
            "6: 5.6.7.8",
        ]
    );
    assert_eq!(read(b"x \xff\0 1.2.3.4\xff y z\n"), ["1: 1.2.3.4"]);
    assert_eq!(
        read(b"{\"a\":\"\xff\",\"ip\":\"1.2.3.4\"}\n{\"\xff\":1,\"ip\":\"1.2.3.5\"}\n"),
        ["1: 1.2.3.4", "2: 1.2.3.5"]
    );
    assert_eq!(
        read(
            b"{\"eventid\":\"cowrie.x\",\"src_ip\":\"1.2.3.4\"}\n\
              \0\0{\"eventid\":\"cowrie.x\",\"input\":\"\xff\",\"src_ip\":\"1.2.3.5\"}\n\
              {\"eventid\":\"cowrie.x\",\"sensor\":\"\xff\",\"session\":\"1\",\"src_ip\":\"1.2.3.6\"}"
        ),
        ["1: 1.2.3.4", "2: 1.2.3.5", "3: 1.2.3.6"]
    );
    assert_eq!(
        read(b"ip,x\n1.2.3.4,\xff\n1.2.3.5,\0\n"),
        ["2: 1.2.3.4", "3: 1.2.3.5"]
    );
}

#[test]
fn line_ends_marks_and_empty_inputs_are_handled() {
    assert_eq!(
        read("\u{feff}1.2.3.4\r\n5.6.7.8\r\n"),
        ["1: 1.2.3.4", "2: 5.6.7.8"]
    );
    assert_eq!(read("\u{feff}ip,x\r\n5.6.7.8,y\r\n"), ["2: 5.6.7.8"]);
    for format in [
        InputFormat::List,
        InputFormat::Text,
        InputFormat::Ndjson,
        InputFormat::Csv,
        InputFormat::Cowrie,
    ] {
        let options = InputOptions {
            format: Some(format),
            ..InputOptions::default()
        };
        assert!(read_with("", &options).is_empty());
        assert!(read_with("\n\n", &options).is_empty(), "{format:?}");
    }
    assert!(read("").is_empty());
}

#[test]
fn cowrie_lines_may_be_broken_in_any_way() {
    let log = r#"{"eventid":"cowrie.x","src_ip":"1.2.3.4"}
["1.2.3.4"]
{"eventid":"cowrie.x","session":"a"}
{"eventid":"cowrie.x","src_ip":"1.2.3.4","timestamp":"yesterday"}
{"eventid":"cowrie.x","src_ip":"fe80::1%eth0"}
{"eventid":"cowrie.x","src_ip":5}
1.2.3.4
{"eventid":"cowrie.x","src_ip":"1.2.3.4","session":"LONG"}
{"eventid":"cowrie.x","src_ip":"1.2.3.4","session":"HUGE"}
{"eventid":"cowrie.x","src_ip":"1.2."#;
    let log = log
        .replace("LONG", &"x".repeat(65))
        .replace("HUGE", &"x".repeat(257));
    let found = read(log);
    let expected = [
        "1: 1.2.3.4",
        "2! not a JSON object",
        "3: ",
        "4: 1.2.3.4",
        "4! the time `yesterday` cannot be read",
        "5! `fe80::1%eth0` is not an address by itself: it is of an interface (link-local)",
        "6! `5` is not an address: it is a number (--integers)",
        "7! not a JSON object",
        "8: 1.2.3.4",
        "9! `session` is of 257 bytes, more than 256",
        "10! not a JSON object: EOF while parsing a string",
    ];
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found} is not {expected}");
    }
}

#[test]
fn a_quote_that_is_never_closed_costs_one_line() {
    let options = InputOptions {
        format: Some(InputFormat::Csv),
        max_line_length: 1000,
        ..InputOptions::default()
    };
    let mut table = "ip,x\n1.2.3.4,\"open\n".to_owned();
    table.push_str(&"1.2.3.5,y\n".repeat(200));
    let found = read_with(table, &options);
    assert_eq!(found[0], "2! a quote is opened and never closed");
    assert_eq!(found[1], "3: 1.2.3.5");
    assert_eq!(found[200], "202: 1.2.3.5");
    assert_eq!(
        read_with("ip,x\n1.2.3.4,\"open\n1.2.3.5,y", &options),
        ["2! a quote is opened and never closed", "3: 1.2.3.5"]
    );
}

#[test]
fn csv_without_a_column_of_addresses_says_what_is_there() {
    let options = InputOptions {
        format: Some(InputFormat::Csv),
        ..InputOptions::default()
    };
    let Err(error) = opened("a,b\n1,2\n", &options) else {
        panic!("a table without addresses was opened");
    };
    let text = error.to_string();
    assert!(
        text.contains("input") && text.contains("--column") && text.contains("a, b"),
        "{text}"
    );
}

#[test]
fn a_truncated_file_is_read_up_to_its_end() {
    let text: String = (0..20_000)
        .map(|n| format!("10.0.{}.{}\n", n / 250, n % 250))
        .collect();
    for (mut packed, kind) in [
        (gzip(text.as_bytes()), "gzip"),
        (zstd::encode_all(text.as_bytes(), 3).unwrap(), "zstd"),
    ] {
        packed.truncate(packed.len() * 9 / 10);
        let mut found = read(packed);
        let error = found.pop().unwrap();
        assert!(
            error.contains("cannot read input further than line"),
            "{kind}: {error}"
        );
        let good = found.iter().filter(|item| item.contains(": 10.0.")).count();
        assert!(good > 100 || kind == "zstd", "{kind}: {good}");
        assert!(found.len() - good <= 1, "{kind}: {:?}", found.last());
    }
}

#[test]
fn an_address_cut_by_a_failure_is_not_taken_for_a_whole_one() {
    struct FailingReader;
    impl Read for FailingReader {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the disk is gone"))
        }
    }
    let options = InputOptions::default();
    let input = Input::whole((&b"1.2.3.4\n1.2.3.1"[..]).chain(FailingReader), options.now);
    let mut reader = RecordReader::new("input", input, &options).unwrap();
    let (found, error) = items(&mut reader).unwrap_err();
    assert_eq!(found, ["1: 1.2.3.4", "2! the line is cut off"]);
    let InputError::Read { source, .. } = error else {
        panic!("{error}");
    };
    assert_eq!(source.to_string(), "the disk is gone");
}

#[test]
fn what_cannot_be_opened_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let open = |path: std::path::PathBuf| {
        let mut opened = Vec::new();
        let source = InputSource::File(path);
        let ended = open_source(&source, &InputOptions::default(), &mut |reader| {
            opened.push(reader.map(|mut reader| items(&mut reader).unwrap()));
            ControlFlow::Continue(())
        });
        assert!(ended.is_continue());
        opened.pop().unwrap()
    };
    let missing = open(folder.path().join("missing.json")).unwrap_err();
    assert!(matches!(missing, InputError::Open { .. }));
    assert!(missing.to_string().contains("missing.json"));
    assert!(matches!(
        open(folder.path().to_owned()),
        Err(InputError::Folder { .. })
    ));
    let file = folder.path().join("log");
    fs::write(&file, "1.2.3.4\n").unwrap();
    assert_eq!(open(file).unwrap(), ["1: 1.2.3.4"]);
}

/// A tar archive with these members, the first of which has a name of this length.
#[cfg(feature = "archives")]
fn tar_with_a_name_of(length: usize) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    let mut add = |name: &str, text: &str| {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        archive
            .append_data(&mut header, name, text.as_bytes())
            .unwrap();
    };
    add("first", &"1.2.3.4\n".repeat(400_000));
    add(&"n".repeat(length), "5.6.7.8\n");
    add("last", "9.9.9.9\n");
    archive.into_inner().unwrap()
}

#[test]
#[cfg(feature = "archives")]
fn a_name_in_an_archive_that_takes_too_much_memory_is_refused() {
    let whole = read(tar_with_a_name_of(900_000));
    assert_eq!(whole.len(), 400_002);
    let found = read(tar_with_a_name_of(1_100_000));
    assert_eq!(found.len(), 400_001, "what precedes it is read");
    assert!(
        found[400_000].contains("more than 1 MiB"),
        "{}",
        found[400_000]
    );
}

/// A tar archive with two small files.
#[cfg(feature = "archives")]
fn small_tar() -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, text) in [("a", "1.2.3.4\n"), ("b", "5.6.7.8\n")] {
        let mut header = tar::Header::new_ustar();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        let added = archive.append_data(&mut header, name, text.as_bytes());
        added.unwrap();
    }
    archive.into_inner().unwrap()
}

#[cfg(feature = "archives")]
fn small_zip() -> Vec<u8> {
    use std::io::{Cursor, Write as _};
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    archive.start_file("a", options).unwrap();
    archive.write_all(b"1.2.3.4\n").unwrap();
    archive.finish().unwrap().into_inner()
}

#[test]
#[cfg(feature = "archives")]
fn damaged_archives_are_named() {
    let (tar, zip) = (small_tar(), small_zip());
    let flipped = |at: usize| {
        let mut tar = tar.clone();
        tar[at] ^= 1;
        tar
    };
    for (bytes, message) in [
        (
            flipped(150),
            "it is a tar archive with a damaged header; fetch it again",
        ),
        (
            flipped(1024 + 150),
            "a header of the archive is damaged; fetch it again",
        ),
        (
            tar[..1200].to_vec(),
            "the archive is cut off before its end; fetch it again",
        ),
        (
            tar[..516].to_vec(),
            "the archive is cut off before its end; fetch it again",
        ),
        (
            zip[..zip.len() - 30].to_vec(),
            "the zip archive is cut off or damaged; fetch it again",
        ),
    ] {
        let found = read(bytes);
        let last = found.last().unwrap();
        assert!(last.ends_with(message), "{message}: {found:?}");
    }
    assert_eq!(read(tar), ["1: 1.2.3.4", "1: 5.6.7.8"]);
}

#[test]
#[cfg(feature = "archives")]
fn xz_that_asks_for_too_much_memory_is_refused() {
    // The header of a block whose dictionary has 4 GiB.
    let bomb = b"\xfd7zXZ\0\0\x01\x69\x22\xde\x36\x02\0\x21\x01\x28\0\0\0\xe6\xa0\x11\xb3";
    let found = read(bomb);
    assert!(found[0].contains("takes more memory"), "{found:?}");
}
