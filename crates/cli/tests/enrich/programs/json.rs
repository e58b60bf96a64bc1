//! JSON: the address and the time of the other side, and objects that are too long or incomplete.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::programs::stored::check;

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn json_of_programs_has_the_address_and_time_of_the_other_side() {
    for (json, arguments, expected) in [
        (
            r#"{"src_ip":"1.128.0.1","timestamp":1740823200,"start":"2025-03-01T09:00:00Z"}"#,
            &[][..],
            "1.128.0.1 2025-03-01T10:00:00Z",
        ),
        (
            r#"{"source":{"ip":"1.128.0.1"},"client":{"ip":"10.0.0.1"},"@timestamp":"2025-03-01T10:00:00Z"}"#,
            &[],
            "1.128.0.1 2025-03-01T10:00:00Z",
        ),
        (
            r#"{"jsonPayload":{"connection":{"src_ip":"1.128.0.1","dest_ip":"10.0.0.2"}},"timestamp":"2025-03-01T10:00:00Z"}"#,
            &[],
            "1.128.0.1 2025-03-01T10:00:00Z",
        ),
        (
            r#"{"ip":"10.0.0.9","src":"1.128.0.1","dst":"10.0.0.9"}"#,
            &[],
            "1.128.0.1 -",
        ),
        (
            r#"{"request":{"remote_ip":"10.0.0.1","client_ip":"1.128.0.1"},"ts":1740823200.25}"#,
            &[],
            "1.128.0.1 2025-03-01T10:00:00.250Z",
        ),
        (
            r#"{"Records":[{"eventTime":"2025-03-01T10:00:00Z","sourceIPAddress":"1.128.0.1"}]}"#,
            &[],
            "1.128.0.1 2025-03-01T10:00:00Z",
        ),
        (
            "{\"event\":\"boot\",\"interfaces\":[{\"ip\":\"10.0.0.9\"}]}\n{\"src_ip\":\"1.128.0.1\",\"interfaces\":[{\"ip\":\"10.0.0.9\"}]}",
            &[],
            "1.128.0.1 -",
        ),
        (
            r#"{"_source":{"src_ip":"1.128.0.1","timestamp":"2025-03-01T10:00:00Z"}}"#,
            &[
                "--field",
                "_source.src_ip",
                "--time-field",
                "_source.timestamp",
            ],
            "1.128.0.1 2025-03-01T10:00:00Z",
        ),
        (
            r#"{"msg":"route added","prefix":"10.1.2.0/24","client":"curl/8"}"#,
            &[],
            "",
        ),
        (
            r#"{"t":{"$date":"2025-03-01T10:00:00Z"},"attr":{"remote":"1.128.0.1:5"}}"#,
            &[],
            "1.128.0.1 2025-03-01T10:00:00Z",
        ),
        (
            r#"{"remote_addr":"1.128.0.1","ua":"\x22 9.9.9.9","time_iso8601":"2025-03-01T10:00:00+00:00"}"#,
            &[],
            "1.128.0.1 2025-03-01T10:00:00Z",
        ),
        (
            r#"{"SRC_IP":"1.128.0.1","src_ip":"9.9.9.9"}"#,
            &["--field", "SRC_IP"],
            "1.128.0.1 -",
        ),
        (
            "1.128.0.1\n\"1.128.0.2\"\n1.128.0.3\n",
            &["--seen-at", "2025-03-01"],
            "1.128.0.1 2025-03-01T00:00:00Z, 1.128.0.2 2025-03-01T00:00:00Z, 1.128.0.3 2025-03-01T00:00:00Z",
        ),
    ] {
        check(format!("{json}\n"), arguments, expected);
    }
}

/// What follows it is read.
#[test]
fn what_comes_after_a_long_object_is_read() {
    let long = format!("{{\"src_ip\":\"9.9.9.9\",\"x\":\"{}\"}}", "x".repeat(400));
    let limit = ["--max-line-length", "300"];
    let good = r#"{"src_ip":"1.128.0.1"}"#;
    for content in [
        format!("[{good},{long},{{\"src_ip\":\"1.128.0.2\"}}]"),
        format!("{{\"Records\":[{good},{long},{{\"src_ip\":\"1.128.0.2\"}}]}}\n"),
        format!("{good}\n{long}\n{{\"src_ip\":\"1.128.0.2\"}}\n"),
        format!(
            "{good}\n{{\"x\":[\n{}{good}\n{{\"src_ip\":\"1.128.0.2\"}}\n",
            "0,\n".repeat(400)
        ),
    ] {
        check(content, &limit, "1.128.0.1 -, 1.128.0.2 -");
    }
}

/// An object is lost as a whole.
#[test]
fn pieces_of_an_object_are_not_records() {
    let flows = "  {\"src_ip\":\"9.9.9.9\"},\n".repeat(20);
    let object = format!("{{\n \"src_ip\":\"1.128.0.1\",\n \"flows\":[\n{flows}");
    let whole = format!("{object}  0\n ]\n}}\n{{\n \"src_ip\":\"1.128.0.2\"\n}}\n");
    check(&whole, &["--max-line-length", "200"], "1.128.0.2 -");
    check(&object, &[], "");
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(format!("{{\n \"src_ip\":\"1.128.0.2\"\n}}\n{object}").as_bytes())
        .unwrap();
    gzip.flush().unwrap();
    check(gzip.get_ref(), &[], "1.128.0.2 -");
    check(whole, &[], "1.128.0.1 -, 1.128.0.2 -");
}
