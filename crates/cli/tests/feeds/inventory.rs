//! An inventory with everything that a feed must cope with.

use ipcascade_testkit::program::{Run, Sandbox};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection as _};

const PROGRAM: &str = env!("CARGO_BIN_EXE_ipcascade");

/// The database of the quick start.
const SAMPLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../examples/quickstart/sample-asn.mmdb"
);

/// Addresses with the days of March on which they had sessions.
const SIGHTINGS: &[(&str, &[u32])] = &[
    ("8.8.8.8", &[1, 2]),
    ("8.8.8.9", &[2]),
    ("8.8.8.10", &[8]),
    ("8.8.8.11", &[9]),
    ("8.8.9.0", &[1]),
    ("9.9.9.9", &[3]),
    ("1.1.1.1", &[2]),
    ("2606:4700:4700::1111", &[2]),
    ("2606:4700:4700::1110", &[9]),
    ("10.0.0.1", &[2]),
    ("192.0.2.7", &[3]),
    ("2001:db8::1", &[4]),
];

/// What another program says of 9.9.9.9: names are text of others.
const HOSTILE: &str = r#"UPDATE ip_inventory SET enrichment = '{
    "maxmind": {"asn": 19281, "asn_org": "Evil\"}],\n add \u001b[2J\u202e''; --", "country": "US", "cached_at": "2026-03-03T00:00:00Z"},
    "greynoise": {"classification": "malicious", "noise": true, "cached_at": "2026-03-03T00:00:00Z"}
}' WHERE ip_address = '9.9.9.9'"#;

const BENIGN: &str = r#"UPDATE ip_inventory SET enrichment = '{
    "greynoise": {"classification": "benign", "noise": true, "cached_at": "2026-03-03T00:00:00Z"}
}' WHERE ip_address = '1.1.1.1'"#;

/// Another spelling of 9.9.9.9, as another program stored it, and a key that is not an address.
const SPELLINGS: &str = "INSERT INTO ip_inventory (ip_address, first_seen, last_seen, session_count) VALUES \
    ('::ffff:9.9.9.9', '2026-02-01 00:00:00.000000', '2026-02-02 00:00:00.000000', 4), \
    ('host.example', '2026-02-01 00:00:00.000000', '2026-02-02 00:00:00.000000', 1)";

/// A sandbox with the inventory in `a.db`.
pub(crate) fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new(PROGRAM);
    let mut events = Vec::new();
    for (address, days) in SIGHTINGS {
        for day in *days {
            let session = format!("s{}", events.len());
            events.push(format!(
                r#"{{"eventid":"cowrie.session.connect","session":"{session}","src_ip":"{address}","sensor":"one","timestamp":"2026-03-{day:02}T10:20:30.5Z"}}"#
            ));
        }
    }
    let log = sandbox.write("cowrie.json", &events.join("\n"));
    let log = log.display().to_string();
    let args = [
        "--offline",
        "--db",
        "a.db",
        "--mmdb",
        SAMPLE,
        "enrich",
        &log,
    ];
    sandbox.run(&args).expect(0);
    execute(&sandbox, &[HOSTILE, BENIGN, SPELLINGS]);
    sandbox
}

/// A sandbox with an empty inventory in `a.db`.
pub(crate) fn empty() -> Sandbox {
    let sandbox = Sandbox::new(PROGRAM);
    sandbox.run(&["--db", "a.db", "migrate"]).expect(0);
    sandbox
}

/// Runs statements of another program.
pub(crate) fn execute(sandbox: &Sandbox, statements: &[&str]) {
    let options = SqliteConnectOptions::new().filename(sandbox.path("a.db"));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(async {
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        for statement in statements {
            let query = sqlx::query(AssertSqlSafe(*statement));
            query.execute(&mut connection).await.unwrap();
        }
        connection.close().await.unwrap();
    });
}

/// Runs `ip export --feed FORMAT` with more arguments.
pub(crate) fn feed(sandbox: &Sandbox, format: &str, args: &[&str]) -> Run {
    let before = ["--db", "a.db", "ip", "export", "--feed", format];
    sandbox.run(&[&before, args].concat())
}
