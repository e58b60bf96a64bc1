//! The output of many kinds of programs, as they write it: which address is stored, and when it was seen.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use crate::bench::Bench;

/// An event of Cowrie.
const EVENT: &str = r#"{"eventid":"cowrie.session.connect","src_ip":"1.128.0.1","dst_ip":"10.0.0.2","session":"aa01","sensor":"hp1","message":"x","timestamp":"2025-03-01T10:00:00.000000Z"}"#;
/// What is stored from it.
const OF_EVENT: &str = "1.128.0.1 2025-03-01T10:00:00Z 1";

/// The addresses of the inventory, when they were first seen if that is not now, and their sessions.
fn stored(bench: &Bench) -> String {
    let rows = bench.run(&["ip", "export"]).lines();
    let rows = rows.iter().map(|row| {
        let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
        let first = text("first_seen");
        let seen = if first.starts_with("2025") {
            first
        } else {
            "-".to_owned()
        };
        let sessions = match &row["session_count"] {
            Value::Number(number) if number.as_u64() != Some(0) => format!(" {number}"),
            _ => String::new(),
        };
        format!("{} {seen}{sessions}", text("address"))
    });
    rows.collect::<Vec<_>>().join(", ")
}

/// Reads `content` with `arguments`, and compares what is stored with `expected`.
fn check(content: impl AsRef<[u8]>, arguments: &[&str], expected: &str) {
    let bench = Bench::new();
    let content = content.as_ref();
    bench.write("input", content);
    let ran = bench.run(&[&["enrich", "input"], arguments].concat());
    let shown = String::from_utf8_lossy(content);
    assert_eq!(stored(&bench), expected, "{shown}\n{}", ran.stderr);
    bench.assert_verified();
}

fn escaped(text: &str) -> String {
    Value::from(text).to_string()
}

#[test]
fn events_are_found_behind_what_programs_put_before_them() {
    for before in [
        "<134>1 2025-03-01T10:00:00Z hp1 cowrie 812 - - ",
        "<134>1 2025-03-01T10:00:00Z hp1 cowrie 812 - [a@1 b=\"c\"] ",
        "Mar  1 10:00:00 hp1 cowrie[812]: ",
        "cowrie-1  | 2025-03-01T10:00:05.1Z ",
        "\u{1b}[36mcowrie-1  | \u{1b}[0m",
        "2025-03-01T10:00:05.123Z ",
        "2025-03-01T10:00:05Z\tcowrie\t",
        "2025-03-01T10:00:05Z {host=\"hp1\"} ",
        "[pod/cowrie-0/cowrie] ",
        "2025-03-01T10:00:05.1Z stdout F ",
    ] {
        check(format!("{before}{EVENT}\n"), &[], OF_EVENT);
    }
    // Among lines of something else.
    let nginx = "9.9.9.9 - - [01/Mar/2025:10:00:00 +0000] \"GET / HTTP/1.1\" 200 5\n";
    for before in [
        "<134>1 2025-03-01T10:00:00Z hp1 cowrie 812 - - ",
        "cowrie-1  | ",
        "[pod/cowrie-0/cowrie] ",
        "2025-03-01T10:00:05.1Z stdout F ",
    ] {
        let mixed = format!("{}{before}{EVENT}\n", nginx.repeat(12));
        check(
            mixed,
            &[],
            &format!("{OF_EVENT}, 9.9.9.9 2025-03-01T10:00:00Z"),
        );
    }
    let sshd = "Mar  1 10:00:00 hp1 sshd[1]: Failed password for root from 9.9.9.9 port 1 ssh2\n";
    let shared = format!(
        "{}Mar  1 10:00:00 hp1 cowrie[812]: {EVENT}\n",
        sshd.repeat(5)
    );
    let bench = Bench::new();
    bench.write("input", shared);
    bench.run(&["enrich", "input"]);
    assert!(stored(&bench).starts_with(OF_EVENT), "{}", stored(&bench));
}

#[test]
fn events_are_found_in_what_programs_wrap_them_in() {
    let text = escaped(EVENT);
    let cell = EVENT.replace('"', "\"\"");
    let prefixed = escaped(&format!("Mar  1 10:00:00 hp1 cowrie[1]: {EVENT}"));
    for wrapped in [
        format!("{{\"version\":\"1.1\",\"short_message\":{text}}}"),
        format!("{{\"msg\":{text}}}"),
        format!("{{\"@timestamp\":\"2025-03-02T00:00:00Z\",\"@message\":{text}}}"),
        format!("{{\"host\":\"h\",\"event\":{EVENT}}}"),
        format!("{{\"index\":\"graylog_0\",\"message\":{EVENT}}}"),
        format!("{{\"message\":{prefixed}}}"),
        format!(
            "{{\"took\":1,\"hits\":{{\"total\":1,\"hits\":[{{\"_id\":\"1\",\"_source\":{EVENT}}}]}}}}"
        ),
        format!(
            "{{\"events\":[{{\"timestamp\":1740909600000,\"message\":{text}}}],\"next\":null}}"
        ),
        format!(
            "\"timestamp\",\"source\",\"message\"\n\"2025-03-02T00:00:00Z\",\"10.0.0.9\",\"{cell}\"\n"
        ),
        format!("timestamp,message\n1740909600000,\"{cell}\"\n"),
    ] {
        check(wrapped, &[], OF_EVENT);
    }
}

#[test]
fn lines_that_container_engines_have_cut_are_whole() {
    let long = EVENT.replace("\"x\"", &format!("\"{}\"", "x".repeat(20_000)));
    let (first, second) = long.split_at(16_384);
    let docker = |log: &str| {
        format!(
            "{{\"log\":{},\"stream\":\"stdout\",\"time\":\"2025-03-01T10:00:01Z\"}}\n",
            escaped(log)
        )
    };
    check(
        docker(first) + &docker(&format!("{second}\n")),
        &[],
        OF_EVENT,
    );
    let cri = format!(
        "2025-03-01T10:00:01.1Z stdout P {first}\n2025-03-01T10:00:01.2Z stdout F {second}\n"
    );
    check(cri, &[], OF_EVENT);
}

/// Text typed by an attacker does not name a source.
#[test]
fn events_that_were_typed_are_not_read() {
    let forged = r#"{"eventid":"cowrie.session.connect","src_ip":"9.9.9.9","session":"f"}"#;
    let typed = escaped(forged);
    for (line, expected) in [
        (
            format!(
                "2025-03-01T10:00:00Z hp sshd[1]: Invalid user {forged} from 1.128.0.1 port 2\n"
            ),
            "1.128.0.1 2025-03-01T10:00:00Z, 9.9.9.9 2025-03-01T10:00:00Z",
        ),
        (
            format!(
                "1.128.0.1 - - [01/Mar/2025:10:00:00 +0000] \"GET / HTTP/1.1\" 200 5 {forged}\n"
            ),
            "1.128.0.1 2025-03-01T10:00:00Z, 9.9.9.9 2025-03-01T10:00:00Z",
        ),
        (
            format!(
                "{{\"src_ip\":\"1.128.0.1\",\"message\":{typed},\"time\":\"2025-03-01T10:00:00Z\"}}\n"
            ),
            "1.128.0.1 2025-03-01T10:00:00Z",
        ),
        (
            format!(
                "{{\"event\":{forged},\"src_ip\":\"1.128.0.1\",\"time\":\"2025-03-01T10:00:00Z\"}}\n"
            ),
            "1.128.0.1 2025-03-01T10:00:00Z",
        ),
    ] {
        check(line, &[], expected);
    }
}

/// Neither in an envelope, nor in a log most of whose lines are events behind a header, nor in a table.
#[test]
fn events_that_were_typed_into_envelopes_are_not_read() {
    let forged = r#"{"eventid":"cowrie.session.connect","src_ip":"9.9.9.9","session":"f"}"#;
    let postfix = format!("warning: non-SMTP command from unknown[1.128.0.9]: {forged}");
    let cowrie = format!("Mar  1 10:00:00 hp1 cowrie[812]: {EVENT}\n").repeat(3);
    let cell = forged.replace('"', "\"\"");
    for (content, expected) in [
        (format!("{{\"MESSAGE\":{}}}\n", escaped(&postfix)), ""),
        (
            format!(
                "{{\"msg\":{}}}\n",
                escaped(&format!("Invalid user {forged}"))
            ),
            "",
        ),
        (
            format!("{cowrie}Mar  1 10:00:00 hp1 postfix/smtpd[1]: {postfix}\n"),
            OF_EVENT,
        ),
        (
            format!(
                "2025-03-01T10:00:02.123456Z [HoneyPotSSHTransport,0,1.128.0.9] CMD: {forged}\n"
            ),
            "1.128.0.9 2025-03-01T10:00:02.123456Z, 9.9.9.9 2025-03-01T10:00:02.123456Z",
        ),
        (
            format!("time,src_ip,payload\n2025-03-01 10:00:00,1.128.0.9,\"{cell}\"\n"),
            "1.128.0.9 2025-03-01T10:00:00Z",
        ),
        (
            format!("time,src_ip,message\n2025-03-01 10:00:00,1.128.0.9,\"{cell}\"\n"),
            "1.128.0.9 2025-03-01T10:00:00Z",
        ),
    ] {
        check(content, &[], expected);
    }
}

/// A machine that passed events on is not their source, if the format is named.
#[test]
fn the_source_of_an_event_can_be_named() {
    let relayed = format!(
        "{{\"source_ip\":\"10.0.0.9\",\"message\":{}}}\n",
        escaped(EVENT)
    );
    check(&relayed, &["--format-in", "cowrie"], OF_EVENT);
    let bench = Bench::new();
    bench.write("input", &relayed);
    let ran = bench.run(&["enrich", "input"]);
    assert!(ran.stderr.contains("--format-in cowrie"), "{}", ran.stderr);
    assert_eq!(stored(&bench), "10.0.0.9 -");
}

#[test]
fn tables_of_programs_have_the_address_of_the_other_side() {
    for (table, arguments, expected) in [
        (
            "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n#Fields: date time s-ip cs-method c-ip sc-status\n2025-03-01 10:00:00 10.0.0.2 GET 1.128.0.1 200\n",
            &[][..],
            "1.128.0.1 2025-03-01T10:00:00Z",
        ),
        (
            "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip\n2025-03-01\t10:00:00\tFRA2\t5\t1.128.0.1\n",
            &[],
            "1.128.0.1 2025-03-01T10:00:00Z",
        ),
        (
            "version account-id srcaddr dstaddr start end action\n2 1 1.128.0.1 10.0.0.2 1740823200 1740823260 ACCEPT\n2 1 1.128.0.1 10.0.0.2 1740823200 1740823260 ACCEPT\n",
            &[],
            "1.128.0.1 2025-03-01T10:00:00Z",
        ),
        (
            "src_ip,dst_ip\n,9.9.9.9\n,9.9.9.9\n1.128.0.1,9.9.9.9\n",
            &[],
            "1.128.0.1 -",
        ),
        ("host,dst_ip\nx,9.9.9.9\n", &[], ""),
        (
            "#Software: Microsoft Exchange\n#Version: 15.0.0.0\n#Fields: date-time,session-id,local-endpoint,remote-endpoint\n2025-03-01T10:00:00.000Z,1,10.0.0.2:25,1.128.0.1:5\n",
            &[],
            "1.128.0.1 2025-03-01T10:00:00Z",
        ),
        ("src_ip,client_ip\nunknown,1.128.0.1\n", &[], "1.128.0.1 -"),
        ("sep=;\nsrc;dst\n1.128.0.1;9.9.9.9\n", &[], "1.128.0.1 -"),
        (
            "#fields\tts\tid.orig_h\tsrc\tdst\n#types\ttime\taddr\taddr\taddr\n1740823200.5\t-\t1.128.0.1\t10.0.0.2\n",
            &[],
            "1.128.0.1 2025-03-01T10:00:00.500Z",
        ),
        (
            "\"first_seen_utc\",\"dst_ip\",\"src_ip\"\n\"2025-03-01 10:00:00\",\"9.9.9.9\",\"1.128.0.1\"\n# END 1 entries\n",
            &[],
            "1.128.0.1 2025-03-01T10:00:00Z",
        ),
        (
            "timestamp;src_ip;created\n1740823200;1.128.0.1;2019-07-01 00:00:00\n",
            &[],
            "1.128.0.1 2025-03-01T10:00:00Z",
        ),
        (
            "ip,IP\n9.9.9.9,1.128.0.1\n",
            &["--column", "IP"],
            "1.128.0.1 -",
        ),
        ("name,version,ip\nx,9.9.9.9,1.128.0.1\n", &[], "1.128.0.1 -"),
        (
            "name,netmask,gw\nx,255.255.255.0,1.128.0.1\n",
            &["--column", "gw"],
            "1.128.0.1 -",
        ),
    ] {
        check(table, arguments, expected);
    }
}

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

#[test]
fn text_of_programs_has_its_addresses_and_its_time() {
    for (line, arguments, expected) in [
        (
            "2025-03-01 10:00:00.1 IP6 2001:500:2::c.51234 > 2001:503:ba3e::2:30.domain: Flags [S]",
            &[][..],
            "2001:500:2::c 2025-03-01T10:00:00.100Z, 2001:503:ba3e::2:30 2025-03-01T10:00:00.100Z",
        ),
        (
            "time=\"2025-03-01T10:00:00Z\" level=info msg=x remote=1.128.0.1:5",
            &[],
            "1.128.0.1 2025-03-01T10:00:00Z",
        ),
        (
            "date=2025-03-01 time=10:00:00 devname=\"f\" srcip=1.128.0.1",
            &[],
            "1.128.0.1 2025-03-01T10:00:00Z",
        ),
        (
            "2025-03-01T10:00:00Z h from 001.128.000.001 port 22",
            &["--zero-padded"],
            "1.128.0.1 2025-03-01T10:00:00Z",
        ),
        (
            "add blocked 1.128.0.0/31 from 1.128.0.9",
            &[],
            "1.128.0.9 -",
        ),
        (
            "permit ip 1.128.0.0 255.255.255.254 host 1.128.0.9",
            &[],
            "1.128.0.9 -",
        ),
        ("CEF:0|V|P|9.9.9.9|1|n|5|src=1.128.0.1", &[], "1.128.0.1 -"),
    ] {
        check(format!("{line}\n"), arguments, expected);
    }
}

#[test]
fn an_event_is_the_same_in_the_search_engine_of_t_pot() {
    let bench = Bench::new();
    let shipped = EVENT.replace("\"dst_ip\"", "\"dest_ip\"").replacen(
        '{',
        r#"{"@timestamp":"2025-03-01T10:00:03Z","@version":"1","type":"Cowrie","host":"h","path":"/data","geoip":{"a":1},"t-pot_ip_ext":"192.0.2.1","#,
        1,
    );
    bench.write("cowrie.json", format!("{EVENT}\n"));
    bench.write("shipped.json", format!("{shipped}\n"));
    bench.run(&["enrich", "cowrie.json"]);
    bench.run(&["enrich", "shipped.json"]);
    let sessions = bench.run(&["session", "export"]).lines();
    assert_eq!(sessions[0]["event_count"], 1, "{sessions:?}");
}

/// If a log continues with other columns, only the first part is read, and the run fails.
#[test]
fn columns_that_change_are_not_taken_for_those_before() {
    let bench = Bench::new();
    let log = "#fields\tts\tid.orig_h\tid.resp_h\n1740823200\t1.128.0.1\t9.9.9.9\n#fields\tts\tid.orig_h\tid.resp_h\n1740823200\t1.128.0.2\t9.9.9.9\n#fields\tts\tid.resp_h\tid.orig_h\n1740823200\t9.9.9.9\t1.128.0.3\n";
    bench.write("input", log);
    let ran = bench.run(&["enrich", "input"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("input:5:"), "{}", ran.stderr);
    assert_eq!(
        stored(&bench),
        "1.128.0.1 2025-03-01T10:00:00Z, 1.128.0.2 2025-03-01T10:00:00Z"
    );
}

/// A line of text with as many words as others is not a header, and wider records do not make a table text.
#[test]
fn text_is_not_a_table_and_a_table_is_not_text() {
    let log: String = (1..5)
        .map(|host| format!("2025-03-01 10:00:00 INFO login from 1.128.0.{host}\n"))
        .collect();
    let text = format!("2025-03-01 10:00:00 INFO the client connected\n{log}");
    let all = (1..5).map(|host| format!("1.128.0.{host} 2025-03-01T10:00:00Z"));
    check(text, &[], &all.collect::<Vec<_>>().join(", "));
    check(
        "src_ip,dst_ip,url\n1.128.0.1,9.9.9.9,/a,b\n",
        &[],
        "1.128.0.1 -",
    );
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
