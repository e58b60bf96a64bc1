//! Which format is recognised in what.

use crate::options::{InputFormat, InputOptions};
use crate::recognition::format::format;

fn recognised(sample: &str, is_all: bool) -> Option<InputFormat> {
    format(sample.as_bytes(), is_all, &InputOptions::default()).map(Result::unwrap)
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of cases")]
fn formats_are_recognised() {
    for (sample, expected) in [
        ("1.2.3.4\n5.6.7.8\n", InputFormat::List),
        ("# mine\n\n10.0.0.0/8 ; too\n", InputFormat::List),
        ("1.2.3.4.5\n256.1.1.1\nfe80::1%eth0\n", InputFormat::List),
        ("1[.]2[.]3[.]4\n", InputFormat::List),
        ("1.2.3.4 - 1.2.3.9\n", InputFormat::List),
        ("1.2.3.4 - - [10/Oct/2025] \"GET /\"\n", InputFormat::Text),
        ("hxxp://1[.]2[.]3[.]4/x\n", InputFormat::List),
        ("Oct 10 sshd: from 1.2.3.4, port 22\n", InputFormat::Text),
        ("", InputFormat::List),
        ("[]\n", InputFormat::Ndjson),
        ("[[],\n[]]\n[]", InputFormat::Ndjson),
        ("1.2.3.4\n\"1.2.3.5\"\n1.2.3.6\n", InputFormat::List),
        ("1.2.3.4/31 ; SBL1\n1.2.4.4/31 ; SBL2\n", InputFormat::List),
        (
            "from 1.2.3.4\nfrom 1.2.3.5\n{\"ip\":\"1.2.3.4\"}\n",
            InputFormat::Text,
        ),
        ("sep=;\nsrc;dst\n1.2.3.4;5.6.7.8\n", InputFormat::Csv),
        (
            "#Version: 1.0\n#Fields: date time s-ip c-ip\n2025-03-01 10:00:00 10.0.0.1 1.2.3.4\n",
            InputFormat::Csv,
        ),
        (
            "version srcaddr dstaddr\n2 1.2.3.4 10.0.0.1\n2 1.2.3.5 10.0.0.1\n",
            InputFormat::Csv,
        ),
        (
            "\"first_seen\",\"dst_ip\"\n\"2025-03-01\",\"1.2.3.4\"\n# END\n",
            InputFormat::Csv,
        ),
        ("{\"ip\":\"1.2.3.4\"}\n", InputFormat::Ndjson),
        ("{\n  \"ip\": \"1.2.3.4\"\n}\n", InputFormat::Ndjson),
        ("[{\"ip\": \"1.2.3.4\"}]", InputFormat::Ndjson),
        ("[\"1.2.3.4\",\n\"::1\"]", InputFormat::Ndjson),
        ("\u{1e}{\"ip\":1}\n", InputFormat::Ndjson),
        ("{\"ip\":NaN}\n", InputFormat::Ndjson),
        (
            "# a banner\nhello\n{\"eventid\":\"cowrie.x\"}\n",
            InputFormat::Cowrie,
        ),
        (
            "2025-03-01 hp cowrie: {\"eventid\":\"cowrie.x\"}\n",
            InputFormat::Cowrie,
        ),
        ("{\"eventid\":\"KIPP0001\"}\n", InputFormat::Cowrie),
        (
            "2025-03-01 hp cowrie: { \"eventid\": \"cowrie.x\" }\n",
            InputFormat::Cowrie,
        ),
        (
            "h suricata[1]: {\"src_ip\":\"9.9.9.8\"}\n",
            InputFormat::Ndjson,
        ),
        ("1.2.3.4 POST {\"a\":1}\n5.6.7.8 GET /\n", InputFormat::Text),
        (
            "a sshd[1]: from 8.8.8.8\nb sshd[1]: x\nc sshd[1]: 9.9.9.9 sent {\"eventid\":\"cowrie.x\"}\n",
            InputFormat::Text,
        ),
        (
            "h CEF:0|V|P|1.0.0.5|1|S|5|src=8.8.8.1\nh CEF:0|V|P|1.0.0.5|1|S|5|src=8.8.8.2\n",
            InputFormat::Text,
        ),
        (
            "Mar  1 10:00:01 h app: a,8.8.8.1,x\nMar  1 10:00:02 h app: b,8.8.8.2,y\n",
            InputFormat::Text,
        ),
        (
            "{\"log\":\"{\\\"eventid\\\":\\\"cowrie.x\\\"}\\n\"}\n",
            InputFormat::Cowrie,
        ),
        (
            "#separator \\x09\n#fields\tts\tid.orig_h\n1\t1.2.3.4\n",
            InputFormat::Csv,
        ),
        ("Source IP;x\n-;1\n", InputFormat::Csv),
        (
            "\"src_ip\",\"when\"\n\"1.2.3.4\",\"2025-03-01\"\n",
            InputFormat::Csv,
        ),
        ("\"1.2.3.4\";\"x\"\n\"1.2.3.5\";\"y\"\n", InputFormat::Csv),
        ("\"1.2.3.4\"\n\"::1\"\n", InputFormat::List),
        ("lf a line\"}\n{\"ip\":\"1.2.3.4\"}\n", InputFormat::Ndjson),
        (
            "{\"eventid\":\"cowrie.session.connect\"}",
            InputFormat::Cowrie,
        ),
        ("{\"eventid\":\"x\"}", InputFormat::Ndjson),
        ("ip\n1.2.3.4\n", InputFormat::Csv),
        ("when;SRC_IP\nnow;1.2.3.4\n", InputFormat::Csv),
        ("1.2.3.4,x\n5.6.7.8,y\n", InputFormat::Csv),
        ("1.2.3.4;x\n5.6.7.8;y\n", InputFormat::Csv),
        ("a\tb\nx\t1.2.3.4\n", InputFormat::Csv),
    ] {
        assert_eq!(recognised(sample, true), Some(expected), "{sample}");
    }
    assert_eq!(recognised("# only a comment\n", false), None);
    assert_eq!(recognised("1.2.3.", false), None);
    assert_eq!(recognised("{\n  \"ip\":", false), None);
    let options = InputOptions::default();
    let noise: Vec<u8> = (0..=255).collect();
    assert!(format(&noise, true, &options).unwrap().is_err());
    assert!(
        format(b"a,ip\r1,1.0.0.1\r2,1.0.0.2\r\n", true, &options)
            .unwrap()
            .is_err()
    );
    for broken in ["{\"a\":\n", "[[[[", "[", "[]]", &"[".repeat(1 << 17)] {
        let format = format(broken.as_bytes(), true, &options);
        assert!(format.unwrap().is_err(), "{broken:.9}");
    }
}
