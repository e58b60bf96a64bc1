//! `copy` through the built program, from one SQLite file to another.
#![cfg(all(feature = "store-sqlite", feature = "provider-maxmind"))]

use ipcascade_testkit::program::Sandbox;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ipcascade");

/// The database of the quick start.
const SAMPLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../examples/quickstart/sample-asn.mmdb"
);

/// A sandbox with an inventory in `a.db`.
fn populated() -> Sandbox {
    let sandbox = Sandbox::new(PROGRAM);
    let events: Vec<String> = (0..40)
        .map(|i| {
            let ip = ["8.8.8.8", "1.1.1.1", "9.9.9.9", "10.0.0.1"][i % 4];
            format!(
                r#"{{"eventid":"cowrie.session.connect","session":"s{i}","src_ip":"{ip}","sensor":"one","timestamp":"2026-03-01T00:00:{i:02}Z"}}"#
            )
        })
        .collect();
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
    sandbox
}

/// Everything in a file, as exported by `export`.
fn exported(sandbox: &Sandbox, file: &str) -> Vec<String> {
    let whole = "--with-sections";
    let exports = [
        vec!["asn", "export", whole],
        vec!["ip", "export", whole],
        vec!["session", "export"],
    ];
    let of_each = exports.into_iter().map(|export| {
        let run = sandbox
            .run(&[vec!["--db", file], export].concat())
            .expect(0);
        assert!(!run.stdout.is_empty());
        run.stdout
    });
    of_each.collect()
}

#[test]
fn everything_is_copied_and_checked() {
    let sandbox = populated();
    let run = sandbox
        .run(&[
            "copy",
            "--from",
            "a.db",
            "--to",
            "sqlite://b.db",
            "--batch-size",
            "3",
        ])
        .expect(0);
    assert!(run.stdout.is_empty(), "{run:?}");
    for words in [
        "every check passes",
        "the same in both",
        "40 sessions",
        "4 addresses",
    ] {
        assert!(
            run.stderr.contains(words),
            "{words} is not in {}",
            run.stderr
        );
    }
    assert_eq!(exported(&sandbox, "a.db"), exported(&sandbox, "b.db"));
    sandbox.run(&["--db", "b.db", "verify"]).expect(0);

    let again = sandbox
        .run(&["copy", "--from", "sqlite:a.db", "--to", "b.db"])
        .expect(0);
    assert!(again.stderr.contains("refreshed"), "{again:?}");
    assert!(again.stderr.contains("0 new, 0 changed"), "{again:?}");
}

#[test]
fn the_summary_may_be_json() {
    let sandbox = populated();
    let run = sandbox
        .run(&[
            "--quiet", "copy", "--from", "a.db", "--to", "b.db", "--format", "json",
        ])
        .expect(0);
    assert!(run.stderr.is_empty(), "{run:?}");
    let summary: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(summary["exact"], true);
    assert_eq!(summary["compared"]["equal"]["session"], 40);
    assert_eq!(summary["verified"]["violations"], serde_json::json!([]));
}

#[test]
fn a_file_is_not_copied_into_itself() {
    let sandbox = populated();
    let run = sandbox
        .run(&["copy", "--from", "a.db", "--to", "sqlite:///./a.db"])
        .expect(2);
    assert!(run.stderr.contains("the same database"), "{run:?}");
}

#[test]
fn a_target_with_other_rows_is_refused_and_left_alone() {
    let sandbox = populated();
    let log = sandbox.write("other.json", r#"{"eventid":"cowrie.session.connect","session":"x","src_ip":"4.4.4.4","sensor":"one","timestamp":"2026-03-01T00:00:00Z"}"#);
    let log = log.display().to_string();
    sandbox
        .run(&[
            "--offline",
            "--db",
            "b.db",
            "--mmdb",
            SAMPLE,
            "enrich",
            &log,
        ])
        .expect(0);
    let before = exported(&sandbox, "b.db");
    let run = sandbox
        .run(&["copy", "--from", "a.db", "--to", "b.db"])
        .expect(2);
    assert!(run.stderr.contains("empty database"), "{run:?}");
    assert_eq!(exported(&sandbox, "b.db"), before);
}

#[test]
fn a_missing_source_is_an_error_and_creates_no_target() {
    let sandbox = Sandbox::new(PROGRAM);
    let run = sandbox
        .run(&["copy", "--from", "no.db", "--to", "b.db"])
        .expect(3);
    assert!(run.stderr.contains("no.db"), "{run:?}");
    assert!(!sandbox.path("b.db").exists());
}

#[test]
fn passwords_are_never_shown() {
    let sandbox = populated();
    let url = "postgresql://me:s3cr3t@127.0.0.1:1/none";
    for args in [
        ["copy", "--from", url, "--to", "b.db"],
        ["copy", "--from", "a.db", "--to", url],
    ] {
        let run = sandbox.run(&args);
        assert_ne!(run.code, 0);
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(!said.contains("s3cr3t"), "{said}");
    }
}
