//! Reverse DNS against a server in this process.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::net::SocketAddr;
use std::sync::Arc;

use ipcascade_core::address::Address;
use ipcascade_core::lookup::{FailureClass, Outcome};
use ipcascade_core::provider::Provider;
use ipcascade_core::registry::ProviderSetup;
use ipcascade_core::resilience::{ResilienceOptions, Resilient};
use ipcascade_core::settings::Settings;
use ipcascade_provider_rdns::FACTORY;
use ipcascade_testkit::peers::closed_port;
use ipcascade_testkit::peers::dns::{DnsPeer, DnsReply, Via};
use serde_json::json;

fn build(settings: &str) -> Result<Arc<dyn Provider>, String> {
    let settings = Settings::from_toml("providers.rdns", settings);
    match (FACTORY.build)(&settings).map_err(|error| error.to_string())? {
        ProviderSetup::Ready(provider) => Ok(provider),
        ProviderSetup::Unconfigured(text) => Err(text),
    }
}

async fn ask_with(servers: &[SocketAddr], addresses: &[&str]) -> Vec<Outcome> {
    let servers: Vec<String> = servers.iter().map(ToString::to_string).collect();
    let provider = build(&format!("servers = {servers:?}\ntimeout = \"1s\"")).unwrap();
    let addresses: Vec<Address> = addresses.iter().map(|text| text.parse().unwrap()).collect();
    provider.look_up(&addresses).await.outcomes
}

async fn ask(server: &DnsPeer, addresses: &[&str]) -> Vec<Outcome> {
    ask_with(&[server.address], addresses).await
}

/// A server that sends one reply to everything.
async fn always(reply: DnsReply) -> DnsPeer {
    DnsPeer::start(move |_, _| reply.clone()).await
}

fn hostname(outcome: &Outcome) -> &serde_json::Value {
    match outcome {
        Outcome::Found(finding) => &finding.fields["hostname"],
        other => panic!("not found: {other:?}"),
    }
}

#[tokio::test]
async fn names_are_asked_for_in_reverse_and_kept_in_order() {
    let server = DnsPeer::start(|name, _| match name {
        "9.113.0.5.in-addr.arpa." => {
            DnsReply::names(&["z.example.net.", "A.example.net.", "z.example.net."])
        }
        "4.4.8.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.8.4.0.6.8.4.1.0.0.2.ip6.arpa." => {
            DnsReply::names(&["dns.google."])
        }
        _ => DnsReply::NoName,
    })
    .await;
    let outcomes = ask(&server, &["5.0.113.9", "5.0.113.1", "2001:4860:4860::8844"]).await;
    let [Outcome::Found(four), Outcome::NotFound, Outcome::Found(six)] = &outcomes[..] else {
        panic!("{outcomes:?}");
    };
    assert_eq!(
        serde_json::Value::Object(four.fields.to_map()),
        json!({"hostname": "a.example.net", "names": ["a.example.net", "z.example.net"]})
    );
    assert_eq!(six.fields["hostname"], "dns.google");
}

#[tokio::test]
async fn no_name_and_no_record_are_answers() {
    let elsewhere = Box::new(DnsReply::names(&["a.example.net."]));
    for reply in [
        DnsReply::NoName,
        DnsReply::NoData,
        DnsReply::OtherType,
        DnsReply::Elsewhere("elsewhere.example.".to_owned(), elsewhere),
        DnsReply::names(&["."]),
    ] {
        let said = reply.clone();
        let server = DnsPeer::start(move |name, _| match name {
            "in-addr.arpa." => DnsReply::Start,
            _ => said.clone(),
        })
        .await;
        let outcomes = ask(&server, &["5.0.113.9"]).await;
        assert!(matches!(outcomes[0], Outcome::NotFound), "{reply:?}");
        assert_eq!(server.asked_with(".113.0.5."), ["9.113.0.5.in-addr.arpa."]);
    }
}

#[tokio::test]
async fn invalid_answers_are_transient_and_reported_once_for_all_addresses() {
    for reply in DnsReply::USELESS {
        let outcomes = ask(&always(reply.clone()).await, &["5.0.113.9", "5.0.113.10"]).await;
        let [Outcome::Failed(one), Outcome::Failed(other)] = &outcomes[..] else {
            panic!("{reply:?}: {outcomes:?}");
        };
        assert_eq!(one.class, FailureClass::Transient, "{reply:?}");
        assert_eq!(one.message, other.message);
    }
}

#[tokio::test]
async fn the_second_server_answers_when_the_first_does_not() {
    let good = always(DnsReply::names(&["a.example.net."])).await;
    for reply in DnsReply::USELESS {
        let bad = always(reply.clone()).await;
        let outcomes = ask_with(&[bad.address, good.address], &["5.0.113.9"]).await;
        assert!(matches!(outcomes[0], Outcome::Found(_)), "{reply:?}");
    }
    let dead = closed_port().await;
    let outcomes = ask_with(&[dead, good.address], &["5.0.113.9"]).await;
    assert_eq!(hostname(&outcomes[0]), "a.example.net");
}

#[tokio::test]
async fn a_resolver_that_hides_all_names_is_not_believed() {
    let answer = |name: &str| match name {
        "1.113.0.5.in-addr.arpa." => DnsReply::names(&["a.example.net."]),
        _ => DnsReply::Hidden,
    };
    let server = DnsPeer::start(move |name, _| answer(name)).await;
    let provider = resilient(&server, "");
    assert_eq!(
        class_of(&provider, "5.0.113.9").await,
        Some(FailureClass::Transient)
    );
    assert_eq!(class_of(&provider, "5.0.113.1").await, None);
    assert_eq!(class_of(&provider, "5.0.113.9").await, None, "it has some");

    let honest = DnsPeer::start(move |name, _| match name {
        "in-addr.arpa." => DnsReply::Start,
        _ => DnsReply::Hidden,
    })
    .await;
    assert_eq!(class_of(&resilient(&honest, ""), "5.0.113.9").await, None);
    let of_ipv6 = class_of(&resilient(&honest, ""), "2001:500::1").await;
    assert_eq!(of_ipv6, Some(FailureClass::Transient));
}

/// The provider as the core asks it.
fn resilient(server: &DnsPeer, more: &str) -> Resilient {
    let servers = format!("servers = [\"{}\"]\n{more}", server.address);
    Resilient::new(build(&servers).unwrap(), ResilienceOptions::default())
}

async fn class_of(provider: &Resilient, address: &str) -> Option<FailureClass> {
    let outcomes = provider.look_up(&[address.parse().unwrap()]).await.outcomes;
    match &outcomes[0] {
        Outcome::Failed(failure) | Outcome::Deferred(failure) => Some(failure.class),
        Outcome::Found(_) | Outcome::NotFound => None,
    }
}

#[tokio::test]
async fn a_resolver_that_only_fails_is_not_asked_everything() {
    let server = always(DnsReply::ServerFailure).await;
    let provider = &resilient(&server, "concurrency = 8");
    let all = (0..200).map(async |last| class_of(provider, &format!("5.0.113.{last}")).await);
    let classes = futures::future::join_all(all).await;
    assert_eq!(classes, [Some(FailureClass::Transient); 200]);
    assert!(server.asked().len() < 20, "{}", server.asked().len());
}

#[tokio::test]
async fn the_rest_of_a_lame_zone_is_not_asked_and_nothing_else_suffers() {
    let server = DnsPeer::start(|name, _| match name.ends_with(".113.0.5.in-addr.arpa.") {
        true => DnsReply::ServerFailure,
        false => DnsReply::names(&["a.example.net."]),
    })
    .await;
    let provider = resilient(&server, "");
    for last in 0..100 {
        assert_eq!(class_of(&provider, &format!("5.0.112.{last}")).await, None);
        let lame = class_of(&provider, &format!("5.0.113.{last}")).await;
        assert_eq!(lame, Some(FailureClass::Upstream));
    }
    assert_eq!(server.asked_with(".113.0.5.").len(), 3);
    assert_eq!(server.asked_with(".112.0.5.").len(), 100);
}

#[tokio::test]
async fn what_times_out_is_asked_twice_and_holds_up_nothing() {
    let server = DnsPeer::start(|name, _| match name.starts_with("1.") {
        true => DnsReply::Silence,
        false => DnsReply::names(&["a.example.net."]),
    })
    .await;
    let provider = &resilient(&server, "timeout = \"500ms\"");
    let (silent, ()) = tokio::join!(class_of(provider, "5.0.113.1"), async {
        for last in 2..200 {
            assert_eq!(class_of(provider, &format!("5.0.113.{last}")).await, None);
        }
    });
    assert_eq!(silent, Some(FailureClass::Upstream));
    let asked = server.asked();
    assert_eq!(
        asked.iter().filter(|name| name.starts_with("1.")).count(),
        2
    );
}

#[tokio::test]
async fn names_are_written_as_dig_writes_them() {
    let rest = [&b"Example"[..], b"net"];
    for (label, written) in [
        (&b"-a"[..], r"-a.example.net"),
        (b"a+b", r"a+b.example.net"),
        (b"a/b", r"a/b.example.net"),
        (b"a.b", r"a\.b.example.net"),
        (b"a\\b", r"a\\b.example.net"),
        (b"a\x1bb", r"a\027b.example.net"),
        (b"\xc3\xa9 ", r"\195\169\032.example.net"),
    ] {
        let labels = [label].into_iter().chain(rest).map(<[u8]>::to_vec);
        let server = always(DnsReply::Labels(labels.collect())).await;
        let outcomes = ask(&server, &["5.0.113.9"]).await;
        assert_eq!(hostname(&outcomes[0]), written);
    }
}

#[tokio::test]
async fn an_alias_is_followed_as_in_networks_smaller_than_a_24() {
    let alias = DnsReply::Alias(
        "9.0-25.113.0.5.in-addr.arpa.".to_owned(),
        Box::new(DnsReply::names(&["a.example.net."])),
    );
    let outcomes = ask(&always(alias).await, &["5.0.113.9"]).await;
    assert_eq!(hostname(&outcomes[0]), "a.example.net");
}

#[tokio::test]
async fn an_answer_of_any_length_yields_a_bounded_section() {
    let names: Vec<String> = (0..1_000)
        .map(|n| format!("n{n:04}.example.net."))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let long = DnsReply::names(&names);
    let server = DnsPeer::start(move |_, via| match via {
        Via::Udp => DnsReply::Truncated,
        Via::Tcp => long.clone(),
    })
    .await;
    let outcomes = ask(&server, &["5.0.113.9"]).await;
    assert_eq!(hostname(&outcomes[0]), "n0000.example.net");
    let Outcome::Found(finding) = &outcomes[0] else {
        unreachable!()
    };
    assert_eq!(finding.fields["names"].as_array().unwrap().len(), 16);
}

#[test]
fn problems_name_the_key_and_what_was_expected() {
    for (text, key) in [
        ("server = []", "unknown key `providers.rdns.server`"),
        (
            "servers = [\"resolver\"]",
            "`providers.rdns.servers`: expected an address",
        ),
        ("timeout = \"0s\"", "`providers.rdns.timeout`"),
        ("timeout = nan", "`providers.rdns.timeout`"),
        (
            "concurrency = 0",
            "`providers.rdns.concurrency` is 0: expected 1",
        ),
    ] {
        let problem = build(text).unwrap_err();
        assert!(problem.contains(key), "{text}: {problem}");
    }
}
