//! No address is sent to a service that the user has not named.

use ipcascade_testkit::program::Run;
use serde_json::json;

use crate::world::{Lines, Peers, STEPS, World, owned};

const FAR: &str = "5.7.0.1";

/// A world whose configuration has `steps`, or none, and the tables of all providers.
fn world_with(peers: &Peers, before: &str, steps: &str) -> World {
    let world = World::new();
    let path = world.configure(peers.services(), Lines::default());
    let text = std::fs::read_to_string(path).unwrap();
    let text = format!("{before}\n{}", text.replace(STEPS, steps));
    world.sandbox.write("ipcascade.toml", &text);
    world
        .sandbox
        .write("addresses.txt", &owned(&[FAR, "198.41.0.4"]).join("\n"));
    world
}

fn first_line(run: &Run) -> &str {
    run.stderr.lines().next().unwrap_or_default()
}

async fn is_asked(peers: &Peers) -> bool {
    !peers.dns.asked().is_empty() || !peers.greynoise.seen().is_empty()
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_alone_send_nothing() {
    let peers = Peers::sound().await;
    let world = world_with(&peers, "", "");
    for args in [
        &["enrich", "addresses.txt"][..],
        &["enrich", "--no-store", "addresses.txt"],
        &["refresh"],
        &["lookup", FAR],
    ] {
        let run = world.run(args).expect(0);
        assert!(!is_asked(&peers).await, "{args:?}: {run:?}");
        if args[0] != "lookup" {
            let line = first_line(&run);
            assert!(line.starts_with("asking maxmind"), "{line}");
            assert!(line.contains("no address leaves this machine"), "{line}");
            assert!(line.contains("not greynoise, which no step"), "{line}");
        }
    }
    let refused = world.run(&["refresh", "--provider", "cymru"]).expect(2);
    assert!(refused.stderr.contains("--online"), "{}", refused.stderr);
    let run = world
        .run(&["enrich", "--online", "addresses.txt"])
        .expect(0);
    let line = first_line(&run);
    assert!(
        line.ends_with("online: cymru if asn is missing, greynoise"),
        "{line}"
    );
    assert_eq!(peers.origins_asked().len(), 1);
    assert_eq!(peers.greynoise.asked().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn offline_is_a_setting_as_well_and_no_flag_goes_against_it() {
    let peers = Peers::sound().await;
    let world = world_with(&peers, "offline = true\n", STEPS);
    for args in [&["enrich", "addresses.txt"][..], &["lookup", FAR]] {
        world.run(args).expect(0);
        assert!(!is_asked(&peers).await, "{args:?}");
    }
    let refused = world.run(&["lookup", "--online", FAR]).expect(2);
    let said = &refused.stderr;
    assert!(said.contains("`offline = true` (set in "), "{said}");
    world
        .run(&["lookup", "--online", "--offline", FAR])
        .expect(2);
    let world = world_with(&peers, "", STEPS);
    let with = |value| {
        world
            .sandbox
            .run_with(&[("IPCASCADE_OFFLINE", value)], &["lookup", FAR])
    };
    for value in ["1", "TRUE", "yes"] {
        tokio::task::block_in_place(|| with(value)).expect(0);
    }
    for value in ["maybe", "-1", "1.5", "2", "[]"] {
        tokio::task::block_in_place(|| with(value)).expect(2);
    }
    assert!(!is_asked(&peers).await);
    tokio::task::block_in_place(|| with("0")).expect(0);
    assert!(is_asked(&peers).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn offline_asks_what_is_offline_as_it_is_configured() {
    let world = World::new();
    let noise = json!({"noise": true, "classification": "malicious"});
    let rows = vec![("5.7.0.0/16".parse().unwrap(), noise)];
    let bytes = xtask::mmdb::build("GreyNoise-Psychic", "test", rows).unwrap();
    std::fs::write(world.sandbox.path("psychic.mmdb"), bytes).unwrap();
    let text = "[[cascade.steps]]\nprovider = \"greynoise\"\n\
                [providers.greynoise]\nmode = \"psychic\"\nfile = \"psychic.mmdb\"\n";
    world.sandbox.write("ipcascade.toml", text);
    let run = world
        .run(&["--offline", "lookup", "--format", "json", FAR])
        .expect(0);
    assert!(run.stdout.contains("\"noise\""), "{}", run.stdout);
}
