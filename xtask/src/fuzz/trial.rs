//! Runs one target.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::options::FuzzOptions;
use super::statistics::Statistics;
use super::targets::folder;
use crate::error::{Error, Result};

/// The longest input that is tried, in bytes.
const LONGEST: u32 = 4096;
/// An input that takes longer is a fault, in seconds.
const SLOWEST: u32 = 20;

/// What a target did.
pub(super) struct TargetRun {
    pub(super) target: String,
    pub(super) statistics: Statistics,
    /// What went wrong, and where the input is.
    pub(super) fault: Option<String>,
}

/// Runs `target`, which is in the folder `programs`. It begins with its seeds, and what it finds is forgotten, except an
/// input that is a fault.
///
/// # Errors
///
/// If it cannot be started.
pub(super) fn run(target: &str, programs: &Path, options: &FuzzOptions) -> Result<TargetRun> {
    let corpus = tempfile::tempdir()?;
    let artifacts = folder().join("artifacts").join(target);
    fs::create_dir_all(&artifacts).map_err(Error::file(&artifacts))?;
    let program = programs.join(target);
    let mut command = Command::new(&program);
    command
        .arg(format!("-max_total_time={}", options.seconds))
        .arg(format!("-max_len={LONGEST}"))
        .arg(format!("-timeout={SLOWEST}"))
        .arg(format!("-seed={}", options.seed))
        .arg(format!("-artifact_prefix={}/", artifacts.display()))
        .arg("-print_final_stats=1");
    let dictionary = folder().join("dictionaries").join(format!("{target}.dict"));
    if dictionary.is_file() {
        command.arg(format!("-dict={}", dictionary.display()));
    }
    // New inputs go into the first folder.
    command.arg(corpus.path());
    let seeds = folder().join("seeds").join(target);
    if seeds.is_dir() {
        command.arg(seeds);
    }
    let output = command
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null())
        .output()
        .map_err(Error::file(&program))?;
    let text = String::from_utf8_lossy(&output.stderr);
    Ok(TargetRun {
        target: target.to_owned(),
        statistics: Statistics::read(&text),
        fault: (!output.status.success()).then(|| fault(&text)),
    })
}

/// The lines of the output that say what went wrong.
fn fault(output: &str) -> String {
    let of_fault = |line: &&str| {
        [
            "panicked at",
            "ERROR: libFuzzer",
            "SUMMARY:",
            "Test unit written to",
        ]
        .iter()
        .any(|part| line.contains(part))
    };
    let lines: Vec<&str> = output.lines().collect();
    let panicked = lines.iter().position(|line| line.contains("panicked at"));
    // The message is in the lines after the place.
    let message = panicked.and_then(|at| lines.get(at..lines.len().min(at + 4)));
    let found = lines.iter().copied().filter(of_fault);
    let mut said: Vec<&str> = message.unwrap_or_default().to_vec();
    said.extend(found.filter(|line| !line.contains("panicked at")));
    said.join("\n")
}
