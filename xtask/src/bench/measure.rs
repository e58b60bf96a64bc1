//! Measures what a command takes.

use std::io::{Read as _, Seek as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use wait4::Wait4 as _;

use crate::error::{Error, Result};

/// What a command took.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Measurement {
    pub(super) wall: Duration,
    /// Processor time of all its threads.
    pub(super) processor: Duration,
    /// Its peak memory, in bytes.
    pub(super) memory: u64,
}

impl Measurement {
    /// What both take, one after the other.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            wall: self.wall + other.wall,
            processor: self.processor + other.processor,
            memory: self.memory.max(other.memory),
        }
    }

    /// The median by elapsed time.
    pub(super) fn median(mut all: Vec<Self>) -> Self {
        all.sort_by_key(|taken| taken.wall);
        all.get(all.len() / 2).copied().unwrap_or_default()
    }
}

/// Runs a command and discards its output.
///
/// # Errors
///
/// If it cannot be started, or fails.
pub(super) fn run(command: &mut Command) -> Result<Measurement> {
    let shown = format!("{command:?}");
    let failed = || Error::file(&shown);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    // Its error output, in case it fails.
    let mut said = tempfile::tempfile()?;
    command.stderr(said.try_clone()?);
    let begun = Instant::now();
    let mut child = command.spawn().map_err(failed())?;
    let ended = child.wait4().map_err(failed())?;
    let wall = begun.elapsed();
    if !ended.status.success() {
        let mut text = String::new();
        said.rewind()?;
        said.read_to_string(&mut text)?;
        let status = ended.status;
        return Err(Error::Request(format!("{shown}: {status}: {text}")));
    }
    Ok(Measurement {
        wall,
        processor: ended.rusage.utime + ended.rusage.stime,
        memory: ended.rusage.maxrss,
    })
}
