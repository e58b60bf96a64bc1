//! The DNS way against a server in this process.

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ipcascade_core::{Address, FailureClass, Outcome};
use ipcascade_testkit::peers::dns::{DnsPeer, Reply, Via};
use serde_json::json;
use support::{addresses, failed, found, provider};
use tokio::sync::watch;

const GOOGLE: &str = "15169 | 8.8.8.0/24 | US | arin | 2023-12-28";
const GOOGLE_NAME: &str = "15169 | US | arin | 2000-03-30 | GOOGLE - Google LLC, US";

/// A server that gives `record` for every address and knows the name of every AS.
fn always(record: &'static str) -> impl Fn(&str, Via) -> Reply {
    move |name, _| {
        if name.contains(".origin") {
            Reply::texts(&[record])
        } else {
            Reply::texts(&[GOOGLE_NAME])
        }
    }
}

#[tokio::test]
async fn an_address_is_asked_for_in_reverse_and_its_organisation_by_number() {
    let peer = DnsPeer::start(|name, _| match name {
        "31.108.90.216.origin.asn.cymru.com." => {
            Reply::texts(&["23028 | 216.90.108.0/24 | US | arin | 1998-09-25"])
        }
        "as23028.asn.cymru.com." => {
            Reply::texts(&["23028 | US | arin | 2002-01-04 | TEAM-CYMRU - Team Cymru Inc., US"])
        }
        _ => Reply::NoName,
    })
    .await;
    let answers = provider(&peer.settings())
        .look_up(&addresses(&["216.90.108.31"]))
        .await;
    let Outcome::Found(finding) = &answers.outcomes[0] else {
        panic!("{answers:?}");
    };
    assert_eq!(finding.prefix.unwrap().to_string(), "216.90.108.0/24");
    assert_eq!(
        serde_json::Value::Object(found(&answers.outcomes[0]).clone()),
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
            Reply::texts(&["15169 | 2001:4860::/32 | US | arin | 2005-03-14"])
        }
        "as15169.asn.cymru.com." => Reply::texts(&[GOOGLE_NAME]),
        _ => Reply::NoName,
    })
    .await;
    let answers = provider(&peer.settings())
        .look_up(&addresses(&["2001:4860:4860::8844"]))
        .await;
    assert_eq!(found(&answers.outcomes[0])["asn"], 15169);
    assert_eq!(
        found(&answers.outcomes[0])["asn_org"],
        "GOOGLE - Google LLC, US"
    );
}

#[tokio::test]
async fn two_thousand_addresses_in_400_blocks_are_at_most_400_questions() {
    let peer = DnsPeer::start(|name, _| {
        if name.contains(".origin.") {
            Reply::texts(&["15169 | 9.0.0.0/8 | US | arin | 1992-12-01"])
        } else {
            Reply::texts(&[GOOGLE_NAME])
        }
    })
    .await;
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
async fn all_origins_are_kept_and_the_most_specific_prefix_wins() {
    let peer = DnsPeer::start(|name, _| match name {
        "4.8.8.8.origin.asn.cymru.com." => Reply::texts(&[
            "3356 | 8.0.0.0/9 | US | arin | 1992-12-01",
            "36040 15169 | 8.8.8.0/24 | US | arin | 2023-12-28",
        ]),
        "as15169.asn.cymru.com." => Reply::texts(&[GOOGLE_NAME]),
        _ => Reply::NoName,
    })
    .await;
    let answers = provider(&peer.settings())
        .look_up(&addresses(&["8.8.8.4"]))
        .await;
    let fields = found(&answers.outcomes[0]);
    assert_eq!(fields["asn"], 15169);
    assert_eq!(fields["origins"], json!([15169, 36040]));
    assert_eq!(fields["asn_org"], "GOOGLE - Google LLC, US");
}

#[tokio::test]
async fn a_prefix_within_the_block_is_not_stretched_over_the_block() {
    let peer = DnsPeer::start(|name, _| match name {
        "0.113.0.5.origin.asn.cymru.com." => {
            Reply::texts(&["64501 | 5.0.113.0/25 | DE | ripencc |"])
        }
        "200.113.0.5.origin.asn.cymru.com." => {
            Reply::texts(&["64502 | 5.0.113.128/25 | DE | ripencc |"])
        }
        _ => Reply::NoName,
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
    assert_eq!(asns, [64501, 64502, 64501]);
}

#[tokio::test]
async fn no_such_name_and_no_record_are_answers() {
    for reply in [Reply::NoName, Reply::NoData] {
        let peer = DnsPeer::start(move |_, _| reply.clone()).await;
        let provider = provider(&peer.settings());
        let wanted = addresses(&["5.0.113.7", "2a00::1"]);
        let answers = provider.look_up(&wanted).await;
        for outcome in &answers.outcomes {
            assert!(matches!(outcome, Outcome::NotFound), "{outcome:?}");
        }
        let asked = peer.asked().len();
        provider.look_up(&wanted).await;
        assert_eq!(peer.asked().len(), asked, "and they are remembered");
    }
}

#[tokio::test]
async fn server_failures_and_silence_and_garbage_are_transient_and_not_remembered() {
    for reply in [Reply::ServerFailure, Reply::Silence, Reply::Garbage] {
        let attempts = Arc::new(AtomicUsize::new(0));
        let script = {
            let (attempts, reply) = (Arc::clone(&attempts), reply.clone());
            move |name: &str, _: Via| {
                attempts.fetch_add(1, Ordering::SeqCst);
                if name.starts_with("7.") {
                    reply.clone()
                } else {
                    Reply::NoName
                }
            }
        };
        let peer = DnsPeer::start(script).await;
        let settings = peer.settings().replace("timeout = 2", "timeout = 0.5");
        let provider = provider(&settings);
        let answers = provider
            .look_up(&addresses(&["5.0.113.7", "5.0.114.8"]))
            .await;
        let (class, message) = failed(&answers.outcomes[0]);
        assert_eq!(class, FailureClass::Transient, "{reply:?}");
        assert!(
            message.contains("asking DNS for TXT under asn.cymru.com"),
            "{message}"
        );
        assert!(matches!(answers.outcomes[1], Outcome::NotFound));

        let before = attempts.load(Ordering::SeqCst);
        provider.look_up(&addresses(&["5.0.113.7"])).await;
        assert!(attempts.load(Ordering::SeqCst) > before, "asked again");
    }
}

#[tokio::test]
async fn a_resolver_that_only_fails_is_not_asked_everything() {
    let peer = DnsPeer::start(|_, _| Reply::ServerFailure).await;
    let settings = format!("{}concurrency = 4\n", peer.settings());
    let wanted: Vec<Address> = (0..200_u8)
        .map(|block| std::net::Ipv4Addr::new(5, 0, block, 1).into())
        .collect();
    let answers = provider(&settings).look_up(&wanted).await;
    for outcome in &answers.outcomes {
        assert_eq!(failed(outcome).0, FailureClass::Transient);
    }
    let names: std::collections::BTreeSet<String> = peer.asked().into_iter().collect();
    assert!(names.len() < 12, "{} questions", names.len());
}

#[tokio::test]
async fn a_cut_answer_is_asked_for_over_tcp() {
    let peer = DnsPeer::start(|name, via| match via {
        Via::Udp if name.contains(".origin.") => Reply::Truncated,
        _ => always(GOOGLE)(name, via),
    })
    .await;
    let answers = provider(&peer.settings())
        .look_up(&addresses(&["8.8.8.4"]))
        .await;
    assert_eq!(found(&answers.outcomes[0])["asn"], 15169);
    let ways = peer.ways("4.8.8.8.origin.asn.cymru.com.");
    assert_eq!(ways.last(), Some(&Via::Tcp), "{ways:?}");
}

#[tokio::test]
async fn split_quoted_and_escaped_strings_are_one_text() {
    let peer = DnsPeer::start(|name, _| {
        let pieces: &[&[u8]] = if name.contains(".origin.") {
            &[
                b"\"3301 | 78.64.",
                b"0.0/12 | SE | ripe",
                b"ncc | 2007-03-06\"",
            ]
        } else {
            &[b"3301 | SE | ripencc | 1993-09-01 | TELIANET Sk\\195\\165ne, SE"]
        };
        let strings = pieces.iter().map(|piece| piece.to_vec()).collect();
        Reply::Records(vec![strings], 60)
    })
    .await;
    let answers = provider(&peer.settings())
        .look_up(&addresses(&["78.64.3.2"]))
        .await;
    let fields = found(&answers.outcomes[0]);
    assert_eq!(fields["asn"], 3301);
    assert_eq!(fields["asn_org"], "TELIANET Skåne, SE");
    assert_eq!(fields["registry"], "ripencc");
}

#[tokio::test]
async fn missing_fields_are_null() {
    let peer = DnsPeer::start(|name, _| {
        if name.contains(".origin.") {
            Reply::texts(&["1930 | 193.136.0.0/15 | NA | |"])
        } else {
            Reply::NoName
        }
    })
    .await;
    let answers = provider(&peer.settings())
        .look_up(&addresses(&["193.136.5.9"]))
        .await;
    let fields = found(&answers.outcomes[0]);
    assert_eq!(fields["asn"], 1930);
    for key in ["asn_org", "country", "registry", "allocation_date"] {
        assert!(fields[key].is_null(), "{key}");
    }
}

#[tokio::test]
async fn an_answer_for_another_prefix_or_in_another_shape_is_refused() {
    for (record, part) in [
        ("64500 | 8.8.4.0/24 | US | arin | 2023-12-28", "8.8.4.0/24"),
        ("v=spf1 -all", "v=spf1 -all"),
    ] {
        let peer = DnsPeer::start(always(record)).await;
        let answers = provider(&peer.settings())
            .look_up(&addresses(&["8.8.8.4"]))
            .await;
        let (class, message) = failed(&answers.outcomes[0]);
        assert_eq!(class, FailureClass::Permanent);
        assert!(message.contains(part), "{message}");
        assert!(message.contains("8.8.8.4"), "{message}");
    }
}

#[tokio::test]
async fn an_origin_whose_name_cannot_be_had_is_still_an_answer() {
    let peer = DnsPeer::start(|name, via| {
        if name.contains(".origin.") {
            always(GOOGLE)(name, via)
        } else {
            Reply::ServerFailure
        }
    })
    .await;
    let answers = provider(&peer.settings())
        .look_up(&addresses(&["8.8.8.4"]))
        .await;
    let fields = found(&answers.outcomes[0]);
    assert_eq!(fields["asn"], 15169);
    assert!(fields["asn_org"].is_null());
}

#[tokio::test]
async fn the_second_server_answers_when_the_first_does_not_and_is_asked_first_then() {
    for reply in [Reply::ServerFailure, Reply::Silence] {
        let bad = DnsPeer::start(move |_, _| reply.clone()).await;
        let good = DnsPeer::start(always(GOOGLE)).await;
        let settings = format!(
            "mode = \"dns\"\n[dns]\nservers = [\"{}\", \"{}\"]\ntimeout = 1",
            bad.address, good.address
        );
        let provider = provider(&settings);
        let answers = provider.look_up(&addresses(&["8.8.8.4"])).await;
        assert_eq!(found(&answers.outcomes[0])["asn"], 15169);
        let asked = bad.asked().len();
        provider.look_up(&addresses(&["8.8.9.4"])).await;
        assert_eq!(bad.asked().len(), asked);
    }
}

#[tokio::test]
async fn only_one_of_several_servers_is_asked() {
    let one = DnsPeer::start(always(GOOGLE)).await;
    let two = DnsPeer::start(always(GOOGLE)).await;
    let settings = format!(
        "mode = \"dns\"\n[dns]\nservers = [\"{}\", \"{}\"]",
        one.address, two.address
    );
    provider(&settings).look_up(&addresses(&["8.8.8.4"])).await;
    assert_eq!(one.asked().len() + two.asked().len(), 2, "origin and name");
}

#[tokio::test]
async fn a_question_under_way_is_not_asked_again() {
    let (open, gate) = watch::channel(false);
    let mut peer = DnsPeer::start(move |name, via| {
        Reply::Gated(gate.clone(), Box::new(always(GOOGLE)(name, via)))
    })
    .await;
    let provider = provider(&peer.settings());
    let ask = |text: &'static str| {
        let provider = Arc::clone(&provider);
        tokio::spawn(async move { provider.look_up(&addresses(&[text])).await })
    };
    let first = ask("8.8.8.4");
    assert_eq!(peer.next().await, "4.8.8.8.origin.asn.cymru.com.");
    let second = ask("8.8.8.9");
    tokio::task::yield_now().await;
    open.send(true).unwrap();
    for answers in [first.await.unwrap(), second.await.unwrap()] {
        assert_eq!(found(&answers.outcomes[0])["asn"], 15169);
    }
    assert_eq!(peer.asked_with(".origin.").len(), 1);
    assert_eq!(peer.asked_with("as15169.").len(), 1);
}

#[tokio::test]
async fn no_more_questions_than_allowed_are_under_way() {
    let (open, gate) = watch::channel(false);
    let mut peer =
        DnsPeer::start(move |_, _| Reply::Gated(gate.clone(), Box::new(Reply::NoName))).await;
    let settings = format!("{}concurrency = 3\n", peer.settings());
    let provider = provider(&settings);
    let wanted: Vec<Address> = (0..20_u8)
        .map(|block| std::net::Ipv4Addr::new(5, 0, block, 1).into())
        .collect();
    let running = tokio::spawn(async move { provider.look_up(&wanted).await });
    for _ in 0..3 {
        peer.next().await;
    }
    let names: std::collections::BTreeSet<String> = peer.asked().into_iter().collect();
    assert_eq!(names.len(), 3);
    open.send(true).unwrap();
    let answers = running.await.unwrap();
    assert_eq!(answers.outcomes.len(), 20);
    let names: std::collections::BTreeSet<String> = peer.asked().into_iter().collect();
    assert_eq!(names.len(), 20);
}

#[tokio::test]
async fn peers_are_told_when_asked_for() {
    let peer = DnsPeer::start(|name, via| {
        if name == "0.8.8.8.peer.asn.cymru.com." {
            Reply::texts(&["701 1239 3549 | 8.8.8.0/24 | US | arin | 2023-12-28"])
        } else if name.contains(".peer.") {
            Reply::NoName
        } else {
            always(GOOGLE)(name, via)
        }
    })
    .await;
    let settings = format!("peers = true\n{}", peer.settings());
    let answers = provider(&settings).look_up(&addresses(&["8.8.8.4"])).await;
    assert_eq!(
        found(&answers.outcomes[0])["peers"],
        json!([701, 1239, 3549])
    );
    let without = provider(&peer.settings());
    let answers = without.look_up(&addresses(&["8.8.8.4"])).await;
    assert!(!found(&answers.outcomes[0]).contains_key("peers"));
}
