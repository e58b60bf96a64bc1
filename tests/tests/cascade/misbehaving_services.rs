//! Services that answer incorrectly.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ipcascade_testkit::peers::dns::{DnsPeer, DnsReply, Via};
use ipcascade_testkit::peers::whois::{WhoisAct, WhoisPeer, by_second_octet, well};
use serde_json::json;
use wiremock::ResponseTemplate;

use crate::world::{
    GreyNoise, Lines, Peers, Services, World, owned, scattered, tally, verdict, zone,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_answer_and_one_failure_of_the_server_cost_nothing() {
    let peers = Peers::sound().await;
    let failures = Arc::new(AtomicUsize::new(0));
    let dns = DnsPeer::start(move |name, via| match via {
        Via::Udp if name.starts_with("1.0.7.5.") => DnsReply::Truncated,
        Via::Udp
            if name.starts_with("1.0.8.5.") && failures.fetch_add(1, Ordering::SeqCst) == 0 =>
        {
            DnsReply::ServerFailure
        }
        _ => zone(name, via),
    })
    .await;
    let services = Services {
        dns: dns.address,
        ..peers.services()
    };
    let world = World::with(services);
    let (summary, _) = world.enrich(&owned(&["5.7.0.1", "5.8.0.1", "5.9.0.1"]), 0);
    assert_eq!(tally(&summary, "cymru")["found"], 3, "{summary}");
    assert_eq!(
        dns.ways("1.0.7.5.origin.asn.cymru.com."),
        [Via::Udp, Via::Tcp]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn half_an_answer_by_whois_is_taken_and_the_rest_asked_for_again() {
    let peers = Peers::sound().await;
    let cut = vec![WhoisAct::Read, WhoisAct::Banner, WhoisAct::Answer(2)];
    let whois = WhoisPeer::start(by_second_octet, vec![cut, well()]).await;
    let services = Services {
        whois: whois.address,
        ..peers.services()
    };
    let world = World::new();
    let lines = Lines {
        cymru: "mode = \"whois\"",
        ..Lines::default()
    };
    world.configure(services, lines);
    let (summary, _) = world.enrich(&owned(&["5.7.0.1", "5.8.0.1", "5.9.0.1", "5.10.0.1"]), 0);
    assert_eq!(tally(&summary, "cymru")["found"], 4, "{summary}");
    let sessions = whois.sessions();
    assert_eq!(sessions.len(), 2);
    assert!(!sessions[1].contains(&"5.7.0.1".to_owned()), "{sessions:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_key_is_reported_once_and_stops_the_questions() {
    let body = json!({"message": "invalid key s3cret-Key"});
    let peers = Peers::with(GreyNoise::always(401, body).await).await;
    let world = World::new();
    let lines = Lines {
        greynoise: "mode = \"single\"\napi_key = \"s3cret-Key\"",
        ..Lines::default()
    };
    world.configure(peers.services(), lines);
    world
        .sandbox
        .write("addresses.txt", &scattered([5, 1], 200, 50).join("\n"));
    let run = world.run(&["-v", "enrich", "addresses.txt"]).expect(1);
    assert_eq!(peers.greynoise.seen().len(), 1, "{}", run.stderr);
    let lines = run
        .stderr
        .lines()
        .filter(|line| line.starts_with("error: greynoise had no answer"));
    assert_eq!(lines.count(), 1, "{}", run.stderr);
    assert!(
        run.stderr.contains("the API key was refused"),
        "{}",
        run.stderr
    );
    assert!(!run.stderr.contains("s3cret"), "{}", run.stderr);
    assert!(
        run.stderr.contains("greynoise: 1 request"),
        "{}",
        run.stderr
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn passing_trouble_is_got_over_within_the_run() {
    let asked = Arc::new(AtomicUsize::new(0));
    let troubled = GreyNoise::start(move |seen| match asked.fetch_add(1, Ordering::SeqCst) {
        0 => ResponseTemplate::new(500),
        1 => ResponseTemplate::new(200).set_body_string("{\"ip\": \"5.1"),
        _ => verdict(seen),
    });
    let peers = Peers::with(troubled.await).await;
    let world = World::with(peers.services());
    world.sandbox.write("addresses.txt", "5.1.0.1\n5.1.0.2\n");
    let run = world.run(&["enrich", "addresses.txt"]).expect(0);
    assert_eq!(world.stored("5.1.0.1")["noise"], true);
    assert_eq!(world.stored("5.1.0.2")["noise"], true);
    assert!(run.stderr.contains("2 tried again"), "{}", run.stderr);
}
