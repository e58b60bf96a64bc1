//! The rate of DNS queries.

mod support;

use std::time::{Duration, Instant};

use ipcascade_testkit::peers::dns::{DnsPeer, DnsReply};
use ipcascade_testkit::peers::most_in_any_second;
use support::{provider, scattered};

const PER_SECOND: usize = 100;
const BURST: usize = 40;

#[tokio::test]
async fn no_second_sees_more_questions_than_the_limit_and_the_burst() {
    let peer = DnsPeer::start(|name, _| match name.contains(".origin") {
        true => DnsReply::texts(&["204500 | 5.0.0.0/16 | DE | ripencc | 2001-01-01"]),
        false => DnsReply::NoName,
    })
    .await;
    let settings = format!(
        "{}rate_limit = {{ per_second = {PER_SECOND}, burst = {BURST} }}\n",
        peer.settings()
    );
    let provider = provider(&settings);
    let started = Instant::now();
    let all = scattered(250);
    // The burst goes first: from then on, a late packet cannot merge two seconds into one.
    let (first, rest) = all.split_at(60);
    provider.look_up(first).await;
    let measured_from = peer.arrival_times().len();
    let (one, other) = rest.split_at(120);
    tokio::join!(
        provider.look_up(one),
        provider.look_up(other),
        provider.look_up(one)
    );
    let most = most_in_any_second(&peer.arrival_times()[measured_from..]);
    assert!(most <= PER_SECOND + BURST, "{most} questions in one second");
    assert_eq!(peer.asked_with(".origin").len(), 250, "each /24 once");
    let least = Duration::from_secs_f64((250.0 - BURST as f64) / PER_SECOND as f64);
    assert!(
        started.elapsed() >= least,
        "paced by batch, not by question"
    );
}
