//! The file of `--bad-records`: every record with a problem.

use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use ipcascade_input::{Problem, ProblemKind};
use serde_json::json;

use crate::output::WholeFile;
use crate::report::CliError;

/// A file to which problems are written, each as an object on a line of its own.
#[derive(Debug)]
pub(super) struct BadRecords {
    path: PathBuf,
    file: BufWriter<WholeFile>,
    /// The first error of writing: the run goes on, and ends with it.
    failure: Option<CliError>,
}

impl BadRecords {
    /// Begins the file, before anything is read. It must not be one of `inputs`.
    pub(super) fn create(path: &Path, inputs: &[String]) -> Result<Self, CliError> {
        let place = fs::canonicalize(path).ok();
        let is_it = |input: &&String| place.is_some() && fs::canonicalize(input).ok() == place;
        if let Some(input) = inputs.iter().find(is_it) {
            let text = format!("--bad-records: `{input}` is an input, and is not written over");
            return Err(CliError::usage(text));
        }
        let file = WholeFile::create(path).map_err(|error| failed(path, error))?;
        Ok(Self {
            path: path.to_owned(),
            file: BufWriter::new(file),
            failure: None,
        })
    }

    pub(super) fn add(&mut self, problem: &Problem) {
        let consequence = match problem.kind {
            ProblemKind::LeftOut => "left out",
            ProblemKind::Part => "an address left out",
            ProblemKind::Untimed => "without a time",
        };
        let line = json!({
            "input": *problem.input,
            "line": problem.line,
            "consequence": consequence,
            "reason": problem.reason,
        });
        if self.failure.is_none()
            && let Err(error) = writeln!(self.file, "{line}")
        {
            self.failure = Some(failed(&self.path, error));
        }
    }

    /// Puts the file in its place.
    pub(super) fn finish(self) -> Result<(), CliError> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        let file = self.file.into_inner();
        let finished = file.map_err(std::io::IntoInnerError::into_error);
        let finished = finished.and_then(WholeFile::finish);
        finished.map_err(|error| failed(&self.path, error))
    }
}

fn failed(path: &Path, error: std::io::Error) -> CliError {
    let path = path.display();
    CliError::failed(format!("cannot write the bad records to `{path}`")).caused_by(error)
}
