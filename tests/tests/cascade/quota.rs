//! A quota that is spent.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ipcascade_testkit::program::Run;
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::world::{GreyNoise, Peers, World, scattered, tally, verdict};

/// A service that answers all questions but number `quota`, counted from 0.
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
    let (summary, run) = world.enrich(&addresses, 1);
    let greynoise_tally = tally(&summary, "greynoise");
    assert_eq!(greynoise_tally["found"], 10, "{summary}");
    assert_eq!(greynoise_tally["deferred"], 89);
    assert_eq!(peers.greynoise.seen().len(), 11);
    assert_eq!(tally(&summary, "maxmind")["found"], 100);
    assert!(run.stderr.contains("spent"), "{}", run.stderr);

    let (summary, _) = world.enrich(&addresses, 1);
    assert_eq!(
        peers.greynoise.seen().len(),
        11,
        "the next process does not ask"
    );
    let told = tally(&summary, "greynoise");
    assert_eq!(told["deferred"], 90, "{summary}");
    let reasons = told["errors"].to_string();
    assert_eq!(reasons.matches(" before ").count(), 1, "{reasons}");
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

    // When the time has come, it is asked again.
    let (later, until) = (
        "2036-01-01T00:00:00Z",
        state["not_before"].as_str().unwrap(),
    );
    assert!(until < later);
    world.run_at(later, &["enrich", "addresses.txt"]).expect(0);
    assert_eq!(peers.greynoise.seen().len(), 11 + 100);
}
