//! Many processes that fill one inventory at once, beside another program that writes to it, end like one process that
//! reads everything.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::process::{Child, Stdio};

use ipcascade_testkit::program::Sandbox;
use ipcascade_tests::inventories::{
    Engine, ForeignWriter, Inputs, LogSpec, Place, Snapshot, Timeless, Writes,
};

const LOGS: u64 = 8;

/// A sandbox with MMDB files, and logs any two of which share many addresses.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new(env!("CARGO_BIN_EXE_ipcascade-under-test"));
    let inputs = Inputs(&sandbox);
    inputs.asn_file("asn.mmdb", 0);
    inputs.city_file("city.mmdb");
    for number in 0..LOGS {
        let spec = LogSpec {
            events: 4_000,
            addresses: 1_200,
            offset: number * 300,
            number,
        };
        inputs.log(&log(number), spec);
    }
    sandbox
}

fn log(number: u64) -> String {
    format!("cowrie-{}.json", number % LOGS)
}

fn enrich<'a>(url: &'a str, logs: &'a [String]) -> Vec<&'a str> {
    let mut args = vec!["--db", url, "--offline", "--no-progress"];
    args.extend(["--mmdb", "asn.mmdb", "--mmdb", "city.mmdb", "enrich"]);
    args.extend(logs.iter().map(String::as_str));
    args
}

/// `processes` processes, all started before the first is waited for; each log is read by three of eight, or by two of
/// four, in an order of each process's own.
async fn end_like_one(engine: Engine, processes: u64) {
    let (Some(shared), Some(alone)) = (Place::new(engine).await, Place::new(engine).await) else {
        return;
    };
    let sandbox = sandbox();
    sandbox.run(&["--db", &shared.url(), "migrate"]).expect(0);
    let foreign = ForeignWriter::start(&shared, Writes::Moves);
    let step = LOGS / processes;
    let children: Vec<Child> = (0..processes)
        .map(|process| {
            let logs: Vec<String> = (0..step + 2).map(|i| log(process * step + i * 5)).collect();
            let mut command = sandbox.command(&enrich(&shared.url(), &logs));
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().unwrap()
        })
        .collect();
    let outputs = tokio::task::spawn_blocking(move || {
        let wait = |child: Child| child.wait_with_output().unwrap();
        children.into_iter().map(wait).collect::<Vec<_>>()
    });
    for output in outputs.await.unwrap() {
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{}: {stderr}", output.status);
        assert!(!stderr.to_lowercase().contains("deadlock"), "{stderr}");
    }
    assert!(foreign.stop().await > 1);

    let everything: Vec<String> = (0..LOGS).map(log).collect();
    sandbox.run(&enrich(&alone.url(), &everything)).expect(0);
    let [shared, alone] = [shared.url(), alone.url()].map(|url| {
        sandbox.run(&["--db", &url, "verify"]).expect(0);
        Snapshot::of(&sandbox, &url, Timeless::No)
    });
    let [systems, addresses, sessions] = alone.sizes();
    assert!(systems > 50 && addresses > 3_000 && sessions > 6_000);
    shared.assert_same(&alone);
}

#[tokio::test(flavor = "multi_thread")]
async fn eight_processes_fill_one_postgresql_database() {
    end_like_one(Engine::Postgres, 8).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn four_processes_fill_one_sqlite_file() {
    end_like_one(Engine::Sqlite, 4).await;
}
