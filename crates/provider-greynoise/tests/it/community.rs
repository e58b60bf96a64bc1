//! The community call against a peer, well-behaved and not.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use chrono::{TimeDelta, Utc};
use ipcascade_core::capabilities::Families;
use ipcascade_core::lookup::{FailureClass, Outcome};
use ipcascade_core::resilience::{ResilienceOptions, Resilient};
use serde_json::{Value, json};
use wiremock::matchers::{header, header_exists, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::common::*;

const ADDRESS: &str = "198.41.0.4";

/// A peer that answers every question with `answer`.
async fn peer(answer: ResponseTemplate) -> MockServer {
    let peer = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path(format!("/v3/community/{ADDRESS}")))
        .respond_with(answer)
        .mount(&peer)
        .await;
    peer
}

fn success() -> Value {
    json!({
        "ip": ADDRESS, "noise": true, "riot": false, "classification": "malicious",
        "name": "Some Scanner", "link": "https://viz.greynoise.io/ip/198.41.0.4",
        "last_seen": "2026-11-04", "message": "Success",
    })
}

async fn outcome_of(answer: ResponseTemplate) -> Outcome {
    let peer = peer(answer).await;
    ask(&*provider(&peer, "community", None), ADDRESS).await
}

async fn class_of(answer: ResponseTemplate) -> FailureClass {
    failed(&outcome_of(answer).await).class
}

#[tokio::test]
async fn an_observed_address_has_the_fields_under_their_known_names() {
    let outcome = outcome_of(ResponseTemplate::new(200).set_body_json(success())).await;
    let expected = json!({
        "noise": true, "riot": false, "observed": true, "classification": "malicious",
        "name": "Some Scanner", "last_seen": "2026-11-04",
        "link": "https://viz.greynoise.io/ip/198.41.0.4",
    });
    assert_eq!(Value::Object(found(&outcome).clone()), expected);
}

#[tokio::test]
async fn an_address_not_observed_is_an_answer_without_classification() {
    let body = json!({"ip": ADDRESS, "noise": false, "riot": false, "message": "IP not observed"});
    let expected = json!({"noise": false, "riot": false, "observed": false});
    let outcome = outcome_of(ResponseTemplate::new(404).set_body_json(body)).await;
    assert_eq!(Value::Object(found(&outcome).clone()), expected);
    let body = json!({"ip": ADDRESS, "noise": false, "riot": false, "classification": "unknown"});
    let outcome = outcome_of(ResponseTemplate::new(200).set_body_json(body)).await;
    assert_eq!(Value::Object(found(&outcome).clone()), expected);
}

#[tokio::test]
async fn a_404_of_some_other_server_is_not_taken_for_an_answer() {
    let not_found = || ResponseTemplate::new(404);
    for answer in [
        not_found().set_body_string("<html>no such page</html>"),
        not_found(),
        not_found().set_body_json(json!({"message": "no Route matched with those values"})),
        not_found().set_body_json(json!({"error": "not found", "status": 404})),
        not_found().set_body_json(json!({"noise": false, "riot": false})),
        not_found().set_body_json(json!({"ip": ADDRESS, "message": "unknown"})),
        not_found().set_body_json(json!({"ip": ADDRESS, "noise": true, "riot": false})),
        // The answer of a portal to everything.
        ResponseTemplate::new(200).set_body_json(json!({"noise": false, "riot": false})),
    ] {
        let outcome = outcome_of(answer).await;
        assert_eq!(failed(&outcome).class, FailureClass::Transient);
        let text = failed(&outcome).to_string();
        assert!(text.contains("base_url"), "{text}");
    }
    let of_another = json!({"ip": "198.41.0.99", "noise": false, "riot": false});
    let outcome = outcome_of(not_found().set_body_json(of_another)).await;
    assert!(failed(&outcome).to_string().contains("another address"));
}

#[tokio::test]
async fn words_that_are_new_to_us_are_kept() {
    let mut body = success();
    body["classification"] = json!("rather-odd");
    body["new_field"] = json!({"deep": [1, 2]});
    let outcome = outcome_of(ResponseTemplate::new(200).set_body_json(body)).await;
    assert_eq!(found(&outcome)["classification"], "rather-odd");
}

#[tokio::test]
async fn each_status_has_its_class() {
    for (status, class) in [
        (400, FailureClass::Permanent),
        (401, FailureClass::Unusable),
        (403, FailureClass::Unusable),
        (302, FailureClass::Unusable),
        (408, FailureClass::Transient),
        (418, FailureClass::Permanent),
        (500, FailureClass::Transient),
        (502, FailureClass::Transient),
        (503, FailureClass::Transient),
    ] {
        let answer = ResponseTemplate::new(status).set_body_json(json!({"message": "no"}));
        assert_eq!(class_of(answer).await, class, "{status}");
    }
}

#[tokio::test]
async fn bodies_that_are_not_answers_are_transient() {
    let mut other = success();
    other["ip"] = json!("198.41.0.5");
    for body in [
        "{\"noise\": tr".to_owned(),
        "<html>".to_owned(),
        "[]".to_owned(),
        "{}".to_owned(),
        r#"{"noise": "yes", "riot": false}"#.to_owned(),
        String::new(),
        other.to_string(),
    ] {
        let class = class_of(ResponseTemplate::new(200).set_body_string(body.clone())).await;
        assert_eq!(class, FailureClass::Transient, "{body}");
    }
}

#[tokio::test]
async fn a_huge_body_is_not_read_to_its_end() {
    let huge = ResponseTemplate::new(200).set_body_bytes(vec![b' '; 5 << 20]);
    let outcome = outcome_of(huge).await;
    assert_eq!(failed(&outcome).class, FailureClass::Permanent);
    assert!(failed(&outcome).to_string().contains("larger than"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_cut_in_half_is_transient() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let peer = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        assert!(stream.read(&mut request).unwrap() > 0);
        let half = "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"noise\": true,";
        stream.write_all(half.as_bytes()).unwrap();
    });
    let provider = configured(&format!("base_url = \"http://127.0.0.1:{port}\""));
    let outcome = ask(&*provider, ADDRESS).await;
    peer.join().unwrap();
    assert_eq!(failed(&outcome).class, FailureClass::Transient);
    assert!(failed(&outcome).to_string().contains("broke off"));
}

#[tokio::test]
async fn an_unreachable_service_is_transient_and_named() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let provider = configured(&format!("base_url = \"http://127.0.0.1:{port}\""));
    let outcome = ask(&*provider, ADDRESS).await;
    assert_eq!(failed(&outcome).class, FailureClass::Transient);
    assert!(failed(&outcome).to_string().contains("127.0.0.1"));
}

#[tokio::test]
async fn a_spent_quota_has_the_time_from_the_answer() {
    let wait = |outcome: Outcome| match failed(&outcome).class {
        FailureClass::QuotaSpent(Some(until)) => until - Utc::now(),
        other => panic!("{other:?}"),
    };
    let about = |wait: TimeDelta, hours: i64| {
        (wait - TimeDelta::hours(hours)).abs() < TimeDelta::minutes(5)
    };
    let body = json!({"plan": "unauthenticated", "rate-limit": "100-lookups/day"});
    let spent = ResponseTemplate::new(429).set_body_json(body);
    assert!(about(wait(outcome_of(spent).await), 24));
    let later = ResponseTemplate::new(429).insert_header("Retry-After", "7200");
    assert!(about(wait(outcome_of(later).await), 2));
    let date = (Utc::now() + TimeDelta::hours(5)).to_rfc2822();
    let dated = ResponseTemplate::new(429).insert_header("Retry-After", date.as_str());
    assert!(about(wait(outcome_of(dated).await), 5));
    let body = json!({"retry_after": 3 * 3600});
    let both = ResponseTemplate::new(429).insert_header("Retry-After", "60");
    assert!(about(wait(outcome_of(both.set_body_json(body)).await), 3));
    assert!(about(
        wait(outcome_of(ResponseTemplate::new(429)).await),
        24
    ));
}

#[tokio::test]
async fn the_key_and_the_version_are_sent_and_the_key_is_shown_nowhere() {
    let peer = MockServer::start().await;
    let version = env!("CARGO_PKG_VERSION");
    let agent = format!("ipcascade/{version} (provider greynoise)");
    Mock::given(header("key", KEY))
        .and(header("user-agent", agent.as_str()))
        .respond_with(ResponseTemplate::new(200).set_body_json(success()))
        .up_to_n_times(1)
        .with_priority(1)
        .expect(1)
        .mount(&peer)
        .await;
    let echo = json!({"message": format!("bad key {KEY}\u{1b}[31m")});
    Mock::given(header_exists("key"))
        .respond_with(ResponseTemplate::new(401).set_body_json(echo))
        .mount(&peer)
        .await;
    let provider = provider(&peer, "community", Some(KEY));
    assert!(!format!("{provider:?}").contains(KEY));
    found(&ask(&*provider, ADDRESS).await);
    let outcome = ask(&*provider, ADDRESS).await;
    let message = failed(&outcome).to_string();
    assert!(
        message.contains("refused") && message.contains("[key]"),
        "{message}"
    );
    assert!(
        !message.contains(KEY) && !message.contains('\u{1b}'),
        "{message}"
    );
    assert!(!format!("{outcome:?}").contains(KEY));
}

#[tokio::test]
async fn a_redirect_does_not_carry_the_key_away() {
    let thief = MockServer::start().await;
    let away = format!("{}/v3/community/{ADDRESS}", thief.uri());
    let peer = peer(ResponseTemplate::new(307).insert_header("Location", away.as_str())).await;
    let provider = provider(&peer, "community", Some(KEY));
    let outcome = ask(&*provider, ADDRESS).await;
    assert_eq!(failed(&outcome).class, FailureClass::Unusable);
    assert_eq!(requests(&thief).await, 0);
}

#[tokio::test]
async fn no_call_is_spent_on_ipv6() {
    let peer = peer(ResponseTemplate::new(200).set_body_json(success())).await;
    let provider = provider(&peer, "community", None);
    assert_eq!(provider.capabilities().families, Families::Ipv4);
    let mixed = addresses(&["2001:500::1", ADDRESS, "2001:500::2"]);
    let answers = provider.look_up(&mixed).await.outcomes;
    assert!(matches!(answers[0], Outcome::Failed(_)));
    found(&answers[1]);
    assert!(matches!(answers[2], Outcome::Failed(_)));
    assert_eq!(requests(&peer).await, 1);
}

#[tokio::test]
async fn a_spent_quota_or_refused_key_stops_all_further_calls() {
    for status in [429, 401, 403] {
        let peer = MockServer::start().await;
        Mock::given(method("GET"))
            .respond_with(ResponseTemplate::new(status))
            .mount(&peer)
            .await;
        let provider = Resilient::new(
            provider(&peer, "community", None),
            ResilienceOptions::default(),
        );
        for last in 4..15 {
            let outcome = ask(&provider, &format!("198.41.0.{last}")).await;
            assert!(matches!(outcome, Outcome::Deferred(_)), "{outcome:?}");
        }
        assert_eq!(requests(&peer).await, 1, "{status}");
    }
}

#[tokio::test]
async fn questions_at_the_same_time_spend_one_call_once_the_quota_is_gone() {
    let peer = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(429))
        .mount(&peer)
        .await;
    let provider = Resilient::new(
        provider(&peer, "community", None),
        ResilienceOptions::default(),
    );
    tokio::join!(
        ask(&provider, "198.41.0.4"),
        ask(&provider, "198.41.0.5"),
        ask(&provider, "198.41.0.6"),
    );
    assert_eq!(requests(&peer).await, 1);
}
