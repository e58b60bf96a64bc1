//! Repeats look-ups after the MMDB files were replaced by later ones.

use crate::bench::data::BenchInput;
use crate::bench::files::remove;
use crate::bench::measure::{self, Measurement};
use crate::bench::program;
use crate::bench::row::{Bench, BenchRow, Need};
use crate::error::Result;
use crate::sql::sqlite_url;

const ADDRESSES: u64 = 100_000;
const LIMIT_IS: &str = "`enrich` of the same addresses into an empty one";

pub(super) const ROWS: &[BenchRow] = &[
    BenchRow {
        name: "refresh-sqlite",
        what: "`refresh` of 100,000 addresses after new editions of the AS and the city file, SQLite",
        limit_is: LIMIT_IS,
        goal: Some(1.5),
        needs: &[
            Need::Data(BenchInput::Mmdb),
            Need::Data(BenchInput::NextMmdb),
            Need::Data(BenchInput::Addresses(ADDRESSES)),
        ],
        ours: |bench| {
            let url = empty_sqlite(bench)?;
            fill(bench, &url)?;
            refresh(bench, &url)
        },
        limit: |bench| anew(bench, &empty_sqlite(bench)?),
    },
    BenchRow {
        name: "refresh-postgres",
        what: "the same, PostgreSQL",
        limit_is: LIMIT_IS,
        goal: Some(1.5),
        needs: &[
            Need::Postgres,
            Need::Data(BenchInput::Mmdb),
            Need::Data(BenchInput::NextMmdb),
            Need::Data(BenchInput::Addresses(ADDRESSES)),
        ],
        ours: |bench| {
            let url = empty_postgres(bench)?;
            fill(bench, &url)?;
            bench.postgres()?.settle()?;
            refresh(bench, &url)
        },
        limit: |bench| anew(bench, &empty_postgres(bench)?),
    },
];

fn empty_sqlite(bench: &Bench) -> Result<String> {
    let path = bench.data.path("refreshed.db");
    remove(&path)?;
    Ok(sqlite_url(&path))
}

fn empty_postgres(bench: &Bench) -> Result<String> {
    let server = bench.postgres()?;
    let url = server.create("refreshed", None)?;
    server.settle()?;
    Ok(url)
}

/// Enriches with the files that will become outdated.
fn fill(bench: &Bench, url: &str) -> Result<Measurement> {
    let data = &bench.data;
    program::enrich(data, &data.mmdb()?, url, &data.addresses(ADDRESSES)?)
}

fn refresh(bench: &Bench, url: &str) -> Result<Measurement> {
    let data = &bench.data;
    let mut command = program::offline(data, &data.next_mmdb()?)?;
    measure::run(command.args(["--db", url, "refresh"]))
}

fn anew(bench: &Bench, url: &str) -> Result<Measurement> {
    let data = &bench.data;
    program::enrich(data, &data.next_mmdb()?, url, &data.addresses(ADDRESSES)?)
}
