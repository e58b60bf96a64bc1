//! How many sessions an unusable bulk service sees, retries of the core included.

use std::sync::Arc;

use ipcascade_core::lookup::{FailureClass, Outcome};
use ipcascade_core::provider::Provider as _;
use ipcascade_core::resilience::{ResilienceOptions, Resilient};
use ipcascade_testkit::peers::closed_port;
use ipcascade_testkit::peers::dns::{DnsPeer, DnsReply};
use ipcascade_testkit::peers::whois::{WhoisAct, WhoisPeer, by_second_octet, well};
use tokio::sync::watch;

use crate::support::{addresses, assert_all_found, both, dns_like_whois, failed, provider, spread};

/// The provider as a run uses it.
fn in_a_run(settings: &str) -> Resilient {
    Resilient::new(provider(settings), ResilienceOptions::default())
}

/// The outcomes of a batch of 100 with a server that follows `script`, and the number of sessions.
async fn batch(script: Vec<WhoisAct>) -> (Vec<Outcome>, usize) {
    let peer = WhoisPeer::start(by_second_octet, vec![script]).await;
    let settings = peer
        .settings()
        .replace("timeout = \"5s\"", "timeout = \"300ms\"");
    let provider = in_a_run(&settings);
    let outcomes = provider.look_up(&spread(100)).await.outcomes;
    let sessions = peer.sessions().len();
    provider.look_up(&spread(200)).await;
    let afterwards = peer.sessions().len();
    if !outcomes.iter().all(|o| matches!(o, Outcome::Found(_))) {
        assert_eq!(afterwards, sessions, "a useless server is left alone");
    }
    (outcomes, sessions)
}

/// The first `count` must have been found; all others failed transiently.
fn assert_first_found(outcomes: &[Outcome], count: usize) -> String {
    assert_all_found(&outcomes[..count]);
    for outcome in &outcomes[count..] {
        assert_eq!(failed(outcome).0, FailureClass::Transient);
    }
    failed(&outcomes[count]).1
}

#[tokio::test]
async fn a_server_that_answers_nothing_sees_two_sessions() {
    let other = "204501 | 9.9.9.9 | 9.9.9.0/24 | DE | ripencc | 2001-01-01 | NET, DE\n";
    let rubbish = "\u{0}\u{1}|||\nHTTP/1.1 400 Bad Request\r\n\r\n{\"ip\": \"5.0.7.200\"}\n";
    for script in [
        vec![],
        vec![WhoisAct::Banner],
        vec![WhoisAct::Read, WhoisAct::Banner],
        vec![WhoisAct::Read, WhoisAct::Write(rubbish.to_owned())],
        vec![
            WhoisAct::Read,
            WhoisAct::Banner,
            WhoisAct::Write(other.repeat(100)),
        ],
        vec![WhoisAct::Read, WhoisAct::Idle],
        vec![WhoisAct::Read, WhoisAct::Banner, WhoisAct::Idle],
    ] {
        let (outcomes, sessions) = batch(script.clone()).await;
        assert_first_found(&outcomes, 0);
        assert_eq!(sessions, 2, "{script:?}");
    }
}

#[tokio::test]
async fn a_server_that_says_why_it_does_not_serve_sees_one_session() {
    let complaint = "Error: too many connections\n".to_owned();
    let (outcomes, sessions) = batch(vec![WhoisAct::Read, WhoisAct::Write(complaint)]).await;
    let message = assert_first_found(&outcomes, 0);
    assert!(message.contains("too many connections"), "{message}");
    assert_eq!(sessions, 1);
}

#[tokio::test]
async fn a_server_that_talks_without_end_sees_one_session() {
    for text in ["Bulk mode; noise\n", "noise without an end of line "] {
        let (outcomes, sessions) =
            batch(vec![WhoisAct::Read, WhoisAct::Flood(text.to_owned())]).await;
        assert_first_found(&outcomes, 0);
        assert_eq!(sessions, 1, "{text}");
    }
    let line = by_second_octet("5.0.7.200").remove(0) + "\n";
    let (outcomes, sessions) = batch(vec![WhoisAct::Read, WhoisAct::Flood(line)]).await;
    assert_first_found(&outcomes, 1);
    assert_eq!(sessions, 1, "one answer over and over");
}

#[tokio::test]
async fn a_session_has_an_end_however_patient_each_step_is() {
    let script = vec![
        WhoisAct::Read,
        WhoisAct::Banner,
        WhoisAct::Answer(1),
        WhoisAct::Idle,
    ];
    let peer = WhoisPeer::start(by_second_octet, vec![script]).await;
    let settings = format!("{}session_timeout = \"500ms\"\n", peer.settings());
    let answers = in_a_run(&settings).look_up(&spread(2)).await;
    let message = assert_first_found(&answers.outcomes, 1);
    assert!(message.contains("not over within 0.5 s"), "{message}");
    assert_eq!(peer.sessions().len(), 1);
}

#[tokio::test]
async fn cut_sessions_are_resumed_three_times() {
    let (outcomes, sessions) =
        batch(vec![WhoisAct::Read, WhoisAct::Banner, WhoisAct::Answer(5)]).await;
    let message = assert_first_found(&outcomes, 5 + 3 * 4);
    assert!(message.contains("closed the connection"), "{message}");
    assert_eq!(sessions, 4);

    let (outcomes, sessions) = batch(vec![WhoisAct::Read, WhoisAct::Answer(30)]).await;
    assert_all_found(&outcomes);
    assert_eq!(sessions, 4);
}

#[tokio::test]
async fn a_server_that_stalls_after_one_line_sees_three_sessions() {
    let script = vec![
        WhoisAct::Read,
        WhoisAct::Banner,
        WhoisAct::Answer(1),
        WhoisAct::Idle,
    ];
    let (outcomes, sessions) = batch(script).await;
    let message = assert_first_found(&outcomes, 1);
    assert!(message.contains("nothing came for 0.3 s"), "{message}");
    assert_eq!(sessions, 3, "the first, one resumed, and that once more");
}

#[tokio::test]
async fn an_error_line_in_the_middle_does_not_end_the_session() {
    let script = vec![
        WhoisAct::Read,
        WhoisAct::Banner,
        WhoisAct::Answer(50),
        WhoisAct::Write("Error: internal error\n".to_owned()),
        WhoisAct::Answer(usize::MAX),
    ];
    let (outcomes, sessions) = batch(script).await;
    assert_all_found(&outcomes);
    assert_eq!(sessions, 1);
}

#[tokio::test]
async fn what_is_spent_on_one_part_of_a_list_is_spent_for_all() {
    let peer = WhoisPeer::start(
        by_second_octet,
        vec![vec![WhoisAct::Read, WhoisAct::Banner]],
    )
    .await;
    let settings = format!("{}chunk = 10\n", peer.settings());
    let answers = in_a_run(&settings).look_up(&spread(100)).await;
    assert_first_found(&answers.outcomes, 0);
    assert_eq!(peer.sessions().len(), 2);
}

#[tokio::test]
async fn with_both_ways_out_of_order_the_retries_are_not_more_sessions() {
    let dns = DnsPeer::start(|_, _| DnsReply::ServerFailure).await;
    let whois = WhoisPeer::start(by_second_octet, vec![vec![WhoisAct::Banner]]).await;
    let provider = in_a_run(&both(&dns, &whois));
    // Enough for a list, and a few that go over whois only as a fallback.
    for count in [100, 15] {
        let answers = provider.look_up(&spread(count)).await;
        let message = assert_first_found(&answers.outcomes, 0);
        assert!(
            message.contains("DNS") && message.contains("whois"),
            "{message}"
        );
        assert_eq!(whois.sessions().len(), 2, "{count} addresses");
    }
}

#[tokio::test]
async fn dns_answers_what_a_useless_bulk_service_does_not() {
    let dns = dns_like_whois().await;
    let whois = WhoisPeer::start(by_second_octet, vec![vec![WhoisAct::Banner]]).await;
    let provider = in_a_run(&both(&dns, &whois));
    assert_all_found(&provider.look_up(&spread(100)).await.outcomes);
    assert_all_found(&provider.look_up(&spread(200)).await.outcomes);
    assert_eq!(whois.sessions().len(), 2);
}

#[tokio::test]
async fn a_service_that_is_not_there_is_transient() {
    let address = closed_port().await;
    let settings = format!("mode = \"whois\"\n[whois]\naddress = \"{address}\"");
    let answers = in_a_run(&settings).look_up(&spread(2)).await;
    let message = assert_first_found(&answers.outcomes, 0);
    assert!(message.contains(&address.to_string()), "{message}");
    assert!(message.contains("connecting"), "{message}");
}

#[tokio::test]
async fn a_process_has_one_session_at_a_time() {
    let (open, gate) = watch::channel(false);
    let script = vec![
        WhoisAct::Read,
        WhoisAct::Wait(gate),
        WhoisAct::Answer(usize::MAX),
    ];
    let mut peer = WhoisPeer::start(by_second_octet, vec![script, well()]).await;
    let one = Arc::new(in_a_run(&peer.settings()));
    let ask = |provider: &Arc<Resilient>, text: &'static str| {
        let provider = Arc::clone(provider);
        tokio::spawn(async move { provider.look_up(&addresses(&[text])).await })
    };
    let first = ask(&one, "5.1.7.1");
    peer.waiting().await;
    let others = [
        ask(&one, "5.2.7.1"),
        ask(&Arc::new(in_a_run(&peer.settings())), "5.3.7.1"),
    ];
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(peer.sessions().len(), 1);
    open.send(true).unwrap();
    assert!(matches!(
        first.await.unwrap().outcomes[0],
        Outcome::Found(_)
    ));
    for other in others {
        assert!(matches!(
            other.await.unwrap().outcomes[0],
            Outcome::Found(_)
        ));
    }
    assert_eq!(peer.sessions().len(), 3);
}
