//! Records with a key added.

use serde_json::Value;

use crate::commands::enrich::filter::render::renderer::Group;
use crate::commands::enrich::filter::render::tests::sample::{group, view, written, written_over};

#[test]
fn a_json_record_keeps_its_bytes_and_gains_a_key() {
    let of = |original: &[u8]| {
        written(b',', |to, out| {
            to.ndjson_record(out, original, &group(&[&view()]));
        })
    };
    let found = r#""enrichment":{"asn":64500,"asn_org":"Quote \" & comma, Inc.","prefix":"198.41.0.0/24","is_bogon":false,"sources":{"asn":"geo","asn_org":"geo","prefix":"geo"}}"#;
    assert_eq!(
        of(br#"{"z":1.0, "src_ip":"198.41.0.4"} "#),
        format!("{{\"z\":1.0, \"src_ip\":\"198.41.0.4\",{found}}}\n")
    );
    assert_eq!(
        of(b"{\n  \"a\": [\n    1\n  ]\n}"),
        format!("{{\"a\": [1],{found}}}\n")
    );
    assert_eq!(
        of(b"hp cowrie: {\"x\":NaN}"),
        format!("hp cowrie: {{\"x\":NaN,{found}}}\n")
    );
    assert!(of(b"{}").starts_with(r#"{"enrichment":{"#));
    assert_eq!(of(b"{nonsense"), "{nonsense\n");
    assert!(of(b"\"198.41.0.4\"").starts_with(r#"{"address":"198.41.0.4","asn""#));
}

#[test]
fn a_record_without_an_address_stays_as_it_is() {
    let nested = br#"syslog: {"a":{"enrichment":NaN}}"#;
    let line = written(b',', |to, out| {
        assert!(!to.ndjson_record(out, nested, &group(&[&view()])));
    });
    assert!(
        line.starts_with(r#"syslog: {"a":{"enrichment":NaN},"enrichment":{"asn""#),
        "{line}"
    );
    for record in [&br#"{"n":2}"#[..], br#"{"enrichment":1}"#] {
        let line = written(b',', |to, out| {
            assert!(!to.ndjson_record(out, record, &group(&[])));
        });
        assert_eq!(line.trim_end().as_bytes(), record);
    }
}

#[test]
fn a_key_that_is_there_is_replaced_only_if_that_is_asked_for() {
    let record = br#"{"enrichment":1,"a":2}"#;
    let line = written(b',', |to, out| {
        assert!(to.ndjson_record(out, record, &group(&[&view()])));
    });
    assert_eq!(line.trim_end().as_bytes(), record);
    let line = written_over(b',', true, |to, out| {
        assert!(!to.ndjson_record(out, record, &group(&[&view(), &view()])));
    });
    assert_eq!(line.matches("\"enrichment\"").count(), 1, "{line}");
    let record: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(record["enrichment"]["198.41.0.4"]["asn"], 64500);
    assert_eq!(line.matches("198.41.0.4").count(), 1, "{line}");
}

#[test]
fn each_field_that_was_asked_for_has_its_own() {
    let view = view();
    let group = Group {
        views: &[&view, &view],
        names: &["src", "dst", "via"],
        fields: &[0, 1],
    };
    let line = written(b',', |to, out| {
        to.ndjson_record(out, b"{}", &group);
    });
    let record: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(record["enrichment"]["src"]["asn"], 64500);
    assert_eq!(record["enrichment"]["dst"]["asn"], 64500);
    assert!(record["enrichment"].get("via").is_none());
}
