//! A used-up quota.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ipcascade_core::clock::{Clock, rfc3339};
use ipcascade_testkit::program::Run;
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::world::{GreyNoise, Lines, Peers, World, scattered, tally, verdict};

/// A service that answers all requests except number `quota`, counted from 0.
async fn spent_after(quota: usize) -> GreyNoise {
    let asked = Arc::new(AtomicUsize::new(0));
    GreyNoise::start(move |seen| {
        if asked.fetch_add(1, Ordering::SeqCst) != quota {
            return verdict(seen);
        }
        let body =
            json!({"plan": "unauthenticated", "rate-limit": "50-lookups/week", "message": "spent"});
        ResponseTemplate::new(429)
            .insert_header("Retry-After", "7200")
            .set_body_json(body)
    })
    .await
}

fn greynoise(run: &Run) -> Value {
    let all: Value = serde_json::from_str(&run.stdout).unwrap();
    all.as_array()
        .unwrap()
        .iter()
        .find(|p| p["name"] == "greynoise")
        .unwrap()
        .clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_remembered_for_the_next_process_and_shown() {
    let peers = Peers::with(spent_after(10).await).await;
    let world = World::with(peers.services());
    let addresses = scattered([5, 1], 100, 50);
    let (summary, run) = world.enrich(&addresses, 0);
    let greynoise_tally = tally(&summary, "greynoise");
    assert_eq!(greynoise_tally["found"], 10, "{summary}");
    assert_eq!(greynoise_tally["deferred"], 90);
    assert_eq!(greynoise_tally["failed"], 0);
    assert_eq!(peers.greynoise.seen().len(), 11);
    assert_eq!(tally(&summary, "maxmind")["found"], 100);
    assert!(run.stderr.contains("spent"), "{}", run.stderr);

    let (summary, run) = world.enrich(&addresses, 0);
    assert_eq!(
        peers.greynoise.seen().len(),
        11,
        "the next process does not ask"
    );
    let counts = tally(&summary, "greynoise");
    assert_eq!(counts["deferred"], 90, "{summary}");
    let said = run.stderr.matches("deferred: greynoise until ").count();
    assert_eq!(said, 1, "{}", run.stderr);
    world.run(&["lookup", "5.1.1.1"]);
    assert_eq!(
        peers.greynoise.seen().len(),
        11,
        "nor does a look-up, which stores nothing"
    );

    let state =
        greynoise(&world.run(&["providers", "--format", "json"]).expect(0))["state"].clone();
    assert_eq!(state["used"], 11, "{state}");
    assert!(state["not_before"].is_string(), "{state}");
    let shown = world
        .run(&["providers", "show", "greynoise"])
        .expect(0)
        .stdout;
    assert!(
        shown.contains("paused until") && shown.contains("11"),
        "{shown}"
    );

    // Afterwards, the service is asked again.
    let (later, until) = (
        "2036-01-01T00:00:00Z",
        state["not_before"].as_str().unwrap(),
    );
    assert!(until < later);
    world.run_at(later, &["enrich", "addresses.txt"]).expect(0);
    assert_eq!(peers.greynoise.seen().len(), 11 + 100);
}

/// A service that refuses its first `times` requests for a second.
async fn busy(status: u16, times: usize) -> GreyNoise {
    let asked = Arc::new(AtomicUsize::new(0));
    GreyNoise::start(move |seen| match asked.fetch_add(1, Ordering::SeqCst) {
        n if n < times => ResponseTemplate::new(status).insert_header("Retry-After", "1"),
        _ => verdict(seen),
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_pause_is_waited_out_and_fails_nothing() {
    for status in [429, 503] {
        let peers = Peers::with(busy(status, 1).await).await;
        let world = World::with(peers.services());
        world
            .sandbox
            .write("addresses.txt", &scattered([5, 1], 20, 50).join("\n"));
        let now = rfc3339(Clock::system().now());
        let run = world.run_at(&now, &["enrich", "--format", "json", "addresses.txt"]);
        let run = run.expect(0);
        let summary: Value = serde_json::from_str(&run.stdout).unwrap();
        let counts = tally(&summary, "greynoise");
        assert_eq!(
            (&counts["found"], &counts["deferred"]),
            (&20.into(), &0.into()),
            "{summary}"
        );
        assert!(!run.stderr.contains("deferred"), "{}", run.stderr);
        let shown = world.run(&["providers", "show", "greynoise"]).expect(0);
        assert!(!shown.stdout.contains("paused"), "{}", shown.stdout);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_has_its_own_quota_and_resuming_lifts_any() {
    let peers = Peers::with(spent_after(0).await).await;
    let world = World::new();
    let with_key = |key: &str| {
        let greynoise = format!("mode = \"community\"\napi_key = \"{key}\"");
        let lines = Lines {
            greynoise: &greynoise,
            ..Lines::default()
        };
        world.configure(peers.services(), lines);
    };
    with_key("the-old-key");
    let addresses = scattered([5, 1], 8, 50);
    let deferred = |summary: &Value| tally(summary, "greynoise")["deferred"].clone();
    assert_eq!(deferred(&world.enrich(&addresses[..4], 0).0), 4);
    assert_eq!(deferred(&world.enrich(&addresses[..4], 0).0), 4);
    with_key("the-new-key");
    assert_eq!(deferred(&world.enrich(&addresses[..4], 0).0), 0);
    with_key("the-old-key");
    assert_eq!(deferred(&world.enrich(&addresses, 0).0), 4);
    let resumed = world.run(&["providers", "resume", "greynoise"]).expect(0);
    assert!(
        resumed.stderr.contains("asks it again"),
        "{}",
        resumed.stderr
    );
    assert_eq!(deferred(&world.enrich(&addresses, 0).0), 0);
    let resumed = world.run(&["providers", "resume", "greynoise"]).expect(0);
    assert!(
        resumed.stderr.contains("was not paused"),
        "{}",
        resumed.stderr
    );
    world.run(&["providers", "resume", "greynoize"]).expect(2);
    // The key is stored nowhere.
    let stored = std::fs::read(world.sandbox.path("inventory.db")).unwrap();
    assert!(
        !stored
            .windows(11)
            .any(|bytes| bytes == b"the-old-key" || bytes == b"the-new-key")
    );
}
