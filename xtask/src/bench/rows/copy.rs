//! Copies an inventory from one kind of database to the other.

use super::{postgres, sqlite};
use crate::bench::data::BenchInput;
use crate::bench::measure::{self, Measurement};
use crate::bench::program;
use crate::bench::row::{Bench, BenchRow, Need};
use crate::error::Result;
use crate::sql::sqlite_url;

const EVENTS: u64 = 1_000_000;
/// The copy, in PostgreSQL and as a file.
const COPIED: &str = "copied";

pub(super) const ROWS: &[BenchRow] = &[
    BenchRow {
        name: "copy-to-postgres",
        what: "`copy` of the inventory of 1,000,000 events from SQLite into an empty PostgreSQL database, compared row by row",
        limit_is: "`COPY` of the same rows into the same tables, indexes and foreign keys, one transaction",
        goal: Some(2.0),
        needs: &[
            Need::Postgres,
            Need::Data(BenchInput::Mmdb),
            Need::Data(BenchInput::Log(EVENTS)),
        ],
        ours: to_postgres,
        limit: |bench| postgres::load(bench, COPIED),
    },
    BenchRow {
        name: "copy-to-sqlite",
        what: "the same from PostgreSQL into an empty SQLite file",
        limit_is: "`INSERT … SELECT` of the same rows into the same tables and indexes, one transaction",
        goal: Some(2.0),
        needs: &[
            Need::Postgres,
            Need::Data(BenchInput::Mmdb),
            Need::Data(BenchInput::Log(EVENTS)),
        ],
        ours: to_sqlite,
        limit: |bench| sqlite::load(bench, &bench.data.path("copied.db")),
    },
];

fn to_postgres(bench: &Bench) -> Result<Measurement> {
    let from = sqlite::filled(bench, EVENTS)?;
    let server = bench.postgres()?;
    let to = server.create(COPIED, None)?;
    server.settle()?;
    copy(bench, &sqlite_url(&from), &to)
}

fn to_sqlite(bench: &Bench) -> Result<Measurement> {
    let from = postgres::filled(bench)?;
    let to = bench.data.path("copied.db");
    crate::bench::files::remove(&to)?;
    copy(bench, &from, &sqlite_url(&to))
}

fn copy(bench: &Bench, from: &str, to: &str) -> Result<Measurement> {
    let mut command = program::offline(&bench.data, &[])?;
    measure::run(command.args(["copy", "--from", from, "--to", to]))
}
