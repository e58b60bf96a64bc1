//! Firewalls understand their feeds. Where their programs are not installed, that is reported and nothing is checked.

use std::process::{Command, Output, Stdio};

use crate::inventory::{empty, feed, sandbox};

/// Runs a program on a feed; `None` if it is not installed, or may not do that here.
fn understands(program: &str, args: &[&str], text: &str) -> Option<Output> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let mut command = Command::new(program);
    let path = format!(
        "{}:/usr/sbin:/sbin",
        std::env::var("PATH").unwrap_or_default()
    );
    command.args(args).arg(file.path()).env("PATH", path);
    match command.stdin(Stdio::null()).output() {
        Ok(output) => Some(output),
        Err(error) => {
            eprintln!("skipped: cannot run {program}: {error}");
            None
        }
    }
}

#[test]
fn nft_accepts_its_feed() {
    let is_able = |output: &Output| {
        let text = String::from_utf8_lossy(&output.stderr);
        !text.contains("Operation not permitted") && !text.contains("cache initialization failed")
    };
    for (text, is_valid) in [
        (feed(&sandbox(), "nft", &[]).expect(0).stdout, true),
        (feed(&empty(), "nft", &[]).expect(0).stdout, true),
        ("add element inet ipcascade x { }\n".to_owned(), false),
    ] {
        let Some(output) = understands("nft", &["-c", "-f"], &text) else {
            return;
        };
        if !is_able(&output) {
            eprintln!("skipped: nft may not check anything here: {output:?}");
            return;
        }
        assert_eq!(output.status.success(), is_valid, "{text}\n{output:?}");
    }
}
