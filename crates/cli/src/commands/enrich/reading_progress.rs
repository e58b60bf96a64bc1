//! How far a run has come: the bytes of its inputs, and its addresses.

use std::path::Path;
use std::time::Instant;

use ipcascade_input::{InputSource, ReadBytes};

use crate::output::words::{number, rate};
use crate::output::{Output, Progress};

/// The progress of a run.
pub(super) struct ReadingProgress {
    bar: Progress,
    read: ReadBytes,
    /// Whether the size of all inputs is known.
    is_total_known: bool,
    started: Instant,
}

impl ReadingProgress {
    /// Begins one for `sources`, of which `read` says how much is read.
    pub(super) fn new(sources: &[InputSource], read: ReadBytes, output: &Output) -> Self {
        let bar = output.progress("addresses");
        let total: Option<u64> = sources.iter().map(size).sum();
        let total = total.filter(|total| *total > 0);
        if let Some(total) = total {
            bar.total_bytes(total);
        }
        Self {
            bar,
            read,
            is_total_known: total.is_some(),
            started: Instant::now(),
        }
    }

    /// Shows that this many addresses are done; online answers on `awaited` others are to come.
    pub(super) fn show(&self, addresses: u64, awaited: usize) {
        let awaited_count = awaited as u64;
        let awaited = match awaited {
            0 => String::new(),
            _ => format!(" (online answers on {} to come)", number(awaited as u64)),
        };
        if self.is_total_known {
            let rate = rate(addresses, self.started.elapsed());
            let done = number(addresses);
            self.bar.title(format!("{done} addresses{awaited}, {rate}"));
            // What is read runs ahead of the answers.
            let all = addresses.saturating_add(awaited_count).max(1);
            let done = u128::from(self.read.count()) * u128::from(addresses) / u128::from(all);
            let done = match awaited_count {
                0 => self.read.count(),
                _ => u64::try_from(done).unwrap_or(u64::MAX),
            };
            self.bar.position(done);
        } else {
            self.bar.title(format!("addresses{awaited}"));
            self.bar.position(addresses);
        }
    }

    /// The bar.
    pub(super) const fn bar(&self) -> &Progress {
        &self.bar
    }
}

/// The size of an input, if it is known: a file's, packed or not.
fn size(source: &InputSource) -> Option<u64> {
    match source {
        InputSource::Argument(_) => Some(0),
        InputSource::Stdin => None,
        InputSource::File(path) => file_size(path),
    }
}

fn file_size(path: &Path) -> Option<u64> {
    match std::fs::metadata(path) {
        Ok(metadata) => metadata.is_file().then_some(metadata.len()),
        // It is reported when it is its turn.
        Err(_) => Some(0),
    }
}
