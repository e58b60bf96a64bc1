//! What went wrong with inputs: the first few are told at once, all are counted.

use std::sync::Arc;

use crate::input::{InputError, Unreadable};
use crate::output::{Output, Progress};

/// How many unreadable records are told of one by one.
const TOLD: u64 = 5;

/// What went wrong with inputs so far.
#[derive(Debug, Default)]
pub(super) struct Problems {
    /// Records that could not be read.
    pub(super) unreadable: u64,
    /// Inputs that could not be opened or read to their end.
    pub(super) failed_inputs: Vec<Arc<str>>,
}

impl Problems {
    pub(super) fn unreadable(&mut self, what: &Unreadable, output: &Output, progress: &Progress) {
        self.unreadable += 1;
        if self.unreadable <= TOLD {
            progress.suspend(|| output.warning(&what.to_string()));
        } else if self.unreadable == TOLD + 1 {
            progress.suspend(|| output.warning("further unreadable records are only counted"));
        }
    }

    pub(super) fn failed(&mut self, error: &InputError, output: &Output, progress: &Progress) {
        let mut text = error.to_string();
        if let Some(cause) = std::error::Error::source(error) {
            text = format!("{text}: {cause}");
        }
        progress.suspend(|| output.warning(&text));
        self.failed_inputs.push(text.into());
    }
}
