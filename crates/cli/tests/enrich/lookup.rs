//! `lookup`.

use crate::bench::Bench;

#[test]
fn an_answer_says_where_each_value_comes_from() {
    let bench = Bench::new();
    let ran = bench.run(&["lookup", "--format", "json", "8.8.8.8"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let answer = ran.json();
    assert_eq!(answer["asn"], 15169);
    assert_eq!(answer["sources"]["asn"], "maxmind");
    assert_eq!(answer["sections"]["maxmind"]["asn"], 15169);
    assert_eq!(answer["steps"][0]["result"], "found");
    assert!(answer["first_seen"].is_null(), "nothing has been stored");
    assert!(!bench.path("test.db").exists());
}

#[test]
fn what_is_stored_and_fresh_is_not_asked_for_again() {
    let bench = Bench::new();
    bench.enrich(&["8.8.8.8"]);
    let explained = &["lookup", "--format", "json", "8.8.8.8"];
    let answer = bench.run(explained).json();
    assert_eq!(answer["session_count"], 0);
    assert_eq!(answer["steps"][0]["result"], "fresh");
    let explained = bench.run(&["lookup", "--explain", "8.8.8.8"]).stdout;
    assert!(
        explained.contains("fresh until its data changes"),
        "{explained}"
    );
}

#[test]
fn an_invalid_address_is_wrong_usage() {
    let ran = Bench::new().run(&["lookup", "1.2.3.4.5"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("1.2.3.4.5"), "{}", ran.stderr);
}
