//! An interrupted run asks no further questions.

use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use ipcascade_testkit::peers::whois::{WhoisAct, WhoisPeer, by_second_octet};
use serde_json::Value;
use tokio::sync::Notify;

use crate::world::{GreyNoise, Lines, Peers, STEPS, World, scattered, verdict};

const ADDRESSES: u16 = 40;

/// A whole run would take the better part of an hour.
const SLOW: Lines<'_> = Lines {
    cymru: "",
    dns: "",
    greynoise: "rate_limit = { per_second = 0.01, burst = 3 }\napi_key = \"k\"\nmode = \"single\"\nconcurrency = 1",
    store: Some("sqlite://inventory.db"),
};

fn start(world: &World, args: &[&str]) -> Child {
    let mut run = world.sandbox.command(args);
    let run = run.stdout(Stdio::piped()).stderr(Stdio::piped());
    run.spawn().unwrap()
}

/// Signals the run, and returns its output once it has ended.
fn end(run: Child, signal: &str) -> Output {
    let kill = Command::new("kill")
        .args([signal, &run.id().to_string()])
        .status();
    assert!(kill.unwrap().success());
    let ended = tokio::task::block_in_place(|| run.wait_with_output().unwrap());
    assert_eq!(ended.status.code(), Some(130));
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(said.contains("stopping: nothing new is begun"), "{said}");
    ended
}

/// A GreyNoise peer, a notification of its third question, and a program that would keep it busy for long.
async fn slow() -> (Peers, Arc<Notify>, World) {
    let reached = Arc::new(Notify::new());
    let (notify, asked) = (Arc::clone(&reached), AtomicUsize::new(0));
    let service = GreyNoise::start(move |seen| {
        if asked.fetch_add(1, Ordering::SeqCst) == 2 {
            notify.notify_one();
        }
        verdict(seen)
    });
    let (peers, world) = (Peers::with(service.await).await, World::new());
    world.configure(peers.services(), SLOW);
    (peers, reached, world)
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_ends_the_waiting_for_a_slow_limit() {
    for signal in ["-INT", "-TERM"] {
        let (peers, asked, world) = slow().await;
        let addresses = scattered([5, 1], ADDRESSES, 50);
        world.sandbox.write("input.txt", &addresses.join("\n"));
        let run = start(&world, &["enrich", "input.txt"]);
        asked.notified().await;
        end(run, signal);
        assert_eq!(peers.greynoise.asked().len(), 3);
        // Answers received so far are stored, and so are those of the other providers, and the sightings.
        let exported = world
            .run(&["ip", "export", "--with-sections"])
            .expect(0)
            .stdout;
        let rows: Vec<Value> = exported
            .lines()
            .map(|row| serde_json::from_str(row).unwrap())
            .collect();
        let has = |provider: &str| {
            rows.iter()
                .filter(|row| row["sections"].get(provider).is_some())
                .count()
        };
        assert_eq!((rows.len(), has("maxmind")), (40, 40));
        // The last answer may have come too late.
        assert!((2..=3).contains(&has("greynoise")), "{}", has("greynoise"));
        world.sandbox.run(&["verify"]).expect(0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_is_stored_when_the_run_is_killed() {
    let (_peers, asked, world) = slow().await;
    let addresses = scattered([5, 1], ADDRESSES, 50);
    world.sandbox.write("input.txt", &addresses.join("\n"));
    let mut run = start(&world, &["enrich", "input.txt"]);
    asked.notified().await;
    let stored = || {
        let exported = world.run(&["ip", "export", "--with-sections"]).stdout;
        exported.matches("\"greynoise\":{").count()
    };
    while stored() < 3 {}
    run.kill().unwrap();
    run.wait().unwrap();
    world.run(&["verify"]).expect(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_ends_with_the_last_record_that_is_whole() {
    let (peers, asked, world) = slow().await;
    let addresses = scattered([5, 1], ADDRESSES, 50);
    // The second address is already known when it occurs again.
    let lines = [&addresses[..2], &addresses[1..]].concat();
    world.sandbox.write("input.txt", &lines.join("\n"));
    let run = start(
        &world,
        &["enrich", "--no-store", "--format", "json", "input.txt"],
    );
    asked.notified().await;
    let ended = end(run, "-INT");
    assert_eq!(peers.greynoise.asked().len(), 3);
    let records: Vec<Value> = serde_json::from_slice(&ended.stdout).unwrap();
    let noise = records
        .iter()
        .filter(|record| record["noise"] == true)
        .count();
    // The last answer may have come too late.
    assert!((3..=4).contains(&records.len()), "{records:?}");
    assert_eq!(records.len(), noise, "{records:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_stands_still_is_left() {
    let (gate, closed) = tokio::sync::watch::channel(false);
    let script = vec![
        WhoisAct::Read,
        WhoisAct::Banner,
        WhoisAct::Answer(20),
        WhoisAct::Wait(closed),
    ];
    let mut whois = WhoisPeer::start(by_second_octet, vec![script]).await;
    let peers = Peers::sound().await;
    let world = World::new();
    let steps = "[[cascade.steps]]\nprovider = \"cymru\"\n";
    let path = world.configure(peers.services(), Lines::default());
    let text = std::fs::read_to_string(path).unwrap().replace(STEPS, steps);
    let text = text
        .replace(&peers.whois.address.to_string(), &whois.address.to_string())
        .replace(
            "timeout = \"1s\"\nthreshold",
            "timeout = \"600s\"\nthreshold",
        )
        .replace(
            "[providers.cymru]\n",
            "[providers.cymru]\nmode = \"whois\"\n",
        );
    world.sandbox.write("ipcascade.toml", &text);
    world
        .sandbox
        .write("input.txt", &scattered([5, 1], ADDRESSES, 1).join("\n"));
    let run = start(&world, &["enrich", "input.txt"]);
    whois.waiting().await;
    end(run, "-INT");
    drop(gate);
    assert_eq!(whois.sessions().len(), 1);
    let exported = world
        .run(&["ip", "export", "--with-sections"])
        .expect(0)
        .stdout;
    assert_eq!(
        exported.matches("\"cymru\":{").count(),
        20,
        "what had come is kept"
    );
    world.run(&["verify"]).expect(0);
}
