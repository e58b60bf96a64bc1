//! How many questions are pending at once, and how many there are in total.

use std::collections::BTreeSet;
use std::sync::Arc;

use ipcascade_core::lookup::FailureClass;
use ipcascade_testkit::peers::dns::{DnsPeer, DnsReply};
use tokio::sync::watch;

use crate::support::{GOOGLE, GOOGLE_NAME, addresses, failed, found, provider, scattered, zone};

fn names(peer: &DnsPeer) -> usize {
    peer.asked().into_iter().collect::<BTreeSet<_>>().len()
}

#[tokio::test]
async fn a_question_under_way_is_not_asked_again() {
    let (open, gate) = watch::channel(false);
    let gated = |text| DnsReply::Gated(gate.clone(), Box::new(DnsReply::texts(&[text])));
    let mut peer = zone(gated(GOOGLE), gated(GOOGLE_NAME)).await;
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
    let gated = DnsReply::Gated(gate, Box::new(DnsReply::NoName));
    let mut peer = zone(gated.clone(), gated).await;
    let settings = format!("{}concurrency = 3\n", peer.settings());
    let provider = provider(&settings);
    let running = tokio::spawn(async move { provider.look_up(&scattered(20)).await });
    for _ in 0..3 {
        peer.next().await;
    }
    assert_eq!(names(&peer), 3);
    open.send(true).unwrap();
    assert_eq!(running.await.unwrap().outcomes.len(), 20);
    assert_eq!(names(&peer), 20);
}

#[tokio::test]
async fn a_resolver_that_only_fails_is_not_asked_everything() {
    let peer = zone(DnsReply::ServerFailure, DnsReply::ServerFailure).await;
    let settings = format!("{}concurrency = 4\n", peer.settings());
    let answers = provider(&settings).look_up(&scattered(200)).await;
    for outcome in &answers.outcomes {
        assert_eq!(failed(outcome).0, FailureClass::Transient);
    }
    assert!(names(&peer) < 12, "{} questions", names(&peer));
}
