//! Good inputs, and the records in them.

use std::io::Read as _;

use crate::options::{CsvColumn, InputFormat, InputOptions};
use crate::tests::{gzip, items, read, read_with, reader};

fn of(format: InputFormat) -> InputOptions {
    InputOptions {
        format: Some(format),
        ..InputOptions::default()
    }
}

#[test]
fn lists_have_addresses_networks_ranges_and_comments() {
    let list = "# mine\n1.2.3.4 # one\r\n\n  2001:DB8::1\n192.0.2.0/31\n192.0.2.9-192.0.2.10;no\n\
                1[.]1[.]1[.]1\n;end";
    assert_eq!(
        read(list),
        [
            "2: 1.2.3.4",
            "4: 2001:db8::1",
            "5: 192.0.2.0 192.0.2.1",
            "6! `192.0.2.9-192.0.2.10;no` is not a range: `192.0.2.10;no` is not an address",
            "7: 1.1.1.1",
        ]
    );
}

#[test]
fn a_network_over_the_cap_is_unreadable_and_one_at_the_cap_is_not() {
    let options = InputOptions {
        max_expansion: 4,
        ..InputOptions::default()
    };
    let found = read_with("192.0.2.0/30\n192.0.2.0/29\n::/0\n1.2.3.4\n", &options);
    assert_eq!(found.len(), 4);
    assert_eq!(
        found[1],
        "2! `192.0.2.0/29` has 8 addresses, more than the 4 that one entry may have"
    );
    assert_eq!(found[2], "3! `::/0` is the whole of IPv6");
    assert_eq!(found[3], "4: 1.2.3.4");
    let whole = read("10.0.0.0/16");
    assert_eq!(whole[0].split(' ').count(), 65_537);
}

#[test]
fn every_address_of_a_line_of_text_is_found() {
    assert_eq!(
        read("nothing here\nfrom 1.2.3.4 to 5.6.7.8, v1.2.3\nhxxp://1[.]2[.]3[.]5/"),
        ["2: 1.2.3.4 5.6.7.8", "3: 1.2.3.5"]
    );
}

#[test]
fn json_objects_have_the_address_in_the_likeliest_field() {
    let log = r#"{"client_ip":"5.6.7.8","src_ip":"1.2.3.4","time":"2026-01-02T03:04:05Z"}
{"client_ip":["1.1.1.1","x","2001:db8::1"],"ip":null}
{"source":{"ip":"9.9.9.9"}}
{"source.ip":"9.9.9.8"}
{"other":"1.2.3.4"}
{"ip":7}
{"ip":"\u0031.2.3.4"}
"#;
    let mut reader = reader(log, &InputOptions::default());
    assert_eq!(reader.form().format(), InputFormat::Ndjson);
    let first = reader.next().unwrap().unwrap();
    assert_eq!(
        first.time,
        ipcascade_core::clock::parse_timestamp("2026-01-02T03:04:05Z")
    );
    assert!(first.original.unwrap().bytes.ends_with(b"05Z\"}"));
    assert_eq!(
        first.addresses.map(|a| a.to_string()).collect::<String>(),
        "1.2.3.4"
    );
    assert_eq!(
        items(&mut reader).unwrap(),
        [
            "2: 1.1.1.1 2001:db8::1",
            "2! `x` is not an address",
            "3: 9.9.9.9",
            "4: 9.9.9.8",
            "5! the object has no field with an address (src_ip, source_ip, \
             source_ip_address, src_addr, …); name it with --field",
            "6! the field `ip` is a number (--integers reads those)",
            "7: 1.2.3.4",
        ]
    );
}

#[test]
fn a_field_is_a_path() {
    let options = InputOptions {
        fields: vec!["a.b.c".into()],
        ..InputOptions::default()
    };
    assert_eq!(
        read_with(
            r#"{"ip":"9.9.9.9","a":{"b":[{"c":"1.2.3.4"},{"c":"1.2.3.5"}]}}
{"a":{"b.c":"1.2.3.6"}}
{"a":{"b":{"d":"1.2.3.7"}}}"#,
            &options
        ),
        [
            "1: 1.2.3.4 1.2.3.5",
            "2: 1.2.3.6",
            "3! the object has no field `a.b.c`"
        ]
    );
}

#[test]
fn csv_has_a_header_or_not_and_any_delimiter() {
    let table = "when;note;SRC_IP\r\n1;\"two\nlines;\";1.2.3.4\r\n2;\"q\"\"q\";256.1.1.1\r\n3;;\r\n4\r\n5;x;::1";
    let mut reader = reader(table, &InputOptions::default());
    assert_eq!(reader.form().format(), InputFormat::Csv);
    assert_eq!(reader.form().head(), b"when;note;SRC_IP\r\n");
    assert_eq!(reader.form().delimiter(), Some(b';'));
    assert_eq!(
        items(&mut reader).unwrap(),
        [
            "2: 1.2.3.4",
            "4! `256.1.1.1` is not an address: `256` is over 255",
            "5! column `SRC_IP` is empty",
            "6! the record has no column `SRC_IP`",
            "7: ::1",
        ]
    );
    assert_eq!(read("x,1.2.3.4\ny,1.2.3.5\n"), ["1: 1.2.3.4", "2: 1.2.3.5"]);
    assert_eq!(read("a|b\nx|1.2.3.4\n"), ["2: 1.2.3.4"]);
}

#[test]
fn a_column_is_a_name_or_a_number() {
    let table = "ip,peer_ip\n1.1.1.1,2.2.2.2\n";
    for (column, expected) in [
        ("PEER_IP", "2: 2.2.2.2"),
        ("2", "2: 2.2.2.2"),
        ("1", "2: 1.1.1.1"),
    ] {
        let column: CsvColumn = column.parse().unwrap();
        let options = InputOptions {
            columns: vec![column],
            ..of(InputFormat::Csv)
        };
        assert_eq!(read_with(table, &options), [expected]);
    }
}

/// Found by fuzzing: the quick way took whatever is called `timestamp` for the whole time.
#[test]
fn the_time_of_an_event_may_be_missing_or_in_two_members() {
    for (members, expected) in [
        (r#""timestamp":"-""#, None),
        (r#""timestamp":"""#, None),
        (
            r#""timestamp":"2026-01-02","time":"03:04:05""#,
            Some("2026-01-02T03:04:05Z"),
        ),
    ] {
        let log = format!(r#"{{"eventid":"cowrie.x","src_ip":"1.2.3.4","session":"a",{members}}}"#);
        let mut reader = reader(log, &InputOptions::default());
        let record = reader.next().unwrap().unwrap();
        assert!(record.problems.is_empty(), "{members}: {record:?}");
        let expected = expected.and_then(ipcascade_core::clock::parse_timestamp);
        assert_eq!(record.time, expected, "{members}");
    }
}

#[test]
fn cowrie_events_have_session_sensor_and_time() {
    let log = r#"{"eventid":"cowrie.session.connect","src_ip":"1.2.3.4","session":"a1","sensor":"s","timestamp":"2026-01-02T03:04:05.678901Z"}
{"eventid":"cowrie.command.input","input":"{\"src_ip\":\"6.6.6.6\",\"eventid\":\"cowrie.session.closed\"}","src_ip":"1.2.3.4","session":"a1"}
{"eventid":"cowrie.log.closed","src_ip":"1.2.3.4","session":"a1"}
{"eventid":"cowrie.session.closed","src_ip":"1.2.3.4","session":"a1","more":{"src_ip":[1,2]}}
"#;
    let mut reader = reader(log, &InputOptions::default());
    assert_eq!(reader.form().format(), InputFormat::Cowrie);
    let mut ends = Vec::new();
    let mut timestamps = Vec::new();
    while let Some(record) = reader.next().unwrap() {
        assert!(!record.is_left_out());
        let addresses: Vec<_> = record.addresses.map(|a| a.to_string()).collect();
        assert_eq!(addresses, ["1.2.3.4"]);
        let session = record.session.unwrap();
        assert_eq!(session.id, "a1");
        ends.push((session.sensor.is_some(), session.is_closed));
        timestamps.push(record.time);
    }
    assert_eq!(
        ends,
        [(true, false), (false, false), (false, false), (false, true)]
    );
    assert_eq!(
        timestamps[0],
        ipcascade_core::clock::parse_timestamp("2026-01-02T03:04:05.678901Z")
    );
    assert_eq!(timestamps[1], None);
    let tally = reader.take_tally();
    assert_eq!((tally.records, tally.untimed), (4, 3));
}

#[test]
fn compression_is_recognised_by_content() {
    let text = b"1.2.3.4\n5.6.7.8\n";
    let expected = ["1: 1.2.3.4", "2: 5.6.7.8"];
    let mut members = gzip(b"1.2.3.4\n");
    members.extend(gzip(b"5.6.7.8\n"));
    assert_eq!(read(members), expected);
    let mut frames = zstd::encode_all(&text[..8], 3).unwrap();
    frames.extend(zstd::encode_all(&text[8..], 3).unwrap());
    assert_eq!(read(frames), expected);
    let mut packed = Vec::new();
    bzip2::bufread::BzEncoder::new(&text[..], bzip2::Compression::fast())
        .read_to_end(&mut packed)
        .unwrap();
    assert_eq!(read(packed), expected);
}

/// The format that `input` is recognised as.
fn recognised(input: &str) -> InputFormat {
    reader(input, &InputOptions::default()).form().format()
}

#[test]
fn a_format_is_recognised_by_more_than_what_is_read_first() {
    let event = r#"{"eventid":"cowrie.session.connect","src_ip":"1.2.3.4","dst_ip":"9.9.9.9","session":"a"}"#;
    let banner = "2025-03-01T09:59:00Z [-] Loading plugin\n".repeat(15);
    assert_eq!(
        recognised(&format!("{banner}{event}\n")),
        InputFormat::Cowrie
    );
    // Among lines of text an event is still an event.
    let late = format!("{}{event}\n", "nothing here\n".repeat(200));
    assert_eq!(recognised(&late), InputFormat::Text);
    assert_eq!(read(late), ["201: 1.2.3.4"]);
    let prefixed =
        "Mar  1 10:00:00 h suricata[1]: {\"src_ip\":\"1.2.3.4\",\"dest_ip\":\"9.9.9.9\"}\n";
    assert_eq!(read(prefixed.repeat(2)), ["1: 1.2.3.4", "2: 1.2.3.4"]);
    let quoted = "\"src_ip\",\"when\"\n\"1.2.3.4\",\"2025-03-01\"\n";
    assert_eq!(recognised(quoted), InputFormat::Csv);
    let wide = "when,attacker,target\n";
    let rows: String = (0..30)
        .map(|n| format!("{n},{},10.0.0.5\n", if n < 3 { "-" } else { "1.2.3.4" }))
        .collect();
    let mut table = reader(format!("{wide}{rows}"), &InputOptions::default());
    assert_eq!(table.form().address_names(), ["attacker"]);
    assert_eq!(items(&mut table).unwrap().len(), 30);
}

#[test]
fn values_of_json_are_read_however_they_are_laid_out() {
    let pretty = "{\n  \"ip\": \"1.2.3.4\",\n  \"l\": [\n{\"x\":1}\n]\n}\n";
    let many: String = (0..50_000)
        .map(|n| format!("{{\"ip\":\"1.2.3.4\",\"n\":{n}}},"))
        .collect();
    for (input, count) in [
        (format!("[{many}{{\"ip\":\"1.2.3.4\"}}]"), 50_001),
        (format!("{{\"ip\":\"1.2.3.4\"}}\n{pretty}{pretty}"), 3),
        (
            "[{\"ip\":\"1.2.3.4\"}\n,{\"ip\":\"1.2.3.4\"},{\"ip\":\"1.2.3.4\"}\n]".to_owned(),
            3,
        ),
        (
            "\u{1e}{\"ip\":\"1.2.3.4\"}\n\u{1e}{\"ip\":\"1.2.3.4\"}\n".to_owned(),
            2,
        ),
        (
            "{\"ip\":\"1.2.3.4\"} {\"ip\":\"1.2.3.4\"}\n\u{feff}{\"ip\":\"1.2.3.4\"}".to_owned(),
            3,
        ),
        ("[\"1.2.3.4\", \"1.2.3.4\"]".to_owned(), 2),
    ] {
        let found = read(input.as_str());
        let good = found
            .iter()
            .filter(|item| item.ends_with(": 1.2.3.4"))
            .count();
        assert_eq!((good, found.len()), (count, count), "{:?}", found.last());
    }
}

#[test]
fn quotes_between_tabs_are_as_they_are() {
    let log = "#fields\tts\tid.orig_h\tuser_agent\n1740823200\t1.2.3.4\t\"Mozilla\n1740823201\t1.2.3.5\tcurl\n\
               1740823202\t1.2.3.6\t\"x\n#close\t2025\n";
    assert_eq!(read(log)[..3], ["2: 1.2.3.4", "3: 1.2.3.5", "4: 1.2.3.6"]);
}
