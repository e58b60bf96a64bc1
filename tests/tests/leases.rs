//! Workers share what is due; the leases of a killed worker go to the others when they expire.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};

use ipcascade_testkit::peers::dns::{DnsPeer, DnsReply};
use ipcascade_testkit::program::Sandbox;
use ipcascade_tests::inventories::{Engine, Inputs, Place};
use serde_json::Value;
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use tokio::sync::watch;

/// More than one worker claims at a time.
const ADDRESSES: usize = 1280;
const CLAIMED_AT_ONCE: usize = 1000;
/// The key of the lock under which indexes are built.
const INDEX_LOCK: i64 = 0x6970_6361_7363_6165;

/// Team Cymru's answer for `name`.
fn answer(name: &str) -> DnsReply {
    let labels: Vec<&str> = name.split('.').collect();
    match labels[..] {
        [_, c, b, a, "origin", ..] => {
            let record = format!("64500 | {a}.{b}.{c}.0/24 | NL | ripencc | 2020-01-01");
            DnsReply::texts(&[&record])
        }
        _ => {
            DnsReply::texts(&["64500 | NL | ripencc | 2020-01-01 | EXAMPLE - Example Networks, NL"])
        }
    }
}

/// A configuration whose only provider asks `peer`.
fn configure(sandbox: &Sandbox, name: &str, peer: &DnsPeer) {
    let steps = "[[cascade.steps]]\nprovider = \"cymru\"\n";
    let cymru = "[providers.cymru]\nmode = \"dns\"\n[providers.cymru.dns]\n";
    let server = peer.address;
    sandbox.write(
        name,
        &format!("{steps}{cymru}servers = [\"{server}\"]\ntimeout = \"600s\"\n"),
    );
}

/// The number of addresses that have a section of the provider.
fn looked_up(sandbox: &Sandbox, url: &str) -> usize {
    let rows = sandbox
        .run(&["--db", url, "ip", "export", "--with-sections"])
        .expect(0)
        .stdout;
    let rows: Vec<Value> = rows
        .lines()
        .map(|row| serde_json::from_str(row).unwrap())
        .collect();
    assert_eq!(rows.len(), ADDRESSES);
    let has_section = |row: &&Value| row["sections"]["cymru"]["asn"] == 64500;
    rows.iter().filter(has_section).count()
}

async fn work_of_a_killed_worker_is_taken_over(engine: Engine) {
    let Some(place) = Place::new(engine).await else {
        return;
    };
    let sandbox = Sandbox::new(env!("CARGO_BIN_EXE_ipcascade-under-test"));
    let url = place.url();
    Inputs(&sandbox).city_file("city.mmdb");
    let known = ["--offline", "--mmdb", "city.mmdb"];
    let known = [
        &["--db", &url][..],
        &known,
        &["enrich", "60.1.0.0/22", "60.1.4.0/24"],
    ];
    sandbox.run(&known.concat()).expect(0);

    let (_gate, closed) = watch::channel(false);
    let mut silent =
        DnsPeer::start(move |name, _| DnsReply::Gated(closed.clone(), Box::new(answer(name))))
            .await;
    let prompt = DnsPeer::start(|name, _| answer(name)).await;
    configure(&sandbox, "silent.toml", &silent);
    configure(&sandbox, "prompt.toml", &prompt);
    let refresh = |config| ["--db", &url, "--config", config, "refresh", "--lease", "5m"];

    // The first worker claims a batch and waits for its provider.
    let mut first = sandbox.command(&refresh("silent.toml"));
    let mut first = first.stderr(Stdio::null()).spawn().unwrap();
    silent.next().await;

    // The second does the rest, and leaves the first one's batch alone.
    let second = |now| sandbox.run_with(&[("IPCASCADE_NOW", now)], &refresh("prompt.toml"));
    second("2026-03-10T12:00:00Z").expect(0);
    assert_eq!(looked_up(&sandbox, &url), ADDRESSES - CLAIMED_AT_ONCE);
    assert!(first.try_wait().unwrap().is_none(), "the first still waits");

    first.kill().unwrap();
    first.wait().unwrap();
    sandbox.run(&["--db", &url, "verify"]).expect(0);
    let held = second("2026-03-10T12:04:59Z").expect(0).stderr;
    assert!(
        held.contains("1,000 addresses due and held by other"),
        "{held}"
    );
    assert_eq!(looked_up(&sandbox, &url), ADDRESSES - CLAIMED_AT_ONCE);

    second("2026-03-10T12:05:00Z").expect(0);
    assert_eq!(looked_up(&sandbox, &url), ADDRESSES);
    sandbox.run(&["--db", &url, "verify"]).expect(0);
    let leases = "SELECT CAST(count(*) AS text) FROM ipcascade_leases";
    assert_eq!(place.subject.rows(leases).await, [[Some("0".to_owned())]]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgresql() {
    work_of_a_killed_worker_is_taken_over(Engine::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_sqlite() {
    work_of_a_killed_worker_is_taken_over(Engine::Sqlite).await;
}

/// Four addresses in PostgreSQL that have not been looked up, and `peer.toml` for a provider that answers.
async fn four_addresses() -> Option<(Place, Sandbox, DnsPeer)> {
    let place = Place::new(Engine::Postgres).await?;
    let sandbox = Sandbox::new(env!("CARGO_BIN_EXE_ipcascade-under-test"));
    Inputs(&sandbox).city_file("city.mmdb");
    let enrich = ["--offline", "--mmdb", "city.mmdb", "enrich", "60.1.0.0/30"];
    sandbox
        .run(&[&["--db", &*place.url()][..], &enrich].concat())
        .expect(0);
    let peer = DnsPeer::start(|name, _| answer(name)).await;
    configure(&sandbox, "peer.toml", &peer);
    Some((place, sandbox, peer))
}

/// Waits for a process to exit successfully.
async fn end(process: Child) {
    let output = tokio::task::spawn_blocking(|| process.wait_with_output());
    let output = output.await.unwrap().unwrap();
    assert!(output.status.success(), "{output:?}");
}

/// Another program that briefly locks rows has no lease: the run waits for them, and does not leave them out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_another_program_holds_are_not_left_out() {
    let Some((place, sandbox, _peer)) = four_addresses().await else {
        return;
    };
    let url = place.url();

    let mut other = PgConnection::connect(&url).await.unwrap();
    let mut transaction = other.begin().await.unwrap();
    sqlx::raw_sql("SELECT * FROM ip_inventory ORDER BY ip_address LIMIT 2 FOR UPDATE")
        .execute(&mut *transaction)
        .await
        .unwrap();
    let refresh = ["--db", &url, "--config", "peer.toml", "refresh"];
    let mut refresh = sandbox.command(&refresh);
    let mut refresh = refresh.stderr(Stdio::piped()).spawn().unwrap();
    let somebody_waits = "SELECT CAST(count(*) AS TEXT) FROM pg_stat_activity \
        WHERE wait_event_type = 'Lock' AND datname = current_database()";
    while refresh.try_wait().unwrap().is_none()
        && place.subject.rows(somebody_waits).await == [[Some("0".to_owned())]]
    {}
    transaction.commit().await.unwrap();
    end(refresh).await;
    let unattributed = "SELECT ip_address FROM ip_inventory WHERE current_asn IS NULL";
    let left = place.subject.rows(unattributed).await;
    assert!(left.is_empty(), "{left:?}");
}

/// Without its index, finding work would read every document and lock rows all the while.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_index_that_another_process_builds_is_waited_for() {
    let Some((place, sandbox, _peer)) = four_addresses().await else {
        return;
    };
    let url = place.url();
    let config = std::fs::read_to_string(sandbox.path("peer.toml")).unwrap();
    sandbox.write(
        "peer.toml",
        &format!("{config}[store]\nonline_index_from = \"0\"\n"),
    );

    let mut other = PgConnection::connect(&url).await.unwrap();
    let mut building = other.begin().await.unwrap();
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(INDEX_LOCK)
        .execute(&mut *building)
        .await
        .unwrap();
    let refresh = ["--db", &url, "--config", "peer.toml", "refresh"];
    let mut refresh = sandbox.command(&refresh);
    let mut refresh = refresh.stderr(Stdio::piped()).spawn().unwrap();
    let stderr = refresh.stderr.take().unwrap();
    let said = move || {
        let lines = BufReader::new(stderr).lines().map_while(Result::ok);
        lines.take_while(|line| !line.contains("waiting for the index"))
    };
    let said = tokio::task::spawn_blocking(move || said().collect::<Vec<_>>());
    assert_eq!(said.await.unwrap(), ["asking online: cymru"]);
    assert!(refresh.try_wait().unwrap().is_none(), "it does not wait");
    building.rollback().await.unwrap();
    end(refresh).await;
    let unbuilt = "SELECT CAST(count(*) AS TEXT) FROM pg_index WHERE NOT indisvalid";
    assert_eq!(place.subject.rows(unbuilt).await, [[Some("0".to_owned())]]);
}
