//! Problems with inputs: the first few are reported at once, all are counted.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use ipcascade_input::{InputError, Problem};

use crate::commands::enrich::args::EnrichArgs;
use crate::commands::enrich::bad_records::BadRecords;
use crate::commands::enrich::tallies::Tallies;
use crate::output::{Output, Progress};
use crate::report::CliError;

/// How many problems are reported one by one.
const REPORTED: u64 = 5;

/// Problems with inputs so far.
#[derive(Debug, Default)]
pub(super) struct Problems {
    /// Problems of records.
    records: u64,
    /// Inputs that could not be opened or read to their end, or of which nothing could be read.
    pub(super) failed_inputs: Vec<Arc<str>>,
    /// The names of those that could not be opened or read to their end.
    unread: HashSet<Arc<str>>,
    /// The first problem of each input.
    first: HashMap<Arc<str>, String>,
    /// Where each record with a problem is written.
    file: Option<BadRecords>,
}

impl Problems {
    /// None so far; those of records are written as `args` say.
    pub(super) fn new(args: &EnrichArgs) -> Result<Self, CliError> {
        let path = args.bad_records.as_deref();
        let file = path.map(BadRecords::create);
        Ok(Self {
            file: file.transpose()?,
            ..Self::default()
        })
    }

    /// Completes the file.
    pub(super) fn finish(&mut self) -> Result<(), CliError> {
        self.file.take().map_or(Ok(()), BadRecords::finish)
    }

    pub(super) fn record(&mut self, problem: &Problem, output: &Output, progress: &Progress) {
        self.records += 1;
        if let Some(file) = &mut self.file {
            file.add(problem);
        }
        if problem.is_left_out() {
            let first = self.first.entry(Arc::clone(&problem.input));
            first.or_insert_with(|| problem.reason.clone());
        }
        progress.suspend(|| {
            if self.records == REPORTED + 1 {
                output.warning("further records with problems are only counted (-v reports each, --bad-records FILE writes each)");
            }
            match self.records {
                ..=REPORTED => output.warning(&problem.to_string()),
                _ => output.detail(&problem.to_string()),
            }
        });
    }

    pub(super) fn failed(&mut self, error: &InputError, output: &Output, progress: &Progress) {
        let mut text = error.to_string();
        if let Some(cause) = std::error::Error::source(error) {
            text = format!("{text}: {cause}");
        }
        self.unread.extend(error.input().cloned());
        self.input_failed(text, output, progress);
    }

    /// Records the inputs of which nothing could be read, except those of which that is known.
    pub(super) fn nothing_read(&mut self, inputs: &Tallies, output: &Output, progress: &Progress) {
        let unknown = inputs.inputs().iter();
        let unknown = unknown.filter(|it| !self.unread.contains(it.name()));
        let failures: Vec<String> = unknown
            .filter_map(|it| it.failure(self.first.get(it.name()).map(String::as_str)))
            .collect();
        for failure in failures {
            self.input_failed(failure, output, progress);
        }
    }

    fn input_failed(&mut self, text: String, output: &Output, progress: &Progress) {
        progress.suspend(|| output.failure(&text));
        self.failed_inputs.push(text.into());
    }
}
