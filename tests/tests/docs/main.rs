//! Every command in the documentation is run, and prints what its page shows.
//!
//! A page is run from its first block to its last in a folder of its own, with the files that it names. Blocks in `sh`
//! are commands, each of which must succeed; in `console`, commands follow a `$` and are followed by their output; a
//! `crontab` has one on each line. Words after the language, which no reader sees, make exceptions:
//!
//! | after the language | meaning |
//! |---|---|
//! | `no-run: REASON` | the block is not run |
//! | `exits: CODE` | its last command exits with this code |
//! | `output` | its text is what the last command before it prints |
//! | `sqlite`, `postgresql` | its SQL is for one kind of database only |
//! | `compiles` | it is run by the test that is ignored, since it compiles crates |
//! | `file: NAME`, `add-to: NAME` | its text, in whatever language, is written to a file, or added to one |

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod beginnings;
mod blocks;
mod commands;
mod folder;
mod output;
mod pages;
mod sql;
mod tally;

use std::io::Write as _;
use std::path::Path;

use pages::{Page, What, pages, run_page};
use tally::Tally;

/// The built program.
const PROGRAM: &str = env!("CARGO_BIN_EXE_ipcascade-under-test");
/// The root of the repository.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
/// The current time of all commands: the morning after the sample's last day.
const NOW: &str = "2026-11-22T06:00:00Z";

/// Runs the pages, and fails if something was wrong.
fn run(pages: Vec<Page>, what: What) -> Tally {
    let mut total = Tally::default();
    for page in pages {
        total.add(run_page(&page, what));
    }
    // The harness would show it only where the test fails.
    let shown = std::io::stderr().write_all(total.to_string().as_bytes());
    shown.unwrap();
    let faults = total.faults.join("\n\n");
    assert!(faults.is_empty(), "{faults}");
    total
}

#[test]
fn every_command_of_the_documentation_runs_and_prints_what_its_page_shows() {
    let total = run(pages(Path::new(ROOT)), What::Usual);
    assert!(total.run > 80, "{total}");
}

/// The units start what the page about them says, with command lines that work.
#[test]
fn the_commands_of_the_systemd_units_run() {
    let (mut text, mut count) = (String::new(), 0);
    for entry in std::fs::read_dir(Path::new(ROOT).join("examples/systemd")).unwrap() {
        let unit = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let commands = unit
            .lines()
            .filter_map(|line| line.strip_prefix("ExecStart="));
        for command in commands {
            let command = command.replace("/usr/local/bin/ipcascade", "ipcascade");
            text.push_str(&format!("```sh\n{command}\n```\n"));
            count += 1;
        }
    }
    let total = run(vec![Page::new("examples/systemd", &text)], What::Usual);
    assert_eq!((total.run, count), (4, 4));
}

/// From empty folders, with cargo, in a folder of the target directory.
#[test]
#[ignore = "compiles the crates for minutes; `.ci/run` runs it"]
fn the_pages_about_writing_crates_are_right() {
    let pages = pages(Path::new(ROOT)).into_iter();
    let compiling = pages.filter(|page| page.text.contains("```sh compiles"));
    let total = run(compiling.collect(), What::Compiling);
    std::fs::remove_dir_all(folder::compiled()).unwrap();
    assert!(total.run > 20, "{total}");
}

#[test]
fn a_wrong_flag_a_wrong_output_and_a_missing_reason_are_found() {
    let cases = [
        ("```sh\nipcascade stats --nonsense\n```\n", "exit code 2"),
        (
            "```sh\nipcascade stats | cat > a.txt\nfalse\n```\n",
            "exit code 1",
        ),
        (
            "```console exits: 1\n$ ipcascade stats\n…\n```\n",
            "exit code 0",
        ),
        ("```console\n$ echo a\nb\n```\n", "prints"),
        ("```console\n$ echo a\n```\n", "prints"),
        ("```sh\necho a\n```\n```text output\nb\n```\n", "prints"),
        ("```text output\nb\n```\n", "no command before"),
        ("```sh no-run:\nipcascade stats\n```\n", "without a reason"),
        ("```\nipcascade stats\n```\n", "without a language"),
        ("```text\n$ ipcascade stats\n```\n", "`console`"),
        ("```sh no-runs: x\nipcascade stats\n```\n", "no-runs: x"),
        (
            "```sql sqlite\nSELECT nonsense FROM ip_inventory;\n```\n",
            "nonsense",
        ),
        ("```sh\nipcascade --online refresh\n```\n", "goes online"),
        (
            "```crontab\n0 6 * * *  ipcascade nonsense\n```\n",
            "exit code 2",
        ),
    ];
    for (text, expected) in cases {
        let tally = run_page(&Page::new("example.md", text), What::Usual);
        let [fault] = tally.faults.as_slice() else {
            panic!("{text}: {:?}", tally.faults)
        };
        assert!(fault.contains(expected), "{text}: {fault}");
    }
    let text = "```console\n$ printf 'a\\nb\\nc 1.5 s\\n'\na\n…\nc 7.9 s\n$ cd examples\n$ echo *\nquick…\n```\n";
    let tally = run_page(&Page::new("example.md", text), What::Usual);
    assert!(tally.faults.is_empty(), "{:?}", tally.faults);
    assert_eq!(tally.run, 3);
}
