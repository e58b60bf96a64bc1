//! Fields that a configuration defines behave like well-known ones: in conditions, source orders and lists.

use serde_json::{Value, json};

use crate::world::{Lines, Peers, STEPS, World};

const MARKED: &str = "198.41.0.4";
const UNMARKED: &str = "5.1.0.1";

const STEPS_BY_THREAT: &str = r#"
[[cascade.steps]]
provider = "maxmind"
[[cascade.steps]]
provider = "greynoise"
if_missing = ["threat"]
[cascade.prefer]
threat = ["maxmind"]
classification = ["maxmind", "greynoise"]
"#;

fn world(peers: &Peers, steps: &str) -> World {
    let world = World::new();
    let record = |threat: Option<&str>| json!({"asn": 64496, "security": {"threat": threat.unwrap_or_default()}});
    let rows = vec![
        ("198.41.0.0/24".parse().unwrap(), record(Some("high"))),
        ("5.1.0.0/16".parse().unwrap(), record(None)),
    ];
    let bytes = xtask::mmdb::build("Own", "test", rows).unwrap();
    std::fs::write(world.sandbox.path("asn.mmdb"), bytes).unwrap();
    let path = world.configure(peers.services(), Lines::default());
    let text = std::fs::read_to_string(path).unwrap();
    let own = "[providers.maxmind.fields]\nthreat = \"security.threat\"\nclassification = \"security.threat\"\n";
    let text = format!("{}\n{own}", text.replace(STEPS, steps));
    world.sandbox.write("ipcascade.toml", &text);
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn they_are_conditions_have_an_order_and_are_listed() {
    let peers = Peers::sound().await;
    let world = world(&peers, STEPS_BY_THREAT);
    world.run(&["enrich", MARKED, UNMARKED]).expect(0);
    assert_eq!(
        peers.greynoise.asked(),
        [UNMARKED],
        "only where it is missing"
    );

    let listed = ["ip", "list", "--format", "json", "--with-sources"];
    let run = world.run(&listed).expect(0);
    let rows: Value = serde_json::from_str(&run.stdout).unwrap();
    let row = |address: &str| {
        let rows = rows.as_array().unwrap().iter();
        rows.clone().find(|row| row["address"] == address).unwrap()
    };
    assert_eq!(row(MARKED)["threat"], "high");
    assert_eq!(row(MARKED)["sources"]["threat"], "maxmind");
    assert_eq!(row(UNMARKED)["classification"], "malicious");
    assert_eq!(row(UNMARKED)["sources"]["classification"], "greynoise");
    assert_eq!(row(MARKED)["sources"]["classification"], "maxmind");

    let filter = [
        "enrich",
        "--no-store",
        "--offline",
        "--fields",
        "threat",
        MARKED,
    ];
    let run = world.run(&filter).expect(0);
    assert!(run.stdout.contains("\"high\""), "{}", run.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_nothing_sets_is_refused_and_those_that_are_set_are_listed() {
    let peers = Peers::sound().await;
    let world = world(
        &peers,
        &STEPS_BY_THREAT.replace("[\"threat\"]", "[\"thread\"]"),
    );
    let refused = world.run(&["enrich", MARKED]).expect(2).stderr;
    assert!(refused.contains("unknown field `thread`"), "{refused}");
    assert!(refused.contains("`threat`"), "{refused}");
}
