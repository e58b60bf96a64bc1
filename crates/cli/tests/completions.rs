//! What a shell completes.

#![cfg(all(feature = "provider-maxmind", feature = "store-sqlite"))]

use std::fs;
use std::process::Command;

use ipcascade_testkit::program::Sandbox;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ipcascade");

/// The database of the quick start.
const SAMPLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../examples/quickstart/sample-asn.mmdb"
);

/// A sandbox with two ASes and sessions in `a.db`.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new(PROGRAM);
    let mut events = String::new();
    for (address, session) in [
        ("8.8.8.8", "4f01"),
        ("1.1.1.1", "4f02"),
        ("1.1.1.1", "$(id)"),
    ] {
        events += &format!(
            r#"{{"eventid":"cowrie.session.connect","session":"{session}","src_ip":"{address}","sensor":"one","timestamp":"2026-03-01T10:20:30.5Z"}}"#
        );
        events.push('\n');
    }
    sandbox.write("cowrie.json", &events);
    let args = ["--db", "a.db", "--mmdb", SAMPLE, "enrich", "cowrie.json"];
    sandbox.run(&args).expect(0);
    sandbox
}

/// The values that the program offers for the last word of a line.
fn offered(sandbox: &Sandbox, line: &str) -> Vec<String> {
    let words: Vec<&str> = line.split(' ').collect();
    let args = [&["complete-stored", "--", "ipcascade"], &words[..]].concat();
    let run = sandbox.run(&args).expect(0);
    assert!(run.stderr.is_empty(), "{line}: {run:?}");
    run.stdout.lines().map(str::to_owned).collect()
}

#[test]
fn values_of_the_inventory_that_the_line_names_are_offered() {
    let sandbox = sandbox();
    for (line, expected) in [
        ("--db a.db asn show AS", &["AS13335", "AS15169"][..]),
        ("asn show AS15 --db a.db ", &["AS13335", "AS15169"]),
        ("asn prefixes --db a.db 15", &["15169"]),
        ("--db a.db ip list --asn as1", &["as13335", "as15169"]),
        ("--db \"a.db\" report --asn AS2", &[]),
        ("--db a.db session show 4f", &["4f01", "4f02"]),
        // What a shell would run is not offered.
        ("--db a.db session show $", &[]),
        ("--db a.db session show x", &[]),
        ("--db a.db ip list --country N", &[]),
    ] {
        assert_eq!(offered(&sandbox, line), expected, "{line}");
    }
    sandbox.write("ipcascade.toml", "[store]\nurl = \"a.db\"\n");
    assert_eq!(offered(&sandbox, "asn show AS15"), ["AS15169"]);
    assert_eq!(
        offered(&sandbox, "--config none.toml asn show AS15").len(),
        0
    );
}

#[test]
fn what_cannot_be_read_is_passed_over_and_nothing_is_made() {
    let sandbox = sandbox();
    sandbox.write("wrong.toml", "no = 1\n");
    for line in [
        "--db none.db asn show A",
        "--db cowrie.json asn show A",
        "--db postgresql://u@127.0.0.1:1/d asn show A",
        "--db no://x session show 4",
        "--config wrong.toml asn show A",
        "--config none.toml asn show A",
        "asn show A",
        "--offline --online --db a.db asn show ASx",
        "",
        "no",
    ] {
        assert!(offered(&sandbox, line).is_empty(), "{line}");
    }
    sandbox.run(&["complete-stored"]).expect(0);
    assert!(!sandbox.path("none.db").exists());
}

#[test]
fn the_script_of_bash_offers_names_files_and_stored_values() {
    let sandbox = sandbox();
    let script = sandbox.run(&["completions", "bash"]).expect(0).stdout;
    sandbox.write("script.bash", &script);
    fs::create_dir(sandbox.path("bin")).unwrap();
    fs::hard_link(PROGRAM, sandbox.path("bin/ipcascade"))
        .or_else(|_| fs::copy(PROGRAM, sandbox.path("bin/ipcascade")).map(drop))
        .unwrap();
    let completed = |words: &str| {
        let line = format!(
            "compopt() {{ :; }}; source ./script.bash; complete -p ipcascade; COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             _ipcascade_stored ipcascade \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"; \
             printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        let path = format!(
            "{}:{}",
            sandbox.path("bin").display(),
            std::env::var("PATH").unwrap()
        );
        let output = Command::new("bash")
            .args(["--norc", "-c", &line])
            .current_dir(sandbox.path("."))
            .env("PATH", path)
            .output();
        let Ok(output) = output else {
            return None;
        };
        assert!(output.stderr.is_empty(), "{words}: {output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        let (registered, values) = text.split_once('\n').unwrap();
        assert!(registered.contains("-F _ipcascade_stored"), "{registered}");
        Some(values.lines().map(str::to_owned).collect::<Vec<String>>())
    };
    let Some(values) = completed("ipcascade --db a.db asn show AS151") else {
        // There is no bash here.
        return;
    };
    assert_eq!(values, ["AS15169"]);
    for (words, expected) in [
        ("ipcascade --db a.db ip list --asn '' ", "AS13335"),
        ("ipcascade --db a.db session show 4f", "4f02"),
        ("ipcascade --db a.db asn show ''", "AS15169"),
        ("ipcascade --db a.db asn show ''", "--format"),
        ("ipcascade ip top --by asn_o", "asn_org"),
        ("ipcascade ip list --output cow", "cowrie.json"),
        ("ipcascade --mmdb cow", "cowrie.json"),
        ("ipcascade copy --db a.db --to a.d", "a.db"),
        ("ipcascade as", "asn"),
    ] {
        let values = completed(words).unwrap();
        assert!(
            values.iter().any(|it| it == expected),
            "{words}: {values:?}"
        );
    }
    let none = completed("ipcascade --db none.db asn show AS1").unwrap();
    assert!(
        none.iter().all(|value| !value.starts_with("AS1")),
        "{none:?}"
    );
}

#[test]
fn the_script_of_fish_asks_for_stored_values() {
    let sandbox = Sandbox::new(PROGRAM);
    let script = sandbox.run(&["completions", "fish"]).expect(0).stdout;
    assert!(script.contains("ipcascade complete-stored -- (commandline -opc) (commandline -ct)"));
}
