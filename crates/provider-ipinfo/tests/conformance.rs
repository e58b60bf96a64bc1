//! The provider meets the conformance kit, and accepts only answers from the service.

use ipcascade_core::lookup::{FailureClass, Outcome};
use ipcascade_provider_ipinfo as _;
use ipcascade_testkit::peers::http::{HttpPeer, last_segment};
use ipcascade_testkit::{Failing, Known, Subject, WrongSettings, provider_conformance};
use serde_json::{Value, json};

const TOKEN: &str = "s3cretT0ken12";

/// A record of an address as IPinfo's documentation shows it.
fn record(address: &str) -> (u16, Value) {
    match address {
        "8.8.8.8" => (
            200,
            json!({
                "ip": address, "asn": "AS15169", "as_name": "Google LLC", "as_domain": "google.com",
                "country_code": "US", "country": "United States", "continent_code": "NA",
                "continent": "North America",
            }),
        ),
        "2001:503:ba3e::2:30" => (200, json!({"ip": address, "country_code": "nl", "asn": ""})),
        _ => (200, json!({"ip": address})),
    }
}

fn settings(peer: &HttpPeer) -> String {
    format!(
        "api_key = \"{TOKEN}\"\nbase_url = \"{}\"\nrate_limit = {{ per_second = 10000.0, burst = 100 }}\n",
        peer.uri()
    )
}

async fn subject() -> Subject {
    let peer = HttpPeer::start(|request| record(last_segment(request))).await;
    let down = HttpPeer::start(|_| (502, json!({}))).await;
    let refusing = HttpPeer::start(|_| {
        let reason = format!("the token {TOKEN} is not known");
        (
            401,
            json!({"error": {"title": "Unknown token", "message": reason}}),
        )
    })
    .await;
    Subject::linked("ipinfo", settings(&peer))
        .secret(TOKEN)
        .known(Known::new(
            "8.8.8.8",
            [
                ("asn", json!(15169)),
                ("as_name", json!("Google LLC")),
                ("country", json!("US")),
                ("country_name", json!("United States")),
            ],
        ))
        .known(Known::new(
            "2001:503:ba3e::2:30",
            [("country", json!("NL"))],
        ))
        .unknown("199.7.91.13")
        .wrong_settings(WrongSettings::new("concurrency = 0", "concurrency"))
        .wrong_settings(WrongSettings::new("base_url = \"ftp://x\"", "base_url"))
        .failing(Failing::new(settings(&down), "8.8.8.8", |class| {
            *class == FailureClass::Transient
        }))
        .failing(Failing::new(settings(&refusing), "8.8.8.8", |class| {
            *class == FailureClass::Unusable
        }))
        .hears(peer.hears(|request| [last_segment(request).to_owned()]))
        .keep(peer)
        .keep(down)
        .keep(refusing)
}

provider_conformance!(subject());

#[tokio::test]
async fn the_token_goes_into_a_header_and_into_no_url() {
    let peer = HttpPeer::start(|request| record(last_segment(request))).await;
    let subject = Subject::linked("ipinfo", settings(&peer));
    assert!(matches!(
        subject.outcome("8.8.8.8").await,
        Outcome::Found(_)
    ));
    let requests = peer.requests();
    assert_eq!(requests.len(), 1);
    let sent = &requests[0];
    assert_eq!(sent.url.path(), "/lite/8.8.8.8");
    assert_eq!(sent.url.query(), None);
    assert_eq!(
        sent.headers["authorization"],
        format!("Bearer {TOKEN}").as_str()
    );
}
