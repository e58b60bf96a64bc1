//! The provider meets the conformance kit, and accepts only answers from the service.

use ipcascade_core::lookup::{FailureClass, Outcome};
use ipcascade_provider_abuseipdb as _;
use ipcascade_testkit::peers::http::{HttpPeer, parameter};
use ipcascade_testkit::{Failing, Known, Subject, WrongSettings, provider_conformance};
use serde_json::{Value, json};

const KEY: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";

/// A record of an address as AbuseIPDB's documentation shows it.
fn record(address: &str) -> Value {
    let score = if address == "118.25.6.39" { 100 } else { 0 };
    json!({"data": {
        "ipAddress": address, "isPublic": true, "ipVersion": 4, "isWhitelisted": null, "abuseConfidenceScore": score,
        "countryCode": "CN", "usageType": "Data Center/Web Hosting/Transit", "isp": "Tencent Cloud", "domain": "tencent.com",
        "hostnames": [], "isTor": false, "totalReports": score / 10, "numDistinctUsers": score / 50, "lastReportedAt": null,
    }})
}

fn settings(peer: &HttpPeer) -> String {
    format!(
        "max_age = \"90d\"\napi_key = \"{KEY}\"\nbase_url = \"{}/api/v2\"\n\
         rate_limit = {{ per_second = 10000.0, burst = 100 }}\n",
        peer.uri()
    )
}

/// A peer that refuses every request with `status`.
async fn refusing(status: u16) -> HttpPeer {
    let reason = "Daily rate limit of 1000 requests exceeded for this endpoint.";
    HttpPeer::start(move |_| {
        (
            status,
            json!({"errors": [{"detail": reason, "status": status}]}),
        )
    })
    .await
}

async fn subject() -> Subject {
    let answer = |address: Option<String>| record(&address.unwrap_or_default());
    let peer = HttpPeer::start(move |request| (200, answer(parameter(request, "ipAddress")))).await;
    let (spent, refused) = (refusing(429).await, refusing(401).await);
    Subject::linked("abuseipdb", settings(&peer))
        .secret(KEY)
        .known(Known::new(
            "118.25.6.39",
            [("abuse_score", json!(100)), ("total_reports", json!(10))],
        ))
        .known(Known::new(
            "2001:503:ba3e::2:30",
            [("abuse_score", json!(0)), ("is_tor", json!(false))],
        ))
        .knows_all()
        .wrong_settings(WrongSettings::new("max_age = \"400d\"", "max_age"))
        .wrong_settings(WrongSettings::new(
            "rate_limit = { burst = 0 }",
            "rate_limit.burst",
        ))
        .failing(Failing::new(settings(&spent), "118.25.6.39", |class| {
            matches!(class, FailureClass::QuotaSpent(Some(_)))
        }))
        .failing(Failing::new(settings(&refused), "118.25.6.39", |class| {
            *class == FailureClass::Unusable
        }))
        .hears(peer.hears(|request| parameter(request, "ipAddress")))
        .keep(peer)
        .keep(spent)
        .keep(refused)
}

provider_conformance!(subject());

#[tokio::test]
async fn the_age_is_asked_for_and_an_answer_about_another_address_is_not_taken() {
    let peer = HttpPeer::start(|_| (200, record("198.41.0.4"))).await;
    let subject = Subject::linked("abuseipdb", settings(&peer));
    let Outcome::Found(finding) = subject.outcome("198.41.0.4").await else {
        panic!("an answer is needed")
    };
    let absent = [
        "lastReportedAt",
        "last_reported_at",
        "hostnames",
        "is_whitelisted",
    ];
    assert!(
        absent.iter().all(|name| finding.fields.get(name).is_none()),
        "{finding:?}"
    );
    let Outcome::Failed(failure) = subject.outcome("198.41.0.5").await else {
        panic!("it is about another address")
    };
    assert!(
        failure.message.contains("is about another address"),
        "{failure}"
    );
    let requests = peer.requests();
    assert_eq!(
        parameter(&requests[0], "maxAgeInDays").as_deref(),
        Some("90")
    );
    assert_eq!(requests[0].url.path(), "/api/v2/check");
    assert_eq!(requests[0].headers["key"], KEY);
}
