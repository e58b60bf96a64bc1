//! The question whether to remember the files of `--mmdb`, in a terminal.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]
#![cfg(all(unix, feature = "provider-maxmind", feature = "store-sqlite"))]

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::PathBuf;

use ipcascade_testkit::program::Sandbox;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

const PROGRAM: &str = env!("CARGO_BIN_EXE_ipcascade");

/// The database of the quick start.
const SAMPLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../examples/quickstart/sample-asn.mmdb"
);

const QUESTION: &str = "[y/N] ";

/// Runs the program in a terminal, in which the answer is typed once there is a question; returns what the terminal shows.
fn in_terminal(sandbox: &Sandbox, args: &[&str], answer: &str) -> String {
    let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&controller).unwrap();
    unlockpt(&controller).unwrap();
    let name = ptsname(&controller, Vec::new()).unwrap();
    let name = name.into_string().unwrap();
    let open = || OpenOptions::new().read(true).write(true).open(&name);
    let mut command = sandbox.command(&[&["--mmdb", SAMPLE], args].concat());
    command.stdin(open().unwrap());
    command.stdout(open().unwrap()).stderr(open().unwrap());
    let mut child = command.spawn().unwrap();
    // The command holds the terminal open as well.
    drop(command);
    let mut controller = File::from(controller);
    let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
    let mut is_answered = false;
    // At its end Linux reports an error.
    while let Ok(read @ 1..) = controller.read(&mut part) {
        bytes.extend_from_slice(&part[..read]);
        if !is_answered && String::from_utf8_lossy(&bytes).contains(QUESTION) {
            controller.write_all(answer.as_bytes()).unwrap();
            is_answered = true;
        }
    }
    assert_eq!(child.wait().unwrap().code(), Some(0));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Files of this name below the folder of the sandbox.
fn below(sandbox: &Sandbox, name: &str) -> Vec<PathBuf> {
    let (mut folders, mut found) = (vec![sandbox.path(".")], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|it| it == name) {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn yes_writes_the_user_s_configuration_with_the_files_and_ends_the_question() {
    let sandbox = Sandbox::new(PROGRAM);
    let shown = in_terminal(&sandbox, &["--db", "a.db", "enrich", "8.8.8.8"], "y\n");
    assert!(shown.contains("Remember sample-asn.mmdb in "), "{shown}");
    let files = below(&sandbox, "ipcascade.toml");
    assert_eq!(files.len(), 1, "{shown}");
    let text = fs::read_to_string(&files[0]).unwrap();
    let table: toml::Table = text.parse().unwrap();
    assert_eq!(
        table["providers"]["maxmind"]["files"][0].as_str(),
        Some(SAMPLE)
    );
    // Where the inventory is was not asked.
    assert!(table["store"].as_table().unwrap().is_empty());
    let run = sandbox.run(&["--offline", "lookup", "8.8.8.8"]).expect(0);
    assert!(run.stdout.contains("AS15169"), "{run:?}");
    let shown = in_terminal(&sandbox, &["lookup", "8.8.8.8"], "");
    assert!(!shown.contains(QUESTION), "{shown}");
}

#[test]
fn no_is_remembered_and_other_runs_are_not_asked() {
    let sandbox = Sandbox::new(PROGRAM);
    sandbox.write("ips.txt", "8.8.8.8\n");
    for args in [
        &["-q", "lookup", "8.8.8.8"][..],
        &["lookup", "8.8.8.8", "--format", "json"],
        &["lookup", "8.8.8.8", "--field", "asn"],
        &["lookup", "8.8.8.8", "--output", "x"],
        &["enrich", "--no-store", "ips.txt"],
        &["--log-format", "json", "lookup", "8.8.8.8"],
        &["providers"],
    ] {
        let shown = in_terminal(&sandbox, args, "");
        assert!(!shown.contains(QUESTION), "{args:?}: {shown}");
    }
    // Without a terminal there is no question, whatever is in standard input.
    let run = sandbox
        .run(&["--mmdb", SAMPLE, "lookup", "8.8.8.8"])
        .expect(0);
    assert!(!run.stderr.contains(QUESTION), "{run:?}");
    for answer in ["n\n", "y\n"] {
        let shown = in_terminal(&sandbox, &["lookup", "8.8.8.8"], answer);
        assert_eq!(shown.contains(QUESTION), answer == "n\n", "{shown}");
    }
    assert!(below(&sandbox, "ipcascade.toml").is_empty());
}
