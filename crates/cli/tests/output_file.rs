//! `--output` of the commands that print records.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]
#![cfg(all(feature = "provider-maxmind", feature = "store-sqlite"))]

use std::fs;

use ipcascade_testkit::program::{Run, Sandbox};

const PROGRAM: &str = env!("CARGO_BIN_EXE_ipcascade");

/// The database of the quick start.
const SAMPLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../examples/quickstart/sample-asn.mmdb"
);

/// A sandbox with two addresses in `a.db`.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new(PROGRAM);
    sandbox.write("ips.txt", "8.8.8.8\n1.1.1.1\n");
    run(&sandbox, &["enrich", "ips.txt"]).expect(0);
    sandbox
}

fn run(sandbox: &Sandbox, args: &[&str]) -> Run {
    sandbox.run(&[&["--db", "a.db", "--mmdb", SAMPLE], args].concat())
}

fn text(sandbox: &Sandbox, name: &str) -> String {
    fs::read_to_string(sandbox.path(name)).unwrap()
}

/// The names in the folder, without those that were there before.
fn made(sandbox: &Sandbox) -> Vec<String> {
    let entries = fs::read_dir(sandbox.path(".")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names
        .filter(|name| !name.starts_with("a.db") && name != "ips.txt")
        .collect();
    names.sort();
    names
}

#[test]
fn a_file_has_what_would_be_printed_in_the_format_of_its_name() {
    let sandbox = sandbox();
    for (args, formats) in [
        (&["ip", "list"][..], &["csv", "json", "ndjson"][..]),
        (&["ip", "export"], &["csv", "json", "ndjson"]),
        (&["ip", "top", "--by", "asn"], &["csv", "json", "ndjson"]),
        (&["ip", "show", "8.8.8.8"], &["json", "ndjson"]),
        (&["asn", "list"], &["csv", "json", "ndjson"]),
        (&["asn", "top"], &["csv", "json", "ndjson"]),
        (&["asn", "show", "15169"], &["json", "ndjson"]),
        (&["asn", "prefixes", "15169"], &["csv", "json", "ndjson"]),
        (&["session", "list"], &["csv", "json", "ndjson"]),
        (&["stats"], &["json", "ndjson"]),
        (&["lookup", "8.8.8.8"], &["json", "ndjson"]),
        (&["audit"], &["ndjson"]),
        (&["schema"], &["json", "ndjson"]),
        (&["databases"], &["json", "ndjson"]),
        (&["providers"], &["json", "ndjson"]),
        (&["providers", "list"], &["json", "ndjson"]),
        (&["config", "show"], &["json", "ndjson"]),
        (
            &["enrich", "--no-store", "ips.txt"],
            &["csv", "json", "ndjson"],
        ),
    ] {
        for format in formats {
            let printed = run(&sandbox, &[args, &["--format", format]].concat()).expect(0);
            let name = format!("out.{format}");
            let written = run(&sandbox, &[args, &["-o", &name]].concat()).expect(0);
            assert!(written.stdout.is_empty(), "{args:?}: {written:?}");
            assert!(written.stderr.contains(&format!("wrote {name}")));
            assert_eq!(text(&sandbox, &name), printed.stdout, "{args:?} {format}");
        }
    }
    // `.jsonl` is another name of it; what is asked for goes before the name, and `-` is standard output.
    let list = run(&sandbox, &["ip", "list", "--format", "ndjson"]).stdout;
    run(&sandbox, &["ip", "list", "-o", "a.jsonl"]).expect(0);
    assert_eq!(text(&sandbox, "a.jsonl"), list);
    run(
        &sandbox,
        &["ip", "list", "-o", "a.csv", "--format", "ndjson"],
    )
    .expect(0);
    assert_eq!(text(&sandbox, "a.csv"), list);
    let table = run(&sandbox, &["ip", "list"]).stdout;
    assert_eq!(run(&sandbox, &["ip", "list", "-o", "-"]).stdout, table);
    run(
        &sandbox,
        &["--color", "always", "ip", "list", "-o", "a.txt"],
    )
    .expect(0);
    assert_eq!(text(&sandbox, "a.txt"), table);
    run(
        &sandbox,
        &["asn", "prefixes", "15169", "--plain", "-o", "p.csv"],
    )
    .expect(0);
    assert!(
        text(&sandbox, "p.csv")
            .lines()
            .all(|line| line.contains('/'))
    );
}

#[test]
fn what_fails_leaves_the_old_file() {
    let sandbox = sandbox();
    sandbox.write("old.json", "old");
    for (code, args) in [
        (1, &["ip", "show", "203.0.113.99"][..]),
        (2, &["ip", "list", "--where", "no=1"]),
        (
            2,
            &["ip", "list", "--where", "address=8.8.8.8", "--columns", ","],
        ),
        (3, &["ip", "list", "--db", "absent.db"]),
    ] {
        run(&sandbox, &[args, &["-o", "old.json"]].concat()).expect(code);
        assert_eq!(text(&sandbox, "old.json"), "old", "{args:?}");
    }
    assert_eq!(made(&sandbox), ["old.json"]);
}

#[test]
fn names_of_what_is_not_written_are_refused() {
    let sandbox = sandbox();
    for (args, name) in [
        (&["ip", "list"][..], "a.csv.gz"),
        (&["ip", "list", "--format", "csv"], "a.csv.zst"),
        (&["ip", "export", "--feed", "plain"], "a.gz"),
        (&["report"], "a.html.gz"),
        (&["ip", "list"], "a.xlsx"),
        (&["ip", "list"], "a.html"),
        (&["ip", "show", "8.8.8.8"], "a.csv"),
        (&["audit"], "a.json"),
        (&["enrich", "ips.txt"], "a.csv"),
        (&["enrich", "ips.txt"], "a"),
    ] {
        let refused = run(&sandbox, &[args, &["-o", name]].concat()).expect(2);
        assert!(refused.stderr.contains("hint: "), "{refused:?}");
    }
    assert!(made(&sandbox).is_empty());
    // The summary is what is printed in JSON.
    run(&sandbox, &["enrich", "ips.txt", "-o", "sum.json"]).expect(0);
    assert!(text(&sandbox, "sum.json").contains("\"inputs\""));
}

#[cfg(unix)]
#[test]
fn what_the_program_reads_is_not_overwritten() {
    use std::os::unix::fs::symlink;

    let sandbox = sandbox();
    fs::copy(SAMPLE, sandbox.path("copy")).unwrap();
    fs::copy(sandbox.path("a.db"), sandbox.path("other")).unwrap();
    symlink("a.db", sandbox.path("link")).unwrap();
    fs::hard_link(sandbox.path("a.db"), sandbox.path("hard")).unwrap();
    sandbox.write("scanners", "192.0.2.1\n");
    sandbox.write("ipcascade.toml", "input.exclude = [\"scanners\"]\n");
    let before = fs::read(sandbox.path("a.db")).unwrap();
    for (name, reason) in [
        ("link", "the inventory"),
        ("hard", "the inventory"),
        ("./a.db", "the inventory"),
        ("other", "an SQLite database"),
        ("copy", "an MMDB file"),
        (SAMPLE, "named by --mmdb"),
        ("ips.txt", "named by another argument"),
        ("bad", "named by another argument"),
        ("a.db-wal", "a part of an SQLite database"),
        ("scanners", "named by `input.exclude`"),
        ("ipcascade.toml", "the configuration file"),
        ("log", "the log"),
    ] {
        let args = [
            "--log-file",
            "log",
            "enrich",
            "--no-store",
            "ips.txt",
            "--bad-records",
            "bad",
        ];
        let args = [&args[..], &["--format", "json", "-o", name]].concat();
        let refused = run(&sandbox, &args).expect(2);
        assert!(refused.stderr.contains(reason), "{name}: {refused:?}");
    }
    let feed = [
        "ip",
        "export",
        "--feed",
        "plain",
        "--exclude",
        "ips.txt",
        "-o",
        "ips.txt",
    ];
    run(&sandbox, &feed).expect(2);
    // Also where it is not there yet.
    let args = [
        "--db", "new.db", "enrich", "ips.txt", "--format", "json", "-o", "./new.db",
    ];
    sandbox.run(&args).expect(2);
    assert_eq!(fs::read(sandbox.path("a.db")).unwrap(), before);
    assert_eq!(text(&sandbox, "ips.txt"), "8.8.8.8\n1.1.1.1\n");
}

#[cfg(unix)]
#[test]
fn an_interrupted_command_leaves_no_part_of_a_file() {
    use std::io::Read as _;
    use std::process::Stdio;

    let sandbox = sandbox();
    sandbox.write("old.ndjson", "old");
    let args = [
        "--db",
        "a.db",
        "--mmdb",
        SAMPLE,
        "lookup",
        "8.8.8.8",
        "-",
        "-o",
        "old.ndjson",
    ];
    let mut command = sandbox.command(&args);
    command.stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // What is written beside it shows that the command has begun.
    while !made(&sandbox)
        .iter()
        .any(|name| name.starts_with(".ipcascade-"))
    {
        assert_eq!(child.try_wait().unwrap(), None);
        std::thread::yield_now();
    }
    let id = rustix::process::Pid::from_child(&child);
    // Until the signal is listened to, it ends the process as it is; the first answer comes after that.
    let mut beside = made(&sandbox);
    beside.retain(|name| name.starts_with(".ipcascade-"));
    while fs::metadata(sandbox.path(&beside[0])).unwrap().len() == 0 {
        std::thread::yield_now();
    }
    rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
    let mut stderr = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{stderr}");
    assert_eq!(text(&sandbox, "old.ndjson"), "old");
    assert_eq!(made(&sandbox), ["old.ndjson"]);
}
