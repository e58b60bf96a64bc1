//! Services that are unreachable.

use chrono::TimeDelta;
use ipcascade_core::clock::{parse_timestamp, rfc3339};
use ipcascade_testkit::peers::closed_port;
use ipcascade_testkit::peers::dns::{DnsPeer, DnsReply};
use ipcascade_testkit::program::NOW;
use serde_json::Value;

use crate::world::{IN_FILE, Lines, Peers, Services, World, scattered, tally};

/// Half of them in the file.
fn addresses() -> Vec<String> {
    let mut addresses = scattered([5, 1], 500, 50);
    addresses.extend(scattered([5, 7], 500, 50));
    addresses
}

fn offline_results_are_kept(world: &World) {
    for address in ["5.1.0.1", "5.1.9.50"] {
        assert_eq!(world.stored(address)["asn"], IN_FILE, "{address}");
    }
    let far = world.stored("5.7.0.1");
    assert_eq!(far["session_count"], 0, "{far}");
    assert!(far.get("asn").is_none());
    world.run(&["verify"]).expect(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_found_offline_is_written_and_the_next_run_asks_only_for_what_failed() {
    let nobody = format!("http://{}", closed_port().await);
    let dead = Services {
        dns: closed_port().await,
        whois: closed_port().await,
        greynoise: &nobody,
    };
    let world = World::with(dead);
    let (summary, run) = world.enrich(&addresses(), 1);
    assert_eq!(summary["addresses"], 1000);
    assert_eq!(tally(&summary, "maxmind")["found"], 500);
    let cymru = tally(&summary, "cymru");
    assert_eq!(
        (&cymru["found"], &cymru["not_needed"]),
        (&0.into(), &500.into())
    );
    for provider in ["cymru", "greynoise"] {
        assert!(run.stderr.contains(provider), "{}", run.stderr);
    }
    offline_results_are_kept(&world);

    let table = world
        .run(&["enrich", "--refresh", "addresses.txt"])
        .expect(1)
        .stderr;
    assert!(table.lines().count() <= 40, "{table}");
    let lines_with = |part: &str| table.lines().filter(|line| line.contains(part)).count();
    assert_eq!(lines_with("error: greynoise had no answer"), 1, "{table}");
    assert_eq!(lines_with("deferred: greynoise, "), 1, "{table}");
    assert!(
        (1..=3).contains(&lines_with("error: cymru had no answer")),
        "{table}"
    );

    let peers = Peers::sound().await;
    world.configure(peers.services(), Lines::default());
    // What failed is asked about again, but not at once: a job that runs every minute does not ask every minute.
    let (summary, run) = world.enrich(&addresses(), 0);
    assert_eq!(tally(&summary, "cymru")["deferred"], 500, "{summary}");
    assert!(peers.origins_asked().is_empty());
    assert!(
        run.stderr.contains("it failed a short while ago"),
        "{}",
        run.stderr
    );
    let asked = peers.greynoise.seen().len();
    assert!(
        (990..1000).contains(&asked),
        "those that were never asked for: {asked}"
    );
    let later = rfc3339(parse_timestamp(NOW).unwrap() + TimeDelta::minutes(11));
    let run = world.run_at(&later, &["enrich", "--format", "json", "addresses.txt"]);
    let summary: Value = serde_json::from_str(&run.expect(0).stdout).unwrap();
    assert_eq!(tally(&summary, "maxmind")["fresh"], 1000, "{summary}");
    assert_eq!(tally(&summary, "cymru")["asked"], 500);
    assert_eq!(peers.origins_asked().len(), 10, "one for each /24");
    assert_eq!(tally(&summary, "greynoise")["asked"], 1000 - asked);
    assert_eq!(world.stored("5.7.0.1")["asn"], 204_507);
    let run = world.run_at(&later, &["enrich", "--format", "json", "addresses.txt"]);
    let summary: Value = serde_json::from_str(&run.expect(0).stdout).unwrap();
    assert_eq!(summary["fresh"], 1000);
    assert_eq!(peers.greynoise.seen().len(), 1000);
}

#[tokio::test(flavor = "multi_thread")]
async fn services_that_swallow_everything_do_not_hold_up_the_run() {
    let silent = DnsPeer::start(|_, _| DnsReply::Silence).await;
    // It accepts connections, through the backlog of the operating system, and never sends anything.
    let hole = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = hole.local_addr().unwrap();
    let uri = format!("http://{address}");
    let services = Services {
        dns: silent.address,
        whois: address,
        greynoise: &uri,
    };
    let world = World::with(services);
    let (summary, _) = world.enrich(&addresses(), 1);
    assert_eq!(summary["written"]["addresses_new"], 1000, "{summary}");
    assert!(
        silent.asked().len() <= 200,
        "a dead resolver is not asked for everything: {}",
        silent.asked().len()
    );
    offline_results_are_kept(&world);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resolver_that_answers_garbage_is_reported_once() {
    let garbage = DnsPeer::start(|_, _| DnsReply::Garbage).await;
    let closed = closed_port().await;
    let nobody = format!("http://{closed}");
    let services = Services {
        dns: garbage.address,
        whois: closed,
        greynoise: &nobody,
    };
    let world = World::with(services);
    // Enough to be worth a session of bulk whois, which is then tried.
    let (_, run) = world.enrich(&scattered([5, 7], 12, 1), 1);
    assert!(!garbage.asked().is_empty());
    assert!(!run.stderr.contains("message id"), "{}", run.stderr);
    assert!(!run.stderr.contains("bulk whois left"), "{}", run.stderr);
    let about_cymru = run.stderr.lines().filter(|line| line.contains("cymru"));
    let messages: Vec<&str> = about_cymru.collect();
    assert_eq!(
        messages.len(),
        2,
        "that it is asked, and what came of it: {}",
        run.stderr
    );
    assert!(
        messages[1].contains("12 addresses") && messages[1].contains("whois"),
        "{messages:?}"
    );
}
