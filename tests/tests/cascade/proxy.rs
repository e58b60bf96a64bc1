//! A proxy from the environment.

use crate::world::{GreyNoise, Peers, Services, World, tally};

#[tokio::test(flavor = "multi_thread")]
async fn the_proxy_of_the_environment_is_used() {
    let peers = Peers::with(GreyNoise::sound().await).await;
    let services = Services {
        greynoise: "http://greynoise.invalid",
        ..peers.services()
    };
    let world = World::with(services);
    world.sandbox.write("addresses.txt", "5.1.0.1\n");
    let proxy = peers.greynoise.uri();
    let variables = [("http_proxy", proxy.as_str())];
    let run = tokio::task::block_in_place(|| {
        world
            .sandbox
            .run_with(&variables, &["enrich", "--format", "json", "addresses.txt"])
    });
    let run = run.expect(0);
    let summary = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(tally(&summary, "greynoise")["found"], 1);
    assert_eq!(peers.greynoise.asked(), ["5.1.0.1"]);
}
