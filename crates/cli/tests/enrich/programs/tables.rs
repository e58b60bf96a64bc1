//! Tables: the address is that of the other side.

use crate::bench::Bench;
use crate::programs::stored::{check, stored};

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
