//! Writes questions to the program and reads its answers.

use std::collections::HashSet;
use std::pin::pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ipcascade_core::address::Address;
use ipcascade_core::field::Field;
use ipcascade_core::lookup::{FailureClass, LookupFailure, Outcome};
use tokio::io::{AsyncWriteExt as _, BufReader};
use tokio::process::ChildStdout;
use tokio::time::Instant;

use crate::answer;
use crate::batch::{ProgramBatch, questions};
use crate::config::Config;
use crate::program::{RunningProgram, line_of};

/// How many lines that are not answers are reported one by one.
const NAMED: u32 = 5;

/// Why no further answer comes.
pub(crate) enum Silence {
    /// It has closed its output.
    Ended,
    /// Another problem.
    Other(String),
}

/// What is said to the program, and what is thought of its lines.
pub(crate) struct Dialogue {
    timeout: Duration,
    /// The fields that the settings name.
    named: Vec<Field>,
    /// The number of lines that were not answers.
    strange: AtomicU32,
    /// Well-known fields in answers that the settings do not name.
    unnamed: Mutex<HashSet<Field>>,
}

impl Dialogue {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            timeout: config.timeout.get(),
            named: config.fields().collect(),
            strange: AtomicU32::new(0),
            unnamed: Mutex::default(),
        }
    }

    /// Asks about `addresses`, and reads until each has an answer.
    pub(crate) async fn converse(
        &self,
        running: &mut RunningProgram,
        addresses: &[Address],
        batch: &mut ProgramBatch<'_>,
    ) -> Result<(), Silence> {
        let mut open: HashSet<Address> = addresses.iter().copied().collect();
        let text = questions(addresses);
        let RunningProgram { stdin, stdout, .. } = running;
        let mut write = pin!(stdin.write_all(text.as_bytes()));
        let mut read = pin!(async {
            let mut heard_of = Instant::now();
            while !open.is_empty() {
                let line = self.next_line(stdout, heard_of).await?;
                match answer::read(&line) {
                    Ok((address, outcome)) if open.remove(&address) => {
                        self.look_at(&outcome);
                        batch.answer(address, outcome);
                        heard_of = Instant::now();
                    }
                    Ok((address, _)) => self.pass_over(&format!("it was not asked for {address}")),
                    Err(problem) => match named_in(&line, &open) {
                        // No better answer will come for this address.
                        Some(address) => {
                            open.remove(&address);
                            batch.answer(address, broken(&problem));
                            heard_of = Instant::now();
                        }
                        None => self.pass_over(&problem),
                    },
                }
            }
            Ok(())
        });
        // A program may answer before it has read everything, so write and read at once. If it stops reading, its
        // answers show it.
        let mut has_written = false;
        loop {
            tokio::select! {
                biased;
                _ = &mut write, if !has_written => has_written = true,
                read = &mut read => {
                    read?;
                    let problem = "has answered what it was not asked yet";
                    return match has_written {
                        true => Ok(()),
                        false => Err(Silence::Other(problem.to_owned())),
                    };
                }
            }
        }
    }

    /// Reads the next line; only an answer extends the deadline, not just any line.
    async fn next_line(
        &self,
        stdout: &mut BufReader<ChildStdout>,
        heard_of: Instant,
    ) -> Result<Vec<u8>, Silence> {
        let deadline = heard_of + self.timeout;
        let reading = async {
            // Lines that are always there would be read for ever.
            match Instant::now() < deadline {
                true => line_of(stdout).await,
                false => std::future::pending().await,
            }
        };
        match tokio::time::timeout_at(deadline, reading).await {
            Ok(Ok(Some(line))) => Ok(line),
            Ok(Ok(None)) => Err(Silence::Ended),
            Ok(Err(error)) => Err(Silence::Other(format!("cannot be read: {error}"))),
            Err(_) => {
                let seconds = self.timeout.as_secs();
                let hint = "does it write out each line at once?";
                Err(Silence::Other(format!(
                    "has not answered for {seconds} s ({hint})"
                )))
            }
        }
    }

    /// Warns, once for each field, of well-known fields that would be merged if the settings named them.
    fn look_at(&self, outcome: &Outcome) {
        let Outcome::Found(finding) = outcome else {
            return;
        };
        let named = &self.named;
        let well_known = finding
            .fields
            .iter()
            .filter_map(|(name, _)| Field::well_known(name));
        for field in well_known.filter(|field| !named.contains(field)) {
            let mut unnamed = self.unnamed.lock().unwrap_or_else(PoisonError::into_inner);
            if unnamed.insert(field) {
                tracing::warn!(
                    "answers of the program of `exec` have `{field}`, which its `fields` do not name: it is stored, and not merged"
                );
            }
        }
    }

    fn pass_over(&self, problem: &str) {
        match self.strange.fetch_add(1, Ordering::Relaxed) + 1 {
            count if count <= NAMED => {
                tracing::warn!("a line of the program of `exec` is not an answer: {problem}");
            }
            count if count == NAMED + 1 => {
                tracing::warn!("more lines of the program of `exec` are not answers");
            }
            _ => {}
        }
    }
}

/// Returns the open address that a line is about, even though the line is not an answer.
fn named_in(line: &[u8], open: &HashSet<Address>) -> Option<Address> {
    let line = String::from_utf8_lossy(line);
    if !line.trim_start().starts_with('{') {
        return None;
    }
    let mut open = open.iter().copied();
    open.find(|address| line.contains(&format!("\"{address}\"")))
}

fn broken(problem: &str) -> Outcome {
    let message = format!("the program's answer cannot be read: {problem}");
    Outcome::Failed(LookupFailure::new(FailureClass::Permanent, message))
}
