//! A log into SQLite.

use std::fs;
use std::path::{Path, PathBuf};

use crate::bench::data::BenchInput;
use crate::bench::files::remove;
use crate::bench::measure::{self, Measurement};
use crate::bench::program;
use crate::bench::row::{Bench, BenchRow, Need};
use crate::error::{Error, Result};
use crate::limits::statements::StatementWork;
use crate::sql::sqlite_url;

pub(super) const ROWS: &[BenchRow] = &[
    BenchRow {
        name: "sqlite",
        what: "`enrich` of a Cowrie log of 1,000,000 events into an empty SQLite file",
        limit_is: "`INSERT … SELECT` of the same final rows into the same tables and indexes, one transaction",
        goal: Some(1.8),
        needs: &[
            Need::Data(BenchInput::Mmdb),
            Need::Data(BenchInput::Log(1_000_000)),
        ],
        ours: |bench| enrich_empty(bench, 1_000_000),
        limit: |bench| load_again(bench, 1_000_000),
    },
    BenchRow {
        name: "sqlite-small",
        what: "the same for 100,000 events",
        limit_is: "the same for its rows",
        goal: Some(1.8),
        needs: &[
            Need::Data(BenchInput::Mmdb),
            Need::Data(BenchInput::Log(100_000)),
        ],
        ours: |bench| enrich_empty(bench, 100_000),
        limit: |bench| load_again(bench, 100_000),
    },
    BenchRow {
        name: "sqlite-large",
        what: "the same for 5,000,000 events",
        limit_is: "the same for its rows",
        goal: Some(1.8),
        needs: &[
            Need::ToBeNamed,
            Need::Data(BenchInput::Mmdb),
            Need::Data(BenchInput::Log(5_000_000)),
        ],
        ours: |bench| enrich_empty(bench, 5_000_000),
        limit: |bench| load_again(bench, 5_000_000),
    },
    BenchRow {
        name: "sqlite-again",
        what: "the same 1,000,000 events again, all fresh",
        limit_is: "reading and looking them up alone (`--no-store`), and one read of all rows by their keys",
        goal: Some(1.5),
        needs: &[
            Need::Data(BenchInput::Mmdb),
            Need::Data(BenchInput::Log(1_000_000)),
        ],
        ours: |bench| {
            let inventory = filled(bench, 1_000_000)?;
            enrich(bench, 1_000_000, &inventory)
        },
        limit: |bench| {
            let rows = program::statements(
                StatementWork::Read,
                &sqlite_url(&inventory(bench, 1_000_000)),
            )?;
            Ok(read_alone(bench, 1_000_000)?.and(rows))
        },
    },
];

/// The path of a log's inventory.
fn inventory(bench: &Bench, events: u64) -> PathBuf {
    bench.data.path(&format!("inventory-{events}.db"))
}

/// The inventory of a log, filled unless an earlier row has done so.
pub(super) fn filled(bench: &Bench, events: u64) -> Result<PathBuf> {
    let inventory = inventory(bench, events);
    if !inventory.exists() {
        enrich_empty(bench, events)?;
    }
    Ok(inventory)
}

fn enrich(bench: &Bench, events: u64, database: &Path) -> Result<Measurement> {
    let data = &bench.data;
    let url = sqlite_url(database);
    program::enrich(data, &data.mmdb()?, &url, &data.log(events)?)
}

/// Recreates the inventory of a log, under another name until it is complete.
fn enrich_empty(bench: &Bench, events: u64) -> Result<Measurement> {
    let inventory = inventory(bench, events);
    let part = inventory.with_extension("part");
    for database in [&inventory, &part] {
        remove(database)?;
    }
    let taken = enrich(bench, events, &part)?;
    fs::rename(&part, &inventory).map_err(Error::file(&inventory))?;
    Ok(taken)
}

fn load_again(bench: &Bench, events: u64) -> Result<Measurement> {
    load(bench, &inventory(bench, events))
}

/// Loads the rows of an inventory into a new file.
pub(super) fn load(bench: &Bench, inventory: &Path) -> Result<Measurement> {
    let loaded = bench.data.path("raw.db");
    remove(&loaded)?;
    let mut command = program::limit("limit-sqlite-load")?;
    measure::run(command.arg(inventory).arg(loaded))
}

/// Reads a log and looks it up, without storing anything.
pub(super) fn read_alone(bench: &Bench, events: u64) -> Result<Measurement> {
    let data = &bench.data;
    program::filter(data, &data.mmdb()?, &data.log(events)?, &[])
}
