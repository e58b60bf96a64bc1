//! Repeats look-ups that are stale, missing or failed.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ipcascade_testkit::program::Run;
use serde_json::{Value, json};
use wiremock::ResponseTemplate;

use crate::world::{GreyNoise, Lines, Peers, Services, World, owned, tally, verdict};

/// The time of [`World::run`].
const FIRST: &str = "2026-03-10T12:00:00Z";
const IN_FILE: &str = "5.1.0.1";
const FAR: [&str; 3] = ["5.7.0.1", "5.8.0.1", "192.33.4.12"];

fn all() -> Vec<String> {
    let mut all = owned(&FAR);
    all.push(IN_FILE.to_owned());
    all
}

/// Records `input` without asking any online provider.
fn enrich_offline(world: &World, input: &str) {
    world.sandbox.write("input", input);
    world.run(&["--offline", "enrich", "input"]).expect(0);
}

fn due(world: &World, now: &str, more: &[&str]) -> u64 {
    let mut args = vec!["refresh", "--dry-run", "--format", "json"];
    args.extend(more);
    let run = world.run_at(now, &args).expect(0);
    let json: Value = serde_json::from_str(&run.stdout).unwrap();
    json["due"].as_u64().unwrap()
}

fn refresh(world: &World, now: &str, more: &[&str], code: i32) -> (Value, Run) {
    let mut args = vec!["refresh", "--format", "json"];
    args.extend(more);
    let run = world.run_at(now, &args).expect(code);
    (serde_json::from_str(&run.stdout).unwrap(), run)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_provider_has_its_own_age() {
    let (peers, world) = World::sound().await;
    world.enrich(&all(), 0);
    assert_eq!(due(&world, FIRST, &[]), 0);

    let week_later = "2026-03-18T12:00:00Z";
    assert_eq!(due(&world, week_later, &["--provider", "cymru"]), 0);
    assert_eq!(due(&world, week_later, &["--provider", "greynoise"]), 4);
    assert_eq!(peers.greynoise.seen().len(), 4, "a dry run asks nobody");
    let (summary, _) = refresh(&world, week_later, &["--provider", "greynoise"], 0);
    assert_eq!(tally(&summary, "greynoise")["found"], 4, "{summary}");
    assert_eq!(peers.greynoise.seen().len(), 8);
    assert_eq!(peers.origins_asked().len(), 3, "the others are left alone");
    assert_eq!(due(&world, week_later, &[]), 0);

    assert_eq!(
        world.stored(IN_FILE)["sections"]["maxmind"]["cached_at"],
        FIRST
    );
    world.run(&["verify"]).expect(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_that_one_service_knows_is_looked_up_again_after_its_time() {
    let (peers, world) = World::sound().await;
    world.enrich(&all(), 0);
    let only = ["--provider", "cymru"];
    let quarter_later = "2026-06-12T12:00:00Z";
    assert_eq!(due(&world, quarter_later, &only), 3);
    let (summary, _) = refresh(&world, quarter_later, &only, 0);
    assert_eq!(tally(&summary, "cymru")["asked"], 3, "{summary}");
    assert_eq!(peers.origins_asked().len(), 6);
    assert_eq!(due(&world, quarter_later, &only), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn unannounced_addresses_are_asked_about_again_the_day_after() {
    const NOWHERE: &str = "199.9.14.201";
    let (peers, world) = World::sound().await;
    world.enrich(&owned(&[NOWHERE, FAR[0]]), 0);
    let morning_after = "2026-03-11T11:00:00Z";
    assert_eq!(due(&world, morning_after, &["--provider", "cymru"]), 0);
    let day_after = "2026-03-11T13:00:00Z";
    assert_eq!(due(&world, day_after, &["--provider", "cymru"]), 1);
    refresh(&world, day_after, &["--provider", "cymru"], 0);
    let asked = peers.dns.asked_with("201.14.9.199");
    assert_eq!((asked.len(), peers.origins_asked().len()), (2, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_age_of_the_users_makes_everything_older_due() {
    let (_peers, world) = World::sound().await;
    world.enrich(&all(), 0);
    let two_days_later = "2026-03-12T12:00:00Z";
    assert_eq!(due(&world, two_days_later, &["--max-age", "3d"]), 0);
    assert_eq!(due(&world, two_days_later, &["--max-age", "1d"]), 4);
    let (summary, _) = refresh(&world, two_days_later, &["--max-age", "1d"], 0);
    assert_eq!(tally(&summary, "maxmind")["found"], 1, "{summary}");
    assert_eq!(tally(&summary, "cymru")["found"], 3);
    assert_eq!(tally(&summary, "greynoise")["found"], 4);
    assert_eq!(due(&world, two_days_later, &["--max-age", "1d"]), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_provider_was_asked_for_is_due_at_once() {
    let (peers, world) = World::sound().await;
    enrich_offline(&world, &all().join("\n"));
    assert_eq!(
        due(&world, FIRST, &["--provider", "cymru"]),
        3,
        "the file knows one"
    );
    assert_eq!(due(&world, FIRST, &["--provider", "greynoise"]), 4);
    refresh(&world, FIRST, &[], 0);
    assert_eq!(peers.origins_asked().len(), 3);
    assert_eq!(peers.greynoise.seen().len(), 4);
    assert_eq!(world.stored(FAR[2])["asn"], 204_533);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_failed_waits_its_time_and_the_old_section_stays_until_then() {
    let is_broken = Arc::new(AtomicBool::new(false));
    let broken = Arc::clone(&is_broken);
    let greynoise = GreyNoise::start(move |seen| match broken.load(Ordering::SeqCst) {
        true => ResponseTemplate::new(400).set_body_json(json!({"message": "no"})),
        false => verdict(seen),
    });
    let peers = Peers::with(greynoise.await).await;
    let world = World::with(peers.services());
    world.enrich(&owned(&[IN_FILE]), 0);

    is_broken.store(true, Ordering::SeqCst);
    let week_later = "2026-03-18T12:00:00Z";
    let (summary, _) = refresh(&world, week_later, &[], 1);
    assert_eq!(tally(&summary, "greynoise")["failed"], 1, "{summary}");
    let kept = &world.stored(IN_FILE)["sections"]["greynoise"];
    assert_eq!(kept["cached_at"], FIRST, "{kept}");
    assert_eq!(kept["noise"], true);
    assert_eq!(
        due(&world, week_later, &[]),
        0,
        "its time to try again has not come"
    );

    is_broken.store(false, Ordering::SeqCst);
    let still_later = "2026-03-26T12:00:00Z";
    assert_eq!(due(&world, still_later, &[]), 1);
    refresh(&world, still_later, &[], 0);
    assert_eq!(
        world.stored(IN_FILE)["sections"]["greynoise"]["cached_at"],
        still_later
    );
}

/// A log with this many sessions of each address.
fn log(sessions: &[(&str, u32)]) -> String {
    let mut log = String::new();
    let mut number = 0;
    for (address, count) in sessions {
        for _ in 0..*count {
            number += 1;
            let event = json!({
                "eventid": "cowrie.session.connect", "src_ip": address, "sensor": "pot",
                "session": format!("{number:012x}"), "timestamp": "2026-03-09T10:00:00.000000Z",
            });
            log.push_str(&format!("{event}\n"));
        }
    }
    log
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_quota_goes_to_those_who_come_most_often() {
    let (peers, world) = World::sound().await;
    let sessions = [
        ("5.1.0.1", 1),
        ("5.1.0.2", 4),
        ("5.1.0.3", 2),
        ("5.1.0.4", 7),
        ("5.1.0.5", 3),
    ];
    enrich_offline(&world, &log(&sessions));
    let few = ["--provider", "greynoise", "--limit", "2"];
    refresh(&world, FIRST, &few, 0);
    assert_eq!(peers.greynoise.asked(), ["5.1.0.2", "5.1.0.4"]);
    refresh(&world, FIRST, &few, 0);
    assert_eq!(
        peers.greynoise.asked(),
        ["5.1.0.2", "5.1.0.3", "5.1.0.4", "5.1.0.5"]
    );
    assert_eq!(due(&world, FIRST, &["--provider", "greynoise"]), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_run_asks_first_for_those_who_come_most_often() {
    let (peers, world) = World::sound().await;
    let sessions = [("5.1.0.1", 1), ("5.1.0.2", 2), ("5.1.0.3", 9)];
    world.sandbox.write("cowrie.json", &log(&sessions));
    world.run(&["enrich", "cowrie.json"]).expect(0);
    let seen = peers.greynoise.seen();
    let asked: Vec<_> = seen.iter().flat_map(|call| &call.addresses).collect();
    assert_eq!(asked, ["5.1.0.3", "5.1.0.2", "5.1.0.1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_service_ends_the_run_and_leaves_all_due() {
    let (peers, world) = World::sound().await;
    enrich_offline(&world, &all().join("\n"));
    let nobody = format!("http://{}", ipcascade_testkit::peers::closed_port().await);
    let dead = Services {
        greynoise: &nobody,
        ..peers.services()
    };
    world.configure(dead, Lines::default());
    let (summary, run) = refresh(&world, FIRST, &["--provider", "greynoise"], 1);
    assert_eq!(tally(&summary, "greynoise")["found"], 0, "{summary}");
    assert!(
        run.stderr.contains("greynoise had no answer"),
        "{}",
        run.stderr
    );
    world.configure(peers.services(), Lines::default());
    let an_hour_later = "2026-03-10T13:00:00Z";
    assert_eq!(due(&world, an_hour_later, &["--provider", "greynoise"]), 4);
    refresh(&world, an_hour_later, &[], 0);
    assert_eq!(peers.greynoise.seen().len(), 4);
}
