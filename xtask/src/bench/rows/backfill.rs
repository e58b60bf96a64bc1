//! Builds the AS rows of a database that the previous program left.

use std::fs;
use std::path::PathBuf;

use crate::bench::data::{BenchInput, SEED};
use crate::bench::files::remove;
use crate::bench::measure::Measurement;
use crate::bench::program;
use crate::bench::row::{Bench, BenchRow, Need};
use crate::deployed::fill_postgres;
use crate::error::{Error, Result};
use crate::limits::statements::StatementWork;
use crate::sql::{self, sqlite_url};

const ADDRESSES: u64 = 1_000_000;
const ADOPTED: &str = "adopted";
const LIMIT_IS: &str =
    "one `INSERT … SELECT … GROUP BY`, with the most frequent names and without triggers";

pub(super) const ROWS: &[BenchRow] = &[
    BenchRow {
        name: "backfill-sqlite",
        what: "`backfill` of an adopted SQLite file of 1,000,000 addresses",
        limit_is: LIMIT_IS,
        goal: Some(1.0),
        needs: &[Need::Data(BenchInput::Deployed(ADDRESSES))],
        ours: |bench| backfill(bench, &sqlite_url(&in_sqlite(bench)?)),
        limit: |bench| {
            let file = in_sqlite(bench)?;
            sql::drop_triggers(&file)?;
            program::statements(StatementWork::Backfill, &sqlite_url(&file))
        },
    },
    BenchRow {
        name: "backfill-postgres",
        what: "the same, PostgreSQL",
        limit_is: LIMIT_IS,
        goal: Some(0.7),
        needs: &[Need::Postgres],
        ours: |bench| backfill(bench, &in_postgres(bench, true)?),
        limit: |bench| program::statements(StatementWork::Backfill, &in_postgres(bench, false)?),
    },
];

fn backfill(bench: &Bench, url: &str) -> Result<Measurement> {
    program::on_database(&bench.data, url, &["backfill"])
}

/// A copy of the adopted file.
fn in_sqlite(bench: &Bench) -> Result<PathBuf> {
    let deployed = bench.data.deployed(ADDRESSES)?;
    let adopted = bench.data.made("adopted.db", |path| {
        fs::copy(&deployed, path).map_err(Error::file(path))?;
        Ok(())
    })?;
    let copy = bench.data.path("backfilled.db");
    // Nothing is left to do, unless the program has changed.
    program::on_database(&bench.data, &sqlite_url(&adopted), &["migrate"])?;
    remove(&copy)?;
    fs::copy(&adopted, &copy).map_err(Error::file(&copy))?;
    Ok(copy)
}

/// A copy of the adopted database.
fn in_postgres(bench: &Bench, with_triggers: bool) -> Result<String> {
    let server = bench.postgres()?;
    if !server.has(ADOPTED)? {
        let url = server.create(ADOPTED, None)?;
        fill_postgres(&url, bench.data.scaled(ADDRESSES), SEED)?;
        program::on_database(&bench.data, &url, &["migrate"])?;
    }
    let url = server.create("backfilled", Some(ADOPTED))?;
    if !with_triggers {
        let without = "ALTER TABLE asn_inventory DISABLE TRIGGER USER";
        sql::execute(&url, &[without.to_owned()])?;
    }
    server.settle()?;
    Ok(url)
}
