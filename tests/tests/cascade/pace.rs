//! The rate at which several processes together ask a service.

use std::process::{Child, Stdio};
use std::time::Instant;

use ipcascade_core::provider_name::ProviderName;
use ipcascade_core::quota::Quota;
use ipcascade_core::registry::Registry;
use ipcascade_core::settings::Settings;
use ipcascade_core::store::OpenMode;
use ipcascade_store_sqlite as _;
use ipcascade_testkit::peers::most_in_any_second;

use crate::world::{GreyNoise, Lines, Peers, World, scattered};

const PER_SECOND: u32 = 50;
const BURST: u32 = 25;

/// Uses up this many requests of the shared limit, so that all processes have started before the next one may be made.
async fn use_up(url: &str, requests: u32) {
    let url = url.parse().unwrap();
    let factory = Registry::linked().unwrap().store(&url).unwrap();
    let settings = Settings::empty("store");
    let store = factory
        .opener
        .open(&url, &settings, OpenMode::Write)
        .await
        .unwrap();
    let quota = Quota::of_key(ProviderName::new("greynoise"), "k");
    store
        .reserve(&quota, requests, PER_SECOND.into(), BURST)
        .await
        .unwrap();
    store.close().await;
}

fn start(world: &World, input: &str, addresses: &[String]) -> Child {
    world.sandbox.write(input, &addresses.join("\n"));
    let mut command = world.sandbox.command(&["enrich", input]);
    command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

async fn two_processes_keep_to_one_limit(world: &World, store: &str, greynoise: &str) {
    let peers = Peers::with(GreyNoise::sound().await).await;
    let greynoise = format!(
        "rate_limit = {{ per_second = {PER_SECOND}, burst = {BURST} }}\n\
         concurrency = 8\napi_key = \"k\"\n{greynoise}"
    );
    let lines = Lines {
        greynoise: &greynoise,
        store: Some(store),
        ..Lines::default()
    };
    world.configure(peers.services(), lines);
    use_up(
        &store.replace(
            "sqlite://",
            &format!("sqlite:///{}/", world.sandbox.path("").display()),
        ),
        150,
    )
    .await;
    let children = [
        start(world, "one.txt", &scattered([5, 1], 100, 50)),
        start(world, "other.txt", &scattered([198, 41], 100, 200)),
    ];
    tokio::task::block_in_place(|| {
        for mut child in children {
            assert!(child.wait().unwrap().success());
        }
    });
    let seen = peers.greynoise.seen();
    assert_eq!(peers.greynoise.asked().len(), 200);
    let mut arrivals: Vec<Instant> = seen.iter().map(|seen| seen.at).collect();
    arrivals.sort_unstable();
    let most = most_in_any_second(&arrivals);
    let limit = usize::try_from(PER_SECOND + BURST).unwrap();
    assert!(most <= limit, "{most} requests in one second");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_on_one_file_keep_to_one_limit_one_by_one() {
    let world = World::new();
    two_processes_keep_to_one_limit(&world, "sqlite://inventory.db", "mode = \"single\"").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_on_one_file_keep_to_one_limit_with_batches_of_a_few() {
    let world = World::new();
    two_processes_keep_to_one_limit(
        &world,
        "sqlite://inventory.db",
        "mode = \"multi\"\nbatch_size = 1",
    )
    .await;
}
