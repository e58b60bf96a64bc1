//! A run that is asked to end asks nobody anything more.

use std::process::{Command, Stdio};
use std::sync::Arc;

use tokio::sync::Notify;

use crate::world::{GreyNoise, Lines, Peers, World, scattered, verdict};

const ADDRESSES: u16 = 40;

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_ends_the_waiting_for_a_slow_limit() {
    let first = Arc::new(Notify::new());
    let asked = Arc::clone(&first);
    let service = GreyNoise::start(move |seen| {
        asked.notify_one();
        verdict(seen)
    });
    let peers = Peers::with(service.await).await;
    let world = World::new();
    // The whole of it would take the better part of an hour.
    let lines = Lines {
        greynoise: "rate_limit = { per_second = 0.01, burst = 1 }\napi_key = \"k\"\nmode = \"single\"",
        store: Some("sqlite://inventory.db"),
        ..Lines::default()
    };
    world.configure(peers.services(), lines);
    let addresses = scattered([5, 1], ADDRESSES, 50);
    world.sandbox.write("input.txt", &addresses.join("\n"));
    let mut run = world.sandbox.command(&["enrich", "input.txt"]);
    let mut run = run
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    first.notified().await;
    let interrupted = Command::new("kill")
        .args(["-INT", &run.id().to_string()])
        .status();
    assert!(interrupted.unwrap().success());
    let ended = tokio::task::block_in_place(|| run.wait().unwrap());
    assert_eq!(ended.code(), Some(130));
    assert!(peers.greynoise.asked().len() < usize::from(ADDRESSES));
    // What was found by others, and where the addresses were seen, is there.
    let stats = world.sandbox.run(&["stats", "--format", "json"]).expect(0);
    let stats: serde_json::Value = serde_json::from_str(&stats.stdout).unwrap();
    assert_eq!(stats["addresses"], ADDRESSES);
    world.sandbox.run(&["verify"]).expect(0);
}
