//! Commands on an inventory, through the built program and an SQLite file.
#![cfg(all(feature = "store-sqlite", feature = "provider-maxmind"))]

use std::io::Read as _;
use std::process::Stdio;

use insta::assert_snapshot;
use ipcascade_testkit::program::Sandbox;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ipcascade");

/// The database of the quick start.
const SAMPLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../examples/quickstart/sample-asn.mmdb"
);

/// A sandbox with an empty store in `a.db`.
fn empty() -> Sandbox {
    let sandbox = Sandbox::new(PROGRAM);
    sandbox.run(&["--db", "a.db", "migrate"]).expect(0);
    sandbox
}

/// A sandbox with the sightings of a few sessions in `a.db`.
fn with_sessions() -> Sandbox {
    let sandbox = Sandbox::new(PROGRAM);
    let event = |session: &str, ip: &str, sensor: &str, time: &str| {
        format!(
            r#"{{"eventid":"cowrie.session.connect","session":"{session}","src_ip":"{ip}","sensor":"{sensor}","timestamp":"{time}"}}"#
        )
    };
    let log = [
        event("aaaa0001", "8.8.8.8", "one", "2026-03-01T00:00:00Z"),
        event("aaaa0002", "8.8.8.8", "one", "2026-03-02T00:00:00Z"),
        event(
            "aaaa0003",
            "10.0.0.1",
            "evil\\u001b[2J\\u202esensor",
            "2026-03-03T00:00:00Z",
        ),
    ];
    let log = sandbox.write("cowrie.json", &log.join("\n"));
    let log = log.display().to_string();
    sandbox
        .run(&[
            "--offline",
            "--db",
            "a.db",
            "--mmdb",
            SAMPLE,
            "enrich",
            &log,
        ])
        .expect(0);
    sandbox
}

#[test]
fn an_empty_inventory_gets_a_friendly_word_and_exit_code_0() {
    let sandbox = empty();
    for args in [
        &["asn", "list"][..],
        &["ip", "list"],
        &["session", "list"],
        &["asn", "top"],
    ] {
        let run = sandbox.run(&[&["--db", "a.db"], args].concat()).expect(0);
        assert!(run.stdout.is_empty(), "{run:?}");
        assert!(run.stderr.contains("to list in"), "{run:?}");
    }
    let run = sandbox
        .run(&["--db", "a.db", "asn", "list", "--format", "json"])
        .expect(0);
    assert_eq!(run.stdout, "[]\n");
    let run = sandbox
        .run(&["--db", "a.db", "ip", "export", "--format", "csv"])
        .expect(0);
    assert!(run.stdout.starts_with("address,asn,"), "{run:?}");
    let run = sandbox.run(&["--db", "a.db", "backfill"]).expect(0);
    assert!(run.stderr.contains("nothing to do"), "{run:?}");
}

#[test]
fn a_sound_inventory_passes_every_check() {
    let sandbox = with_sessions();
    let run = sandbox.run(&["--db", "a.db", "verify"]).expect(0);
    assert_snapshot!("verify", run.stdout);
    assert_eq!(run.stderr, "checked 1 AS, 2 addresses, 3 sessions\n");
}

#[test]
fn the_default_store_is_made_in_the_user_s_data_folder() {
    let sandbox = Sandbox::new(PROGRAM);
    let folder = sandbox.path("data");
    let variables = [("XDG_DATA_HOME", folder.to_str().unwrap())];
    sandbox.run_with(&variables, &["migrate"]).expect(0);
    assert!(folder.join("ipcascade/inventory.db").is_file());
}

#[test]
fn lists_and_pages_of_one_thing_agree() {
    let sandbox = with_sessions();
    let list = sandbox
        .run(&["--db", "a.db", "ip", "list", "--sort", "session_count:desc"])
        .expect(0);
    assert_snapshot!("ip_list", list.stdout);
    let show = sandbox
        .run(&["--db", "a.db", "ip", "show", "10.0.0.1"])
        .expect(0);
    assert_snapshot!("ip_show", show.stdout);
    let missing = sandbox
        .run(&["--db", "a.db", "ip", "show", "9.9.9.9"])
        .expect(1);
    assert!(
        missing.stderr.contains("ipcascade lookup 9.9.9.9"),
        "{missing:?}"
    );
    let asn = sandbox
        .run(&["--db", "a.db", "asn", "show", "15169"])
        .expect(0);
    assert_snapshot!("asn_show", asn.stdout);
    let session = sandbox
        .run(&["--db", "a.db", "session", "show", "aaaa0002"])
        .expect(0);
    assert_snapshot!("session_show", session.stdout);
}

#[test]
fn data_never_commands_the_terminal() {
    let sandbox = with_sessions();
    for format in ["table", "json", "ndjson"] {
        let args = ["--db", "a.db", "session", "list", "--format", format];
        let run = sandbox.run(&args).expect(0);
        assert!(run.stdout.contains("sensor"), "{run:?}");
        assert!(
            !run.stdout.contains(['\u{1b}', '\u{202e}']),
            "{format}: {:?}",
            run.stdout
        );
    }
    let args = ["--db", "a.db", "session", "show", "aaaa0003"];
    let run = sandbox.run(&args).expect(0);
    assert!(
        run.stdout.contains(r"evil\u{1b}[2J\u{202e}sensor"),
        "{run:?}"
    );
}

#[test]
fn an_export_is_one_json_object_per_line() {
    let sandbox = with_sessions();
    let run = sandbox.run(&["--db", "a.db", "ip", "export"]).expect(0);
    let rows: Vec<serde_json::Value> = run
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let addresses: Vec<&str> = rows
        .iter()
        .map(|row| row["address"].as_str().unwrap())
        .collect();
    assert_eq!(addresses, ["8.8.8.8", "10.0.0.1"]);
    assert_eq!(rows[0]["session_count"], 2);
    let after = sandbox
        .run(&["--db", "a.db", "ip", "export", "--after", "8.8.8.8"])
        .expect(0);
    assert_eq!(after.stdout.lines().count(), 1);
}

#[test]
fn an_export_to_a_reader_that_leaves_is_not_an_error() {
    let sandbox = with_sessions();
    let mut child = sandbox
        .command(&["--db", "a.db", "session", "export"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut stderr = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    assert!(
        child.wait().unwrap().success() && stderr.is_empty(),
        "{stderr}"
    );
}

#[test]
fn a_dry_run_of_a_migration_changes_nothing() {
    let sandbox = Sandbox::new(PROGRAM);
    let run = sandbox
        .run(&["--db", "a.db", "migrate", "--dry-run"])
        .expect(0);
    assert!(run.stdout.contains("CREATE TABLE ip_inventory"), "{run:?}");
    assert!(!sandbox.path("a.db").exists());
    let run = sandbox.run(&["--db", "a.db", "migrate"]).expect(0);
    assert!(run.stderr.contains("done: table ip_inventory"), "{run:?}");
    let sandbox = empty();
    let run = sandbox
        .run(&["--db", "a.db", "migrate", "--dry-run"])
        .expect(0);
    assert_eq!(
        (run.stdout.as_str(), run.stderr.as_str()),
        ("", "the schema is up to date\n")
    );
}

#[test]
fn progress_is_shown_in_lines_without_a_terminal_on_request() {
    let sandbox = with_sessions();
    let has_progress = |args: &[&str]| {
        let run = sandbox.run(&[&["--db", "a.db", "backfill"], args].concat());
        run.expect(0).stderr.contains("ASes: 1 of 1")
    };
    assert!(has_progress(&["--progress"]));
    assert!(!has_progress(&[]));
    assert!(!has_progress(&["--progress", "--quiet"]));
}

#[test]
fn a_filter_by_what_no_as_has_names_who_would_know_it() {
    let sandbox = empty();
    sandbox.write("ips.txt", "8.8.8.8\n");
    let mmdb = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../examples/quickstart/sample-asn.mmdb"
    );
    let enrich = [
        "--db",
        "a.db",
        "--offline",
        "--mmdb",
        mmdb,
        "enrich",
        "ips.txt",
    ];
    sandbox.run(&enrich).expect(0);
    for (option, value, name) in [
        ("--country", "Netherlands", "registration country"),
        ("--registry", "arin", "registry"),
    ] {
        let list = ["--db", "a.db", "asn", "list", option, value];
        let run = sandbox.run(&list).expect(0);
        let message = format!("has a {name}: the providers `rir` and `cymru` know it");
        assert!(run.stderr.contains(&message), "{run:?}");
    }
}

#[test]
fn what_is_shown_may_be_named_on_standard_input() {
    let sandbox = with_sessions();
    sandbox.write("asked.txt", "AS15169\n\n# none\nmars\naaaa0001\n");
    let run = sandbox
        .run_on("asked.txt", &["--db", "a.db", "asn", "show", "-", "--json"])
        .expect(1);
    assert!(run.stdout.contains("\"asn\": 15169"), "{run:?}");
    assert!(
        run.stderr
            .contains("standard input:4: `mars` is not an AS number"),
        "{run:?}"
    );
    let run = sandbox
        .run_on(
            "asked.txt",
            &["--db", "a.db", "session", "show", "-", "--json"],
        )
        .expect(1);
    assert!(
        run.stdout.contains("\"session_id\": \"aaaa0001\""),
        "{run:?}"
    );
    sandbox
        .run(&["--db", "a.db", "asn", "show", "mars"])
        .expect(2);
}
