//! Servers that fail, and replies that are not answers.

use ipcascade_core::lookup::{FailureClass, Outcome};
use ipcascade_testkit::peers::closed_port;
use ipcascade_testkit::peers::dns::{DnsPeer, DnsReply, Via};

use crate::support::{
    GOOGLE, GOOGLE_NAME, addresses, always, ask, ask_with, failed, found, provider, resolvers, zone,
};

#[tokio::test]
async fn no_such_name_and_no_record_are_answers() {
    let google = Box::new(DnsReply::texts(&[GOOGLE]));
    for reply in [
        DnsReply::NoName,
        DnsReply::NoData,
        // Records of another type or name are not data (RFC 2308).
        DnsReply::OtherType,
        DnsReply::Elsewhere("elsewhere.example.".to_owned(), google),
    ] {
        let peer = DnsPeer::start(move |name, _| match name.starts_with("as23028.") {
            true => DnsReply::texts(&["23028 | US | arin | 2002-01-04 | TEAM-CYMRU, US"]),
            false => reply.clone(),
        })
        .await;
        let provider = provider(&peer.settings());
        let wanted = addresses(&["5.0.113.7", "2a00::1"]);
        let answers = provider.look_up(&wanted).await;
        for outcome in &answers.outcomes {
            assert!(matches!(outcome, Outcome::NotFound), "{outcome:?}");
        }
        let asked = peer.asked_with(".origin");
        assert_eq!(asked.len(), 2, "under no other name: {asked:?}");
        provider.look_up(&wanted).await;
        assert_eq!(
            peer.asked_with(".origin").len(),
            2,
            "and they are remembered"
        );
    }
}

#[tokio::test]
async fn a_resolver_that_hides_the_zone_is_not_believed() {
    let peer = DnsPeer::start(|_, _| DnsReply::Hidden).await;
    let provider = provider(&peer.settings());
    let answers = provider
        .look_up(&addresses(&["5.0.113.7", "5.0.114.7"]))
        .await;
    for outcome in &answers.outcomes {
        let (class, message) = failed(outcome);
        assert_eq!(class, FailureClass::Transient);
        assert!(message.contains("hides the zone"), "{message}");
    }
}

#[tokio::test]
async fn invalid_answers_are_transient_and_not_cached() {
    for reply in DnsReply::USELESS {
        let peer = {
            let reply = reply.clone();
            DnsPeer::start(move |name, _| match name.starts_with("7.") {
                true => reply.clone(),
                false => DnsReply::NoName,
            })
            .await
        };
        let settings = peer
            .settings()
            .replace("timeout = \"2s\"", "timeout = \"500ms\"");
        let provider = provider(&settings);
        let answers = provider
            .look_up(&addresses(&["5.0.113.7", "5.0.114.8"]))
            .await;
        let Outcome::Failed(_) = &answers.outcomes[0] else {
            panic!("{reply:?}: {:?}", answers.outcomes[0]);
        };
        let (class, message) = failed(&answers.outcomes[0]);
        assert_eq!(class, FailureClass::Transient, "{reply:?}");
        assert!(
            message.contains("asking DNS for TXT under asn.cymru.com"),
            "{message}"
        );
        assert!(matches!(answers.outcomes[1], Outcome::NotFound));

        let before = peer.asked_with("7.113.0.5").len();
        provider.look_up(&addresses(&["5.0.113.7"])).await;
        let after = peer.asked_with("7.113.0.5").len();
        assert!(after > before, "asked again after {reply:?}");
    }
}

#[tokio::test]
async fn an_alias_is_followed() {
    let google = Box::new(DnsReply::texts(&[GOOGLE]));
    let alias = DnsReply::Alias("google.example.".to_owned(), google);
    let peer = zone(alias, DnsReply::texts(&[GOOGLE_NAME])).await;
    assert_eq!(found(&ask(&peer, "8.8.8.4").await)["asn"], 15169);
}

#[tokio::test]
async fn aliases_in_a_circle_come_to_an_end() {
    let circle = DnsReply::Alias("circle.example.".to_owned(), Box::new(DnsReply::NoData));
    let peer = zone(circle.clone(), circle).await;
    let outcome = ask(&peer, "8.8.8.4").await;
    assert!(!matches!(outcome, Outcome::Found(_)), "{outcome:?}");
    assert!(peer.asked().len() < 30, "{}", peer.asked().len());
}

#[tokio::test]
async fn a_cut_answer_is_asked_for_over_tcp() {
    let peer = DnsPeer::start(|name, via| match via {
        Via::Udp if name.contains(".origin.") => DnsReply::Truncated,
        _ if name.contains(".origin.") => DnsReply::texts(&[GOOGLE]),
        _ => DnsReply::texts(&[GOOGLE_NAME]),
    })
    .await;
    assert_eq!(found(&ask(&peer, "8.8.8.4").await)["asn"], 15169);
    let ways = peer.ways("4.8.8.8.origin.asn.cymru.com.");
    assert_eq!(ways.last(), Some(&Via::Tcp), "{ways:?}");
}

#[tokio::test]
async fn an_origin_whose_name_cannot_be_had_is_still_an_answer() {
    let peer = zone(DnsReply::texts(&[GOOGLE]), DnsReply::ServerFailure).await;
    let outcome = ask(&peer, "8.8.8.4").await;
    let fields = found(&outcome);
    assert_eq!(fields["asn"], 15169);
    assert!(fields["asn_org"].is_null());
}

#[tokio::test]
async fn the_second_server_answers_when_the_first_does_not_and_is_asked_first_then() {
    for reply in DnsReply::USELESS {
        let bad = zone(reply.clone(), reply.clone()).await;
        let good = always(GOOGLE).await;
        let provider = provider(&resolvers(&[bad.address, good.address]));
        let outcome = provider.look_up(&addresses(&["8.8.8.4"])).await;
        let Outcome::Found(_) = &outcome.outcomes[0] else {
            panic!("{reply:?}: {outcome:?}");
        };
        let asked = bad.asked().len();
        provider.look_up(&addresses(&["8.8.9.4"])).await;
        assert_eq!(bad.asked().len(), asked);
    }
    let good = always(GOOGLE).await;
    let settings = resolvers(&[closed_port().await, good.address]);
    assert_eq!(found(&ask_with(&settings, "8.8.8.4").await)["asn"], 15169);
}

#[tokio::test]
async fn only_one_of_several_servers_is_asked() {
    let (one, two) = (always(GOOGLE).await, always(GOOGLE).await);
    ask_with(&resolvers(&[one.address, two.address]), "8.8.8.4").await;
    assert_eq!(one.asked().len() + two.asked().len(), 2, "origin and name");
}
