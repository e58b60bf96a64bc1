//! The calls of the paid plans, and learning the plan of a key.

use ipcascade_core::lookup::{FailureClass, Outcome};
use serde_json::{Value, json};
use wiremock::matchers::{method, path, path_regex, query_param};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use crate::common::*;

const ADDRESS: &str = "198.41.0.4";

async fn single(answer: ResponseTemplate) -> Outcome {
    let peer = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path(format!("/v3/ip/{ADDRESS}")))
        .respond_with(answer)
        .expect(1)
        .mount(&peer)
        .await;
    ask(&*provider(&peer, "single", Some(KEY)), ADDRESS).await
}

#[tokio::test]
async fn a_full_record_becomes_the_same_section_with_more_fields() {
    let outcome = single(ResponseTemplate::new(200).set_body_json(record(ADDRESS))).await;
    let section = found(&outcome);
    let expected = json!({
        "noise": true, "riot": true, "observed": true, "classification": "suspicious",
        "name": "Some Scanner", "last_seen": "2026-11-04", "first_seen": "2020-01-01",
        "actor": "Some Scanner", "spoofable": false, "tor": false, "vpn": true,
        "vpn_service": "SOME_VPN", "cves": ["CVE-2020-0001"],
        "tags": [{
            "slug": "telnet", "name": "Telnet", "category": "activity", "intention": "malicious",
        }],
        "metadata": {"asn": "AS64500", "category": "hosting", "rdns": ""},
        "trust_level": "7", "category": "public_dns", "service": "Some Resolver",
    });
    assert_eq!(Value::Object(section.clone()), expected);
}

#[tokio::test]
async fn fields_that_the_plan_withholds_are_listed() {
    let mut body = record(ADDRESS);
    body["request_metadata"]["restricted_fields"] = json!(["internet_scanner_intelligence.tags"]);
    body["internet_scanner_intelligence"]
        .as_object_mut()
        .unwrap()
        .remove("tags");
    let outcome = single(ResponseTemplate::new(206).set_body_json(body)).await;
    let section = found(&outcome);
    assert_eq!(
        section["withheld"],
        json!(["internet_scanner_intelligence.tags"])
    );
    assert_eq!(section["classification"], "suspicious");
    assert!(!section.contains_key("tags"));
}

#[tokio::test]
async fn what_was_found_nowhere_has_no_classification() {
    let body = json!({
        "ip": ADDRESS,
        "business_service_intelligence": {"found": false, "trust_level": "", "name": "x"},
        "internet_scanner_intelligence": {"found": false, "classification": "unknown"},
    });
    for answer in [
        ResponseTemplate::new(200).set_body_json(body),
        ResponseTemplate::new(404).set_body_json(json!({
            "ip": ADDRESS,
            "business_service_intelligence": {"found": false},
            "internet_scanner_intelligence": {"found": false},
        })),
    ] {
        let outcome = single(answer).await;
        let expected = json!({"noise": false, "riot": false, "observed": false});
        assert_eq!(Value::Object(found(&outcome).clone()), expected);
    }
}

#[tokio::test]
async fn a_record_without_verdict_is_transient() {
    let outcome = single(ResponseTemplate::new(200).set_body_json(json!({"ip": ADDRESS}))).await;
    assert_eq!(failed(&outcome).class, FailureClass::Transient);
}

#[tokio::test]
async fn the_quick_call_says_so() {
    let peer = MockServer::start().await;
    let body = json!({
        "ip": ADDRESS,
        "business_service_intelligence": {"found": true, "trust_level": "1"},
        "internet_scanner_intelligence": {"found": false, "classification": ""},
    });
    Mock::given(method("GET"))
        .and(query_param("quick", "true"))
        .respond_with(ResponseTemplate::new(200).set_body_json(body))
        .expect(1)
        .mount(&peer)
        .await;
    let outcome = ask(&*provider(&peer, "quick", Some(KEY)), ADDRESS).await;
    assert_eq!(found(&outcome)["riot"], true);
    assert_eq!(found(&outcome)["trust_level"], "1");
}

/// A peer whose keys have no call for many addresses, and a quota of `quota` community calls.
async fn free_plan(refusal: u16, quota: u64) -> MockServer {
    let peer = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(refusal))
        .mount(&peer)
        .await;
    Mock::given(path_regex("^/v3/community/"))
        .respond_with(|request: &Request| {
            let ip = request.url.path().rsplit('/').next().unwrap_or_default();
            let body = json!({"ip": ip, "noise": true, "riot": false});
            ResponseTemplate::new(200).set_body_json(body)
        })
        .up_to_n_times(quota)
        .with_priority(1)
        .mount(&peer)
        .await;
    Mock::given(path_regex("^/v3/community/"))
        .respond_with(ResponseTemplate::new(429))
        .mount(&peer)
        .await;
    peer
}

#[tokio::test]
async fn the_plan_is_learned_once_and_answers_before_the_quota_was_spent_stay() {
    for refusal in [401, 403, 404] {
        let peer = free_plan(refusal, 4).await;
        let provider = provider(&peer, "auto", Some(KEY));
        let first = addresses(&["198.41.0.4", "198.41.0.5"]);
        for outcome in &provider.look_up(&first).await.outcomes {
            assert_eq!(found(outcome)["noise"], true);
        }
        assert_eq!(requests(&peer).await, 3, "one refusal, two answers");
        let second = addresses(&["198.41.0.6", "198.41.0.7", "198.41.0.8", "198.41.0.9"]);
        let outcomes = provider.look_up(&second).await.outcomes;
        assert_eq!(outcomes.len(), 4);
        found(&outcomes[0]);
        found(&outcomes[1]);
        for outcome in &outcomes[2..] {
            assert!(matches!(
                failed(outcome).class,
                FailureClass::QuotaSpent(Some(_))
            ));
        }
        assert_eq!(
            requests(&peer).await,
            6,
            "not asked for many again, nor after the 429"
        );
    }
}

#[tokio::test]
async fn a_key_that_nothing_accepts_is_unusable() {
    let peer = MockServer::start().await;
    Mock::given(path_regex("^/v3/"))
        .respond_with(ResponseTemplate::new(401))
        .mount(&peer)
        .await;
    let provider = provider(&peer, "auto", Some(KEY));
    let outcomes = provider
        .look_up(&addresses(&["198.41.0.4", "198.41.0.5"]))
        .await
        .outcomes;
    for outcome in &outcomes {
        assert_eq!(failed(outcome).class, FailureClass::Unusable);
    }
    assert_eq!(requests(&peer).await, 2);
}

#[tokio::test]
async fn a_good_key_asks_for_many_at_once() {
    let peer = MockServer::start().await;
    let answer = json!({"data": [record("198.41.0.4"), record("198.41.0.5")]});
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(200).set_body_json(answer))
        .mount(&peer)
        .await;
    let provider = provider(&peer, "auto", Some(KEY));
    assert!(provider.capabilities().batch_size > 1);
    let outcomes = provider
        .look_up(&addresses(&["198.41.0.4", "198.41.0.5"]))
        .await
        .outcomes;
    outcomes
        .iter()
        .for_each(|outcome| assert_eq!(found(outcome)["noise"], true));
    assert_eq!(requests(&peer).await, 1);
}

#[tokio::test]
async fn a_peer_that_goes_down_in_the_middle_is_not_asked_for_each_of_the_rest() {
    let peer = free_plan(403, 2).await;
    Mock::given(path_regex("^/v3/community/"))
        .respond_with(ResponseTemplate::new(503))
        .with_priority(2)
        .mount(&peer)
        .await;
    let provider = provider(&peer, "auto", Some(KEY));
    let asked: Vec<String> = (1..=50).map(|last| format!("198.41.0.{last}")).collect();
    let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
    let outcomes = provider.look_up(&addresses(&asked)).await.outcomes;
    assert_eq!(outcomes.len(), 50);
    found(&outcomes[1]);
    assert_eq!(failed(&outcomes[49]).class, FailureClass::Transient);
    assert_eq!(requests(&peer).await, 1 + 2 + 3);
}
