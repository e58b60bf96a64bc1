//! The DNS transport against a server in this process.

use ipcascade_core::address::Address;
use ipcascade_core::lookup::Outcome;
use ipcascade_testkit::peers::dns::{DnsPeer, DnsReply};
use serde_json::json;

use crate::support::{GOOGLE, GOOGLE_NAME, addresses, always, ask, ask_with, found, provider};

#[tokio::test]
async fn an_address_is_asked_for_in_reverse_and_its_organisation_by_number() {
    let peer = DnsPeer::start(|name, _| match name {
        "31.108.90.216.origin.asn.cymru.com." => {
            DnsReply::texts(&["23028 | 216.90.108.0/24 | US | arin | 1998-09-25"])
        }
        "as23028.asn.cymru.com." => {
            DnsReply::texts(&["23028 | US | arin | 2002-01-04 | TEAM-CYMRU - Team Cymru Inc., US"])
        }
        _ => DnsReply::NoName,
    })
    .await;
    let outcome = ask(&peer, "216.90.108.31").await;
    let Outcome::Found(finding) = &outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(finding.prefix.unwrap().to_string(), "216.90.108.0/24");
    assert_eq!(
        serde_json::Value::Object(found(&outcome).clone()),
        json!({
            "asn": 23028,
            "asn_org": "TEAM-CYMRU - Team Cymru Inc., US",
            "country": "US",
            "registry": "arin",
            "allocation_date": "1998-09-25",
        })
    );
}

#[tokio::test]
async fn an_ipv6_address_is_asked_for_by_nibble() {
    let peer = DnsPeer::start(|name, _| match name {
        "4.4.8.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.8.4.0.6.8.4.1.0.0.2.origin6.asn.cymru.com." => {
            DnsReply::texts(&["15169 | 2001:4860::/32 | US | arin | 2005-03-14"])
        }
        "as15169.asn.cymru.com." => DnsReply::texts(&[GOOGLE_NAME]),
        _ => DnsReply::NoName,
    })
    .await;
    let outcome = ask(&peer, "2001:4860:4860::8844").await;
    assert_eq!(found(&outcome)["asn"], 15169);
    assert_eq!(found(&outcome)["asn_org"], "GOOGLE - Google LLC, US");
}

#[tokio::test]
async fn two_thousand_addresses_in_400_blocks_are_at_most_400_questions() {
    let peer = always("15169 | 9.0.0.0/8 | US | arin | 1992-12-01").await;
    let wanted: Vec<Address> = (0..2_000_u32)
        .map(|index| {
            let ip = 0x0900_0000 + ((index % 400) << 8) + index / 400 * 7 + 1;
            std::net::Ipv4Addr::from(ip).into()
        })
        .collect();
    let provider = provider(&peer.settings());
    let answers = provider.look_up(&wanted).await;
    assert_eq!(answers.outcomes.len(), 2_000);
    for outcome in &answers.outcomes {
        assert_eq!(found(outcome)["asn"], 15169);
    }
    let questions = peer.asked_with(".origin.");
    assert_eq!(questions.len(), 400);
    assert!(
        questions.contains(&"0.143.1.9.origin.asn.cymru.com.".to_owned()),
        "questions for several addresses name the network"
    );
    assert_eq!(peer.asked_with("as15169."), ["as15169.asn.cymru.com."]);

    provider.look_up(&wanted).await;
    assert_eq!(peer.asked().len(), 401, "the second time all is known");
}

#[tokio::test]
async fn a_prefix_within_the_block_is_not_stretched_over_the_block() {
    let peer = DnsPeer::start(|name, _| match name {
        "0.113.0.5.origin.asn.cymru.com." => {
            DnsReply::texts(&["204501 | 5.0.113.0/25 | DE | ripencc |"])
        }
        "200.113.0.5.origin.asn.cymru.com." => {
            DnsReply::texts(&["204502 | 5.0.113.128/25 | DE | ripencc |"])
        }
        _ => DnsReply::NoName,
    })
    .await;
    let answers = provider(&peer.settings())
        .look_up(&addresses(&["5.0.113.7", "5.0.113.200", "5.0.113.9"]))
        .await;
    let asns: Vec<_> = answers
        .outcomes
        .iter()
        .map(|outcome| found(outcome)["asn"].clone())
        .collect();
    assert_eq!(asns, [204501, 204502, 204501]);
}

#[tokio::test]
async fn peers_are_returned_on_request() {
    let peer = DnsPeer::start(|name, _| match name {
        "0.8.8.8.peer.asn.cymru.com." => {
            DnsReply::texts(&["701 1239 3549 | 8.8.8.0/24 | US | arin | 2023-12-28"])
        }
        name if name.contains(".origin.") => DnsReply::texts(&[GOOGLE]),
        _ => DnsReply::NoName,
    })
    .await;
    let with = format!("peers = true\n{}", peer.settings());
    let outcome = ask_with(&with, "8.8.8.4").await;
    assert_eq!(found(&outcome)["peers"], json!([701, 1239, 3549]));
    let without = ask(&peer, "8.8.8.4").await;
    assert!(!found(&without).contains_key("peers"));
}
