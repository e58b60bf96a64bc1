//! `cowrie-enrich-asn` as a user of cowrieprocessor runs it.
#![cfg(all(feature = "store-sqlite", feature = "provider-maxmind"))]

use ipcascade_testkit::program::Sandbox;

/// The database of the quick start.
const SAMPLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../examples/quickstart/sample-asn.mmdb"
);

/// A sandbox with two addresses in `file`.
fn deployed(file: &str) -> Sandbox {
    let sandbox = Sandbox::new(env!("CARGO_BIN_EXE_cowrie-enrich-asn"));
    let ipcascade = Sandbox::new(env!("CARGO_BIN_EXE_ipcascade"));
    let database = sandbox.path(file).display().to_string();
    let enrich = [
        "--offline",
        "--db",
        &database,
        "--mmdb",
        SAMPLE,
        "enrich",
        "8.8.8.8",
        "1.1.1.1",
    ];
    ipcascade.run(&enrich).expect(0);
    sandbox
}

fn expect_two(sandbox: &Sandbox, variables: &[(&str, &str)], args: &[&str]) {
    let run = sandbox.run_with(variables, args).expect(0);
    let summary = "2 ASes from 2 addresses: 0 created, 0 updated, 2 unchanged";
    assert!(run.stderr.contains(summary), "{}", run.stderr);
}

#[test]
fn the_database_is_found_where_cowrieprocessor_finds_it() {
    for (settings, variable, args) in [
        (None, None, vec!["--db-url", "x.sqlite"]),
        (
            None,
            None,
            vec![
                "--db",
                "sqlite:///x.sqlite",
                "--batch-size",
                "500",
                "--progress",
            ],
        ),
        (None, Some("COWRIEPROC_DB_URL"), vec![]),
        (None, Some("COWRIEPROC_DB_PATH"), vec!["--verbose"]),
        (Some("config/sensors.toml"), None, vec![]),
        (Some("sensors.toml"), None, vec![]),
    ] {
        let sandbox = deployed("x.sqlite");
        if let Some(file) = settings {
            sandbox.write(file, "[global]\ndb = \"sqlite:///x.sqlite\"\n");
        }
        let variables: Vec<_> = variable
            .map(|name| (name, "x.sqlite"))
            .into_iter()
            .collect();
        expect_two(&sandbox, &variables, &args);
    }
    expect_two(&deployed("cowrieprocessor.sqlite"), &[], &[]);
}

#[test]
fn a_database_that_is_not_there_is_not_made() {
    let sandbox = Sandbox::new(env!("CARGO_BIN_EXE_cowrie-enrich-asn"));
    let run = sandbox.run(&[]).expect(3);
    assert!(
        run.stderr.contains("cowrieprocessor.sqlite"),
        "{}",
        run.stderr
    );
    assert!(!sandbox.path("cowrieprocessor.sqlite").exists());
}

#[test]
fn settings_that_cannot_be_read_show_no_password() {
    let sandbox = Sandbox::new(env!("CARGO_BIN_EXE_cowrie-enrich-asn"));
    sandbox.write("sensors.toml", "[global]\ndb = \"postgresql://me:secret@\n");
    let run = sandbox.run(&[]).expect(2);
    assert!(run.stderr.contains("sensors.toml"), "{}", run.stderr);
    assert!(!run.stderr.contains("secret"), "{}", run.stderr);
}
