//! The rows: what is run, and what it is held against.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::data::Data;
use super::measure::{self, Taken};
use super::table::Line;
use crate::{Error, Result};

/// What is measured.
pub(super) struct Row {
    pub(super) name: &'static str,
    what: &'static str,
    limit_is: &'static str,
    /// What the ratio should not exceed.
    goal: f64,
    ours: fn(&Data) -> Result<Taken>,
    limit: fn(&Data) -> Result<Taken>,
}

/// All rows, in the order in which they are measured.
pub(super) const ROWS: &[Row] = &[
    Row {
        name: "look-up-one-worker",
        what: "`enrich --no-store --workers 1`, AS file, list of 2,000,000 addresses",
        limit_is: "a plain loop that decodes each record anew and writes the same bytes",
        goal: 1.0,
        ours: |data| filter(data, 1, 2_000_000, &["--workers", "1"]),
        limit: |data| plain_loop(data, 1, 2_000_000),
    },
    Row {
        name: "look-up",
        what: "the same with all workers",
        limit_is: "the same plain loop",
        goal: 0.6,
        ours: |data| filter(data, 1, 2_000_000, &[]),
        limit: |data| plain_loop(data, 1, 2_000_000),
    },
    Row {
        name: "look-up-city",
        what: "`enrich --no-store`, AS and city file, list of 500,000 addresses",
        limit_is: "the same plain loop over both files",
        goal: 0.6,
        ours: |data| filter(data, 2, 500_000, &[]),
        limit: |data| plain_loop(data, 2, 500_000),
    },
    Row {
        name: "sqlite",
        what: "`enrich` of a Cowrie log of 1,000,000 events into an empty SQLite file",
        limit_is: "`INSERT … SELECT` of the same final rows into the same tables and indexes, one transaction",
        goal: 1.8,
        ours: |data| enrich_empty(data, 1_000_000),
        limit: |data| raw_load(data, 1_000_000),
    },
    Row {
        name: "sqlite-small",
        what: "the same for 100,000 events",
        limit_is: "the same for its rows",
        goal: 1.8,
        ours: |data| enrich_empty(data, 100_000),
        limit: |data| raw_load(data, 100_000),
    },
    Row {
        name: "sqlite-again",
        what: "the same 1,000,000 events again, all fresh",
        limit_is: "reading and looking them up alone (`--no-store`), and one read of all rows by their keys",
        goal: 1.5,
        ours: |data| enrich_again(data, 1_000_000),
        limit: |data| Ok(read_alone(data, 1_000_000)?.and(read_rows(data, 1_000_000)?)),
    },
];

impl Row {
    /// Runs both in turn so many times.
    pub(super) fn measure(&self, data: &Data, times: usize) -> Result<Line> {
        let (mut ours, mut limits) = (Vec::new(), Vec::new());
        for _ in 0..times.max(1) {
            ours.push((self.ours)(data)?);
            limits.push((self.limit)(data)?);
        }
        Ok(Line {
            name: self.name,
            what: self.what,
            ours: Taken::median(ours),
            limit: Taken::median(limits),
            limit_is: self.limit_is,
            goal: self.goal,
        })
    }
}

fn own_path() -> Result<PathBuf> {
    env::current_exe().map_err(Error::file("xtask"))
}

/// The program, as it was built beside this one.
fn ipcascade(data: &Data, files: usize) -> Result<Command> {
    let program = own_path()?.with_file_name(format!("ipcascade{}", env::consts::EXE_SUFFIX));
    let mut command = Command::new(program);
    // Neither the user's configuration nor an environment changes what is measured.
    command.env_clear().current_dir(data.path(""));
    command.arg("--offline");
    for file in data.mmdb()?.iter().take(files) {
        command.arg("--mmdb").arg(file);
    }
    Ok(command)
}

fn filter(data: &Data, files: usize, lines: u64, more: &[&str]) -> Result<Taken> {
    let list = data.list(lines)?;
    let mut command = ipcascade(data, files)?;
    command.args(["enrich", "--no-store", "--format", "ndjson"]);
    measure::run(command.args(more).arg(list))
}

fn plain_loop(data: &Data, files: usize, lines: u64) -> Result<Taken> {
    let list = data.list(lines)?;
    let mut command = Command::new(own_path()?);
    command.arg("limit-look-up");
    for file in data.mmdb()?.iter().take(files) {
        command.arg("--mmdb").arg(file);
    }
    measure::run(command.arg(list))
}

/// The inventory of a log; as the row before has left it.
fn inventory(data: &Data, events: u64) -> PathBuf {
    data.path(&format!("inventory-{events}.db"))
}

/// Removes a database of SQLite, with what stands beside it.
pub(crate) fn remove(database: &Path) -> Result<()> {
    for end in ["", "-wal", "-shm"] {
        let mut name = database.as_os_str().to_owned();
        name.push(end);
        match fs::remove_file(&name) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::file(name)(error));
            }
            _ => {}
        }
    }
    Ok(())
}

fn enrich(data: &Data, events: u64) -> Result<Taken> {
    let log = data.log(events)?;
    let mut command = ipcascade(data, 2)?;
    let url = format!("sqlite:///{}", inventory(data, events).display());
    command.arg("--db").arg(url).arg("enrich").arg(log);
    measure::run(&mut command)
}

fn enrich_empty(data: &Data, events: u64) -> Result<Taken> {
    remove(&inventory(data, events))?;
    enrich(data, events)
}

fn enrich_again(data: &Data, events: u64) -> Result<Taken> {
    if !inventory(data, events).exists() {
        enrich(data, events)?;
    }
    enrich(data, events)
}

fn raw_load(data: &Data, events: u64) -> Result<Taken> {
    let loaded = data.path("raw.db");
    remove(&loaded)?;
    let mut command = Command::new(own_path()?);
    command.arg("limit-sqlite-load");
    measure::run(command.arg(inventory(data, events)).arg(loaded))
}

fn read_alone(data: &Data, events: u64) -> Result<Taken> {
    let mut command = ipcascade(data, 2)?;
    command.args(["enrich", "--no-store", "--format", "ndjson"]);
    measure::run(command.arg(data.log(events)?))
}

fn read_rows(data: &Data, events: u64) -> Result<Taken> {
    let mut command = Command::new(own_path()?);
    command.arg("limit-sqlite-read");
    measure::run(command.arg(inventory(data, events)))
}
