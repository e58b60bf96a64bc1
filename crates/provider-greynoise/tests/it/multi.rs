//! The call for many addresses.

use ipcascade_core::lookup::{FailureClass, Outcome};
use serde_json::{Value, json};
use wiremock::matchers::{body_json, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::common::*;

#[tokio::test]
async fn many_addresses_are_one_call_whatever_the_order_of_the_answer() {
    let peer = MockServer::start().await;
    let answer = json!({
        "data": [record("198.41.0.6"), record("203.0.114.9"), record("198.41.0.4")],
        "request_metadata": {"restricted_fields": [], "ips_not_found": ["198.41.0.5"]},
    });
    Mock::given(method("POST"))
        .and(path("/v3/ip"))
        .and(body_json(
            json!({"ips": ["198.41.0.4", "198.41.0.5", "198.41.0.6", "198.41.0.7"]}),
        ))
        .respond_with(ResponseTemplate::new(200).set_body_json(answer))
        .expect(1)
        .mount(&peer)
        .await;
    let provider = provider(&peer, "multi", Some(KEY));
    let asked = addresses(&["198.41.0.4", "198.41.0.5", "198.41.0.6", "198.41.0.7"]);
    let outcomes = provider.look_up(&asked).await.outcomes;
    assert_eq!(outcomes.len(), 4);
    assert_eq!(found(&outcomes[0])["noise"], true);
    assert_eq!(found(&outcomes[1])["observed"], false);
    assert_eq!(found(&outcomes[2])["noise"], true);
    assert_eq!(failed(&outcomes[3]).class, FailureClass::Transient);
}

/// The outcomes for `asked` with a service that answers every list with `answer`.
async fn listed(answer: ResponseTemplate, asked: &[&str]) -> Vec<Outcome> {
    let peer = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(answer)
        .mount(&peer)
        .await;
    let provider = provider(&peer, "multi", Some(KEY));
    let outcomes = provider.look_up(&addresses(asked)).await.outcomes;
    assert_eq!(outcomes.len(), asked.len());
    outcomes
}

#[tokio::test]
async fn an_address_may_come_twice_or_not_at_all() {
    let mut second = record("198.41.0.4");
    second["internet_scanner_intelligence"]["classification"] = json!("benign");
    let answer = json!({
        "data": [
            {"ip": "198.41.0.4"}, record("198.41.0.4"), second, {"ip": "198.41.0.4"},
            {"ip": 7}, "198.41.0.6", null,
        ],
        "request_metadata": {"ips_not_found": ["198.41.0.5", "198.41.0.5", "198.41.0.4", "?", 7]},
    });
    let asked = ["198.41.0.5", "198.41.0.4", "198.41.0.6", "198.41.0.4"];
    let outcomes = listed(ResponseTemplate::new(200).set_body_json(answer), &asked).await;
    assert_eq!(found(&outcomes[0])["observed"], false);
    assert_eq!(found(&outcomes[1])["classification"], "suspicious");
    assert_eq!(failed(&outcomes[2]).class, FailureClass::Transient);
    assert!(failed(&outcomes[2]).message.contains("missing"));
    assert_eq!(found(&outcomes[3])["classification"], "suspicious");
}

#[tokio::test]
async fn fields_that_the_plan_withholds_are_listed_for_each_address() {
    let answer = json!({
        "data": [
            {"ip": "198.41.0.4", "internet_scanner_intelligence": {"found": true}},
            {"ip": "198.41.0.5"},
        ],
        "request_metadata": {"restricted_fields": ["business_service_intelligence"]},
    });
    let outcomes = listed(
        ResponseTemplate::new(206).set_body_json(answer),
        &["198.41.0.4", "198.41.0.5"],
    )
    .await;
    for outcome in &outcomes {
        let withheld = json!(["business_service_intelligence"]);
        assert_eq!(found(outcome)["withheld"], withheld);
        assert!(!found(outcome).contains_key("riot"));
    }
}

#[tokio::test]
async fn what_concerns_all_ends_the_batch_at_one_request() {
    for (status, class) in [
        (401, FailureClass::Unusable),
        (403, FailureClass::Unusable),
        (307, FailureClass::Unusable),
        (404, FailureClass::Unusable),
        (500, FailureClass::Transient),
    ] {
        let answer = ResponseTemplate::new(status).insert_header("Location", "http://127.0.0.1:9/");
        let outcomes = listed(answer, &["198.41.0.4", "198.41.0.5"]).await;
        for outcome in &outcomes {
            assert_eq!(failed(outcome).class, class, "{status}");
        }
    }
}

#[tokio::test]
async fn broken_answers_to_many_fail_each_of_them() {
    for body in ["", "{\"data\": [", "[]", "{}"] {
        let answer = ResponseTemplate::new(200).set_body_string(body);
        let outcomes = listed(answer, &["198.41.0.4", "198.41.0.5"]).await;
        for outcome in &outcomes {
            assert_eq!(failed(outcome).class, FailureClass::Transient);
        }
    }
}

#[tokio::test]
async fn an_address_that_the_service_refuses_costs_the_others_nothing() {
    const REFUSED: &str = "198.41.0.77";
    let peer = MockServer::start().await;
    let answer = |request: &wiremock::Request| {
        let body: Value = request.body_json().unwrap();
        let asked: Vec<&str> = body["ips"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        if asked.contains(&REFUSED) {
            let complaint = json!({"message": "Request contains an IP that cannot be routed"});
            return ResponseTemplate::new(400).set_body_json(complaint);
        }
        let data: Vec<Value> = asked.into_iter().map(record).collect();
        ResponseTemplate::new(200).set_body_json(json!({"data": data}))
    };
    Mock::given(method("POST"))
        .respond_with(answer)
        .mount(&peer)
        .await;
    let asked: Vec<String> = (0..128).map(|last| format!("198.41.0.{last}")).collect();
    let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
    let answers = provider(&peer, "multi", Some(KEY))
        .look_up(&addresses(&asked))
        .await;
    for (address, outcome) in asked.iter().zip(&answers.outcomes) {
        if *address == REFUSED {
            assert_eq!(failed(outcome).class, FailureClass::Permanent);
            assert!(failed(outcome).message.contains("cannot be routed"));
        } else {
            assert_eq!(found(outcome)["noise"], true, "{address}");
        }
    }
    assert_eq!(
        requests(&peer).await,
        15,
        "one, and two for each halving of 128"
    );
}

#[tokio::test]
async fn a_service_that_refuses_everything_is_not_asked_for_each_address() {
    let peer = MockServer::start().await;
    let refusal = ResponseTemplate::new(400);
    Mock::given(method("POST"))
        .respond_with(refusal)
        .mount(&peer)
        .await;
    let asked: Vec<String> = (0..1000)
        .map(|n| format!("198.41.{}.{}", n / 256, n % 256))
        .collect();
    let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
    let answers = provider(&peer, "multi", Some(KEY))
        .look_up(&addresses(&asked))
        .await;
    assert_eq!(answers.outcomes.len(), asked.len());
    for outcome in &answers.outcomes {
        assert_eq!(failed(outcome).class, FailureClass::Permanent);
    }
    let sent = requests(&peer).await;
    assert!(sent <= 100, "{sent} requests");
}
