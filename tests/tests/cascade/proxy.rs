//! A proxy from the environment.

use ipcascade_testkit::peers::closed_port;

use crate::world::{GreyNoise, Peers, Services, World, tally};

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_is_not_there_is_named() {
    let (peers, world) = World::sound().await;
    world.sandbox.write("addresses.txt", "5.1.0.1\n");
    let dead = closed_port().await;
    let proxy = format!("http://me:secret@{dead}");
    let socks = format!("socks5h://me:secret@{dead}");
    for variable in [
        ("http_proxy", proxy.as_str()),
        ("ALL_PROXY", socks.as_str()),
    ] {
        let args = ["enrich", "addresses.txt", "--refresh"];
        let run = tokio::task::block_in_place(|| world.sandbox.run_with(&[variable], &args));
        let run = run.expect(1);
        let named = format!("by way of the proxy {dead} of {}", variable.0);
        assert!(run.stderr.contains(&named), "{}", run.stderr);
        assert!(!run.stderr.contains("secret"), "{}", run.stderr);
    }
    assert!(peers.greynoise.asked().is_empty());
}

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
