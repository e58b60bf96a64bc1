//! Every command line in the documentation is one that the program accepts, also where it is not run: `tests/tests/docs` of
//! the workspace runs the others.

use std::fs;
use std::path::{Path, PathBuf};

use crate::examples::{accepted, ours};

/// The pages for users. The references are made from the program.
fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let entries = fs::read_dir(root.join("docs")).unwrap();
    let docs = entries.map(|entry| entry.unwrap().path());
    let mut pages: Vec<PathBuf> = docs
        .filter(|path| path.extension().is_some_and(|it| it == "md"))
        .collect();
    pages.push(root.join("README.md"));
    pages
}

/// The lines of blocks that are for a shell.
fn shell_lines(page: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut is_block, mut is_shell, mut begun) = (false, false, String::new());
    for line in page.lines() {
        match line.trim_start() {
            fence if !is_block && fence.starts_with("```") => {
                is_block = true;
                is_shell = is_for_a_shell(fence);
            }
            "```" => (is_block, is_shell) = (false, false),
            line if is_shell => {
                begun.push_str(line.strip_suffix('\\').unwrap_or(line));
                // A quotation may go on.
                if !line.ends_with('\\') && shlex::split(&begun).is_some() {
                    lines.push(std::mem::take(&mut begun));
                } else {
                    begun.push('\n');
                }
            }
            _ => {}
        }
    }
    lines
}

/// Whether a block that begins so has commands, one on each line; more words may follow, for the test that runs them.
fn is_for_a_shell(fence: &str) -> bool {
    ["```sh", "```crontab"].contains(&fence.split(' ').next().unwrap_or_default())
}

/// A line of a crontab without its times and the user of `/etc/cron.d`, and without the comment behind a command.
fn command(line: &str) -> &str {
    let line = line.split(" # ").next().unwrap_or_default();
    let is_entry = line.starts_with(|c: char| c.is_ascii_digit() || c == '*');
    match line.rfind("  ipcascade ").filter(|_| is_entry) {
        Some(start) => line[start..].trim_start(),
        None => line,
    }
}

#[test]
fn every_command_in_the_documentation_is_accepted() {
    let (mut checked, mut refused) = (0, Vec::new());
    for path in pages() {
        let page = fs::read_to_string(&path).unwrap();
        for line in shell_lines(&page) {
            let line = command(&line);
            if line.trim_start().starts_with('#') {
                continue;
            }
            for call in ours(line) {
                checked += 1;
                if let Err(error) = accepted(call)
                    && error.use_stderr()
                {
                    refused.push(format!("{}: {line}\n{error}", path.display()));
                }
            }
        }
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
    assert!(checked > 40, "{checked}");
}
