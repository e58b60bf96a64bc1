//! Reverse DNS against a server in this process.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

use std::sync::Arc;

use ipcascade_core::{Address, Built, FailureClass, Outcome, Provider, Settings};
use ipcascade_provider_rdns::RdnsProvider;
use ipcascade_testkit::peers::dns::{DnsPeer, Reply, Via};
use serde_json::json;

fn build(settings: &str) -> Result<Arc<dyn Provider>, String> {
    let settings = Settings::from_toml("providers.rdns", settings);
    match RdnsProvider::build(&settings).map_err(|error| error.to_string())? {
        Built::Ready(provider) => Ok(provider),
        Built::Unconfigured(text) => Err(text),
    }
}

async fn ask(server: &DnsPeer, addresses: &[&str]) -> Vec<Outcome> {
    let provider = build(&format!("servers = [\"{}\"]\ntimeout = 2", server.address)).unwrap();
    let addresses: Vec<Address> = addresses.iter().map(|text| text.parse().unwrap()).collect();
    provider.look_up(&addresses).await.outcomes
}

#[tokio::test]
async fn names_are_asked_for_in_reverse_and_kept_in_order() {
    let server = DnsPeer::start(|name, _| match name {
        "9.113.0.5.in-addr.arpa." => {
            Reply::names(&["z.example.net.", "A.example.net.", "z.example.net."])
        }
        "4.4.8.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.8.4.0.6.8.4.1.0.0.2.ip6.arpa." => {
            Reply::names(&["dns.google."])
        }
        _ => Reply::NoName,
    })
    .await;
    let outcomes = ask(&server, &["5.0.113.9", "5.0.113.1", "2001:4860:4860::8844"]).await;
    let [Outcome::Found(four), Outcome::NotFound, Outcome::Found(six)] = &outcomes[..] else {
        panic!("{outcomes:?}");
    };
    assert_eq!(
        serde_json::Value::Object(four.fields.as_ref().clone()),
        json!({"hostname": "a.example.net", "names": ["a.example.net", "z.example.net"]})
    );
    assert_eq!(six.fields["hostname"], "dns.google");
}

#[tokio::test]
async fn no_record_is_an_answer_and_a_server_failure_is_transient() {
    let empty = DnsPeer::start(|_, _| Reply::NoData).await;
    let outcomes = ask(&empty, &["5.0.113.9"]).await;
    assert!(matches!(outcomes[0], Outcome::NotFound), "{outcomes:?}");

    let failing = DnsPeer::start(|_, _| Reply::ServerFailure).await;
    let outcomes = ask(&failing, &["5.0.113.9"]).await;
    let Outcome::Failed(failure) = &outcomes[0] else {
        panic!("{outcomes:?}");
    };
    assert_eq!(failure.class, FailureClass::Transient);
    assert!(failure.message.contains("5.0.113.9"), "{failure}");
}

#[tokio::test]
async fn a_cut_answer_is_fetched_over_a_connection() {
    let server = DnsPeer::start(|_, via| match via {
        Via::Udp => Reply::Truncated,
        Via::Tcp => Reply::names(&["long.example.net."]),
    })
    .await;
    let outcomes = ask(&server, &["5.0.113.9"]).await;
    let Outcome::Found(finding) = &outcomes[0] else {
        panic!("{outcomes:?}");
    };
    assert_eq!(finding.fields["hostname"], "long.example.net");
}

#[test]
fn problems_name_the_key_and_what_was_expected() {
    for (text, key) in [
        ("server = []", "unknown key `providers.rdns.server`"),
        (
            "servers = [\"resolver\"]",
            "`providers.rdns.servers`: expected an address",
        ),
        ("timeout = 0", "`providers.rdns.timeout`: expected seconds"),
        (
            "timeout = nan",
            "`providers.rdns.timeout`: expected seconds",
        ),
        (
            "concurrency = 0",
            "`providers.rdns.concurrency`: expected 1",
        ),
    ] {
        let problem = build(text).unwrap_err();
        assert!(problem.contains(key), "{text}: {problem}");
    }
}
