//! An inventory, and reports on it.

use std::fs;

use ipcascade_testkit::program::Sandbox;
use serde_json::Value;
use sqlx::ConnectOptions as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_ipcascade");
const QUICK_START: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/quickstart");
pub(crate) const NOW: [&str; 4] = ["--now", "2026-11-22T00:00:00Z", "--db", "a.db"];

/// A sandbox with the quick start's log in `a.db`, and names that would be harmful if they were not text.
pub(crate) async fn hostile() -> Sandbox {
    let sandbox = Sandbox::new(PROGRAM);
    let of = |name: &str| format!("{QUICK_START}/{name}");
    let (asns, cities) = (of("sample-asn.mmdb"), of("sample-city.mmdb"));
    let (log, older) = (of("cowrie.json"), of("cowrie.json.2026-11-20.gz"));
    let args = [
        &NOW[..],
        &["--offline", "--mmdb", &asns, "--mmdb", &cities],
        &["enrich", &log, &older],
    ];
    sandbox.run(&args.concat()).expect(0);
    let mut connection = connection(&sandbox).await;
    for sql in [
        "UPDATE asn_inventory SET organization_name = '<script>alert(1)</script>' WHERE asn_number = 16276",
        "UPDATE asn_inventory SET organization_name = '\"><img src=//x.example onerror=alert(1)>' WHERE asn_number = 14061",
        "UPDATE session_summaries SET last_event_at = NULL WHERE session_id = (SELECT min(session_id) FROM session_summaries)",
    ] {
        sqlx::query(sql).execute(&mut connection).await.unwrap();
    }
    sandbox
}

pub(crate) async fn connection(sandbox: &Sandbox) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(sandbox.path("a.db"));
    options.connect().await.unwrap()
}

pub(crate) fn report(sandbox: &Sandbox, args: &[&str]) -> Value {
    let args = [
        &NOW[..],
        &["report", "--format", "json", "-n", "1000"],
        args,
    ]
    .concat();
    serde_json::from_str(&sandbox.run(&args).expect(0).stdout).unwrap()
}

pub(crate) fn page(sandbox: &Sandbox, args: &[&str]) -> String {
    let args = [&NOW[..], &["report", "--output", "page.html"], args].concat();
    let run = sandbox.run(&args).expect(0);
    assert_eq!((&*run.stdout, &*run.stderr), ("", "wrote page.html\n"));
    fs::read_to_string(sandbox.path("page.html")).unwrap()
}
