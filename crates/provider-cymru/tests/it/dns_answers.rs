//! Forms of answers, and the sections built from them.

use ipcascade_core::lookup::FailureClass;
use ipcascade_testkit::peers::dns::{DnsPeer, DnsReply, Via};
use serde_json::json;

use crate::support::{GOOGLE_NAME, always, ask, failed, found, zone};

/// A record of these strings.
fn record(strings: &[&[u8]]) -> DnsReply {
    DnsReply::Records(
        vec![strings.iter().map(|piece| piece.to_vec()).collect()],
        60,
    )
}

#[tokio::test]
async fn all_origins_are_kept_and_the_most_specific_prefix_wins() {
    let origins = DnsReply::texts(&[
        "3356 | 8.0.0.0/9 | US | arin | 1992-12-01",
        "36040 15169 | 8.8.8.0/24 | US | arin | 2023-12-28",
        "204500 | 8.8.8.0/24 | US | arin | 2023-12-28",
    ]);
    let peer = zone(origins, DnsReply::texts(&[GOOGLE_NAME])).await;
    let outcome = ask(&peer, "8.8.8.4").await;
    let fields = found(&outcome);
    assert_eq!(fields["asn"], 15169);
    assert_eq!(fields["origins"], json!([15169, 36040, 204500]));
    assert_eq!(fields["asn_org"], "GOOGLE - Google LLC, US");
}

#[tokio::test]
async fn split_quoted_and_escaped_strings_are_one_text() {
    let origin = record(&[
        b"\"3301 | 78.64.",
        b"0.0/12 | SE | ripe",
        b"ncc | 2007-03-06\"",
    ]);
    let name =
        record(&[b"3301 | SE | ripencc | 1993-09-01 | TELIANET Sk\\195\\165ne \\\"x\\\", SE"]);
    let outcome = ask(&zone(origin, name).await, "78.64.3.2").await;
    let fields = found(&outcome);
    assert_eq!(fields["asn"], 3301);
    assert_eq!(fields["asn_org"], "TELIANET Skåne \"x\", SE");
    assert_eq!(fields["registry"], "ripencc");
}

#[tokio::test]
async fn a_name_may_hold_the_separator_and_bytes_beyond_ascii() {
    for (name, expected) in [
        ("A | B - C, US".as_bytes(), "A | B - C, US"),
        ("Skåne Нет 网, SE".as_bytes(), "Skåne Нет 网, SE"),
        (b"Sk\xe5ne, SE", "Sk\u{fffd}ne, SE"),
        (b"NUL\0 and \x1b[31m, SE", "NUL and [31m, SE"),
    ] {
        let details = [b"15169 | US | arin | 2000-03-30 | ".as_slice(), name].concat();
        let peer = zone(
            DnsReply::texts(&["15169 | 8.8.8.0/24 | US | arin |"]),
            record(&[&details]),
        )
        .await;
        assert_eq!(found(&ask(&peer, "8.8.8.4").await)["asn_org"], expected);
    }
}

#[tokio::test]
async fn missing_fields_are_null() {
    for origin in [
        "1930 | 193.136.0.0/15 | NA | |",
        "1930 | 193.136.0.0/15 | | NA | NA",
        "1930 | 193.136.0.0/15",
    ] {
        let peer = zone(DnsReply::texts(&[origin]), DnsReply::NoName).await;
        let outcome = ask(&peer, "193.136.5.9").await;
        let fields = found(&outcome);
        assert_eq!(fields["asn"], 1930);
        for key in ["asn_org", "country", "registry", "allocation_date"] {
            assert!(fields[key].is_null(), "{key}");
        }
    }
}

#[tokio::test]
async fn an_answer_for_another_prefix_or_in_another_shape_is_refused() {
    for (record, part) in [
        ("204500 | 8.8.4.0/24 | US | arin | 2023-12-28", "8.8.4.0/24"),
        (
            "204500 | 2001:db8::/32 | US | arin | 2023-12-28",
            "2001:db8::/32",
        ),
        ("v=spf1 -all", "v=spf1 -all"),
        ("", "``"),
    ] {
        let outcome = ask(&always(record).await, "8.8.8.4").await;
        let (class, message) = failed(&outcome);
        assert_eq!(class, FailureClass::Permanent);
        assert!(message.contains(part), "{message}");
        assert!(message.contains("8.8.8.4"), "{message}");
    }
}

/// A server that answers over TCP only, as it does for long answers.
async fn over_tcp(origins: DnsReply, name: DnsReply) -> DnsPeer {
    DnsPeer::start(move |asked, via| match via {
        Via::Udp => DnsReply::Truncated,
        Via::Tcp if asked.contains(".origin") => origins.clone(),
        Via::Tcp => name.clone(),
    })
    .await
}

#[tokio::test]
async fn absurdly_long_answers_are_cut_to_measure_or_refused() {
    let many: Vec<String> = (0..700)
        .map(|n| format!("{} | 8.8.8.0/24 | US | arin | 2023-12-28", 900 - n))
        .collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let pieces = vec![vec![b'x'; 255]; 200];
    let mut long_name = vec![b"201 | US | arin | 2000-03-30 | ".to_vec()];
    long_name.extend(pieces.clone());
    let peer = over_tcp(
        DnsReply::texts(&many),
        DnsReply::Records(vec![long_name], 60),
    )
    .await;
    let outcome = ask(&peer, "8.8.8.4").await;
    let fields = found(&outcome);
    assert_eq!(fields["asn"], 201);
    let origins: Vec<u32> = (201..265).collect();
    assert_eq!(
        fields["origins"],
        json!(origins),
        "the lowest, in any order"
    );
    assert_eq!(fields["asn_org"].as_str().unwrap().len(), 255);

    let numbers: Vec<String> = (1..5_000).map(|asn: u32| asn.to_string()).collect();
    let text = format!("{} | 8.8.8.0/24 | US | arin |", numbers.join(" "));
    let text = text.as_bytes().chunks(255).map(<[u8]>::to_vec).collect();
    for absurd in [text, pieces] {
        let peer = over_tcp(DnsReply::Records(vec![absurd], 60), DnsReply::NoName).await;
        let outcome = ask(&peer, "8.8.8.4").await;
        let (class, message) = failed(&outcome);
        assert_eq!(class, FailureClass::Permanent);
        assert!(message.len() < 300, "{message}");
    }
}
