//! The provider meets the conformance kit, and accepts only answers from the service.

use ipcascade_core::lookup::{FailureClass, LookupFailure, Outcome};
use ipcascade_provider_shodan as _;
use ipcascade_testkit::peers::http::{HttpPeer, last_segment};
use ipcascade_testkit::{Failing, Known, Subject, WrongSettings, provider_conformance};
use serde_json::{Value, json};

/// A record of an address as InternetDB returns it.
fn record(address: &str) -> (u16, Value) {
    match address {
        "198.41.0.4" => (
            200,
            json!({
                "ip": address, "ports": [53, 80], "hostnames": ["a.root-servers.net"], "cpes": [],
                "tags": ["cloud", "tor", "vpn", "proxy"], "vulns": ["CVE-2020-0001"],
            }),
        ),
        "192.33.4.12" => (200, json!({"ip": address, "ports": [22], "tags": []})),
        _ => (404, json!({"detail": "No information available"})),
    }
}

fn settings(peer: &HttpPeer) -> String {
    format!(
        "base_url = \"{}\"\nrate_limit = {{ per_second = 10000.0, burst = 100 }}\n",
        peer.uri()
    )
}

async fn subject() -> Subject {
    let peer = HttpPeer::start(|request| record(last_segment(request))).await;
    let down = HttpPeer::start(|_| (503, json!({}))).await;
    Subject::linked("shodan", settings(&peer))
        .known(Known::new(
            "198.41.0.4",
            [
                ("ports", json!([53, 80])),
                ("is_tor", json!(true)),
                ("is_hosting", json!(true)),
                ("vulns", json!(["CVE-2020-0001"])),
            ],
        ))
        .known(Known::new("192.33.4.12", [("ports", json!([22]))]))
        .unknown("199.7.91.13")
        .wrong_settings(WrongSettings::new("api_key = \"x\"", "api_key"))
        .wrong_settings(WrongSettings::new("timeout = \"0s\"", "timeout"))
        .failing(Failing::new(settings(&down), "198.41.0.4", |class| {
            *class == FailureClass::Transient
        }))
        .hears(peer.hears(|request| [last_segment(request).to_owned()]))
        .keep(peer)
        .keep(down)
}

provider_conformance!(subject());

async fn answer(status: u16, body: Value) -> Outcome {
    let peer = HttpPeer::start(move |_| (status, body.clone())).await;
    let subject = Subject::linked("shodan", settings(&peer));
    subject.outcome("198.41.0.4").await
}

#[tokio::test]
async fn only_its_own_words_mean_that_it_knows_nothing() {
    let nothing = json!({"detail": "No information available"});
    assert!(matches!(answer(404, nothing).await, Outcome::NotFound));
    for (status, body) in [
        (404, json!({"detail": "Not Found"})),
        (404, json!("no such page")),
        (200, json!({"ip": "198.41.0.5", "ports": []})),
        (200, json!({"ports": [80]})),
        (200, json!({"ip": "198.41.0.4"})),
    ] {
        let outcome = answer(status, body.clone()).await;
        let Outcome::Failed(LookupFailure { class, .. }) = outcome else {
            panic!("{status} {body}: {outcome:?}");
        };
        assert_eq!(class, FailureClass::Transient, "{body}");
    }
}
