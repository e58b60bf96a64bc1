//! The commands that are measured: the program, and this one for the limits.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::ValueEnum as _;

use super::data::Data;
use super::measure::{self, Measurement};
use crate::error::{Error, Result};
use crate::limits::statements::StatementWork;

fn own_path() -> Result<PathBuf> {
    env::current_exe().map_err(Error::file("xtask"))
}

/// This program, running the limit `name`.
pub(super) fn limit(name: &str) -> Result<Command> {
    let mut command = Command::new(own_path()?);
    command.arg(name);
    Ok(command)
}

/// Runs the statements that the database executes by itself.
pub(super) fn statements(work: StatementWork, url: &str) -> Result<Measurement> {
    let name = work.to_possible_value();
    let mut command = limit("limit-statements")?;
    command.args(name.as_ref().map(|name| name.get_name()));
    measure::run(command.arg(url))
}

/// The program, as built beside this one, without the user's configuration and without environment variables that
/// affect the measurement.
pub(super) fn ipcascade(data: &Data) -> Result<Command> {
    let name = format!("ipcascade{}", env::consts::EXE_SUFFIX);
    let mut command = Command::new(own_path()?.with_file_name(name));
    command.env_clear().current_dir(data.path(""));
    Ok(command)
}

/// The same, offline, with some MMDB files.
pub(super) fn offline(data: &Data, files: &[PathBuf]) -> Result<Command> {
    let mut command = ipcascade(data)?;
    command.arg("--offline");
    for file in files {
        command.arg("--mmdb").arg(file);
    }
    Ok(command)
}

/// Enriches `input` into a database.
pub(super) fn enrich(
    data: &Data,
    files: &[PathBuf],
    url: &str,
    input: &Path,
) -> Result<Measurement> {
    let mut command = offline(data, files)?;
    command.args(["--db", url, "enrich"]).arg(input);
    measure::run(&mut command)
}

/// Reads `input`, looks it up, and writes NDJSON.
pub(super) fn filter(
    data: &Data,
    files: &[PathBuf],
    input: &Path,
    more: &[&str],
) -> Result<Measurement> {
    let mut command = offline(data, files)?;
    command.args(["enrich", "--no-store", "--format", "ndjson"]);
    measure::run(command.args(more).arg(input))
}

/// A command of the program on a database, without any provider.
pub(super) fn on_database(data: &Data, url: &str, arguments: &[&str]) -> Result<Measurement> {
    let mut command = offline(data, &[])?;
    measure::run(command.args(["--db", url]).args(arguments))
}
