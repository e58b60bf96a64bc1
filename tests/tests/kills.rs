//! Whatever is killed, and whenever, the inventory is consistent, and the same command run again ends as if nothing had
//! happened, while another program keeps writing beside it.
//!
//! Each job is killed (SIGKILL) again and again at random times of its run, on one database, until it has been killed
//! often enough. Waiting for a random time is the point of this test: a kill must be able to hit at any time. It waits
//! for nothing else.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod jobs;

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use ipcascade_testkit::program::Sandbox;
use ipcascade_tests::inventories::{Engine, ForeignWriter, Place, Snapshot, Timeless, Writes};
use jobs::{BACKFILL, BACKFILL_MISSING, COPY, ENRICH, Job, REFRESH, fill, inputs};
use serde_json::Value;
use xtask::rng::Rng;

/// Later runs of a job have a later current time, so that the leases of killed ones have expired.
const HOURS_APART: usize = 1;

macro_rules! kills {
    ($($name:ident: $kills:literal of $job:ident on $engine:ident;)*) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                survive(&$job, Engine::$engine, $kills).await;
            }
        )*

        const KILLS: usize = 0 $(+ $kills)*;
    };
}

kills! {
    enrich_on_sqlite: 6 of ENRICH on Sqlite;
    enrich_on_postgresql: 6 of ENRICH on Postgres;
    backfill_on_sqlite: 6 of BACKFILL on Sqlite;
    backfill_on_postgresql: 6 of BACKFILL on Postgres;
    refresh_on_sqlite: 8 of REFRESH on Sqlite;
    refresh_on_postgresql: 8 of REFRESH on Postgres;
    backfill_missing_on_sqlite: 6 of BACKFILL_MISSING on Sqlite;
    backfill_missing_on_postgresql: 6 of BACKFILL_MISSING on Postgres;
    copy_to_sqlite: 6 of COPY on Sqlite;
    copy_to_postgresql: 6 of COPY on Postgres;
}

const _: () = assert!(KILLS >= 50);

#[expect(clippy::too_many_lines, reason = "one run, step by step")]
async fn survive(job: &Job, engine: Engine, kills: usize) {
    let (Some(calm), Some(mut place)) = (Place::new(engine).await, Place::new(engine).await) else {
        return;
    };
    let sandbox = Sandbox::new(env!("CARGO_BIN_EXE_ipcascade-under-test"));
    inputs(&sandbox);
    let mut source = None;
    if job.args.contains(&"SOURCE") {
        let Some(filled) = Place::new(engine.other()).await else {
            return;
        };
        fill(&sandbox, &filled);
        source = Some(filled);
    }
    let start = |place: &Place, run| start(job, &sandbox, source.as_ref(), place, run);

    (job.prepare)(&sandbox, &calm).await;
    let started = Instant::now();
    finish(start(&calm, 0));
    let duration = started.elapsed();
    verify(&sandbox, &calm, &[]);
    let expected = Snapshot::of(&sandbox, &calm.url(), Timeless::Yes);

    (job.prepare)(&sandbox, &place).await;
    let beside = |place: &Place| {
        let writes = |()| ForeignWriter::start(place, Writes::Sessions);
        job.beside_others.then_some(()).map(writes)
    };
    let mut foreign = beside(&place);
    let mut rng = Rng::new(0x0069_7063_6173);
    let (mut hits, mut runs, mut ends) = (0, 0, 0);
    let mut window = duration;
    while hits < kills {
        assert!(runs < 5 * kills, "{hits} of {runs} runs were hit");
        let child = start(&place, runs);
        runs += 1;
        let timestamp =
            window.mul_f64(f64::from(u32::try_from(rng.below(1_000)).unwrap()) / 1_000.0);
        match kill_after(child, timestamp) {
            Ended::Killed => {
                hits += 1;
                window = (window * 5 / 4).min(duration);
                verify(&sandbox, &place, job.unfinished);
                if job.unfinished.is_empty() {
                    assert_exact(&place).await;
                }
            }
            // It finished before the kill: the next kill comes earlier, because this machine has become faster since
            // the undisturbed run.
            Ended::ByItself => {
                ends += 1;
                end(foreign).await;
                window = (window + timestamp) / 2;
                verify(&sandbox, &place, &[]);
                Snapshot::of(&sandbox, &place.url(), Timeless::Yes).assert_same(&expected);
                place = Place::new(engine).await.unwrap();
                (job.prepare)(&sandbox, &place).await;
                foreign = beside(&place);
            }
        }
    }
    finish(start(&place, runs));
    assert_exact(&place).await;
    end(foreign).await;
    verify(&sandbox, &place, &[]);
    Snapshot::of(&sandbox, &place.url(), Timeless::Yes).assert_same(&expected);
    let name = job.name;
    println!(
        "{name} on {engine:?}: {hits} kills hit it running, {ends} came after its end; \
         undisturbed it takes {duration:?}"
    );
}

/// Stops the other program.
async fn end(foreign: Option<ForeignWriter>) {
    if let Some(foreign) = foreign {
        foreign.stop().await;
    }
}

fn start(job: &Job, sandbox: &Sandbox, source: Option<&Place>, place: &Place, run: usize) -> Child {
    let (day, hour) = (run * HOURS_APART / 24, run * HOURS_APART % 24);
    let now = format!("2026-03-{:02}T{hour:02}:30:00Z", 11 + day);
    let (url, source) = (place.url(), source.map(Place::url).unwrap_or_default());
    let args = job.args.iter().map(|arg| match *arg {
        "PLACE" => &*url,
        "SOURCE" => &*source,
        arg => arg,
    });
    let mut command = sandbox.command(&args.collect::<Vec<_>>());
    command.env("IPCASCADE_NOW", now);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

#[track_caller]
fn finish(child: Child) {
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {stderr}", output.status);
}

enum Ended {
    Killed,
    ByItself,
}

/// Kills the process after a random time, the only wait of these tests.
#[track_caller]
fn kill_after(mut child: Child, timestamp: Duration) -> Ended {
    std::thread::sleep(timestamp);
    child.kill().unwrap();
    let output = child.wait_with_output().unwrap();
    match output.status.signal() {
        Some(_) => Ended::Killed,
        None => {
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{}: {stderr}", output.status);
            Ended::ByItself
        }
    }
}

/// The sums are right by independent SQL while another program writes, and nothing of the killed process blocks it. The
/// session count of the other program's own address is its own claim.
async fn assert_exact(place: &Place) {
    let wrong = "\
        SELECT CAST(a.asn_number AS TEXT) FROM asn_inventory a WHERE a.unique_ip_count <> \
        (SELECT count(*) FROM ip_inventory i WHERE i.current_asn = a.asn_number) \
        OR a.total_session_count <> (SELECT coalesce(sum(i.session_count), 0) FROM ip_inventory i \
        WHERE i.current_asn = a.asn_number) \
        UNION ALL SELECT CAST(i.ip_address AS TEXT) FROM ip_inventory i WHERE i.session_count <> \
        i.sessions_without_row + (SELECT count(*) FROM session_summaries s \
        WHERE s.source_ip = i.ip_address) AND i.ip_address <> '10.99.0.1'";
    assert_eq!(
        place.subject.rows(wrong).await,
        Vec::<Vec<Option<String>>>::new()
    );
}

/// `verify` finds nothing but unfinished work.
#[track_caller]
fn verify(sandbox: &Sandbox, place: &Place, unfinished: &[&str]) {
    let url = place.url();
    let run = sandbox.run(&["--db", &url, "verify", "--format", "json"]);
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:#?}"));
    let checks = report["checks"].as_array().unwrap();
    let is_right = |check: &Value| {
        let name = check["check"].as_str().unwrap();
        check["ok"] == true || unfinished.contains(&name)
    };
    assert!(checks.iter().all(is_right), "{run:#?}");
    assert_eq!(run.code, i32::from(report["ok"] == false), "{run:#?}");
}
