//! The file of `--bad-records`: every record with a problem.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};

use ipcascade_input::{Problem, ProblemKind};
use serde_json::json;

use crate::output::WholeFile;
use crate::report::CliError;

/// More than a record has.
const LONGEST_LINE: u64 = 1 << 20;

/// A file to which problems are written, each as an object on a line of its own.
#[derive(Debug)]
pub(super) struct BadRecords {
    path: PathBuf,
    file: BufWriter<WholeFile>,
    /// The first error of writing: the run goes on, and ends with it.
    failure: Option<CliError>,
}

impl BadRecords {
    /// Begins the file, before anything is read. A file with something else in it is not written over.
    pub(super) fn create(path: &Path) -> Result<Self, CliError> {
        if !is_ours(path).map_err(|error| failed(path, error))? {
            let text = format!(
                "--bad-records: `{}` is there, and is not a file of bad records",
                path.display()
            );
            return Err(CliError::usage(text).hint("name another file, or remove it first"));
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

/// Whether a file may be written over: it is not there, or empty, or an earlier one of these; or it is no regular file.
fn is_ours(path: &Path) -> io::Result<bool> {
    match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(error),
        Ok(known) if !known.is_file() || known.len() == 0 => return Ok(true),
        Ok(_) => {}
    }
    let file = BufReader::new(File::open(path)?.take(LONGEST_LINE));
    let line = file.split(b'\n').next().transpose()?.unwrap_or_default();
    let record: serde_json::Value = serde_json::from_slice(&line).unwrap_or_default();
    let members = ["input", "line", "consequence", "reason"];
    Ok(members.iter().all(|member| record.get(member).is_some()))
}

fn failed(path: &Path, error: std::io::Error) -> CliError {
    let path = path.display();
    CliError::failed(format!("cannot write the bad records to `{path}`")).caused_by(error)
}
