//! Checks every number.

use super::{postgres, sqlite};
use crate::bench::data::BenchInput;
use crate::bench::measure::Measurement;
use crate::bench::program;
use crate::bench::row::{Bench, BenchRow, Need};
use crate::error::Result;
use crate::limits::statements::StatementWork;
use crate::sql::sqlite_url;

const EVENTS: u64 = 1_000_000;
const LIMIT_IS: &str = "one statement for each invariant that SQL can say, over the same rows";

pub(super) const ROWS: &[BenchRow] = &[
    BenchRow {
        name: "verify-sqlite",
        what: "`verify` of the inventory of 1,000,000 events, SQLite",
        limit_is: LIMIT_IS,
        goal: None,
        needs: &[
            Need::Data(BenchInput::Mmdb),
            Need::Data(BenchInput::Log(EVENTS)),
        ],
        ours: |bench| verify(bench, &in_sqlite(bench)?),
        limit: |bench| program::statements(StatementWork::Verify, &in_sqlite(bench)?),
    },
    BenchRow {
        name: "verify-postgres",
        what: "the same, PostgreSQL",
        limit_is: LIMIT_IS,
        goal: None,
        needs: &[
            Need::Postgres,
            Need::Data(BenchInput::Mmdb),
            Need::Data(BenchInput::Log(EVENTS)),
        ],
        ours: |bench| verify(bench, &postgres::filled(bench)?),
        limit: |bench| program::statements(StatementWork::Verify, &postgres::filled(bench)?),
    },
];

fn in_sqlite(bench: &Bench) -> Result<String> {
    Ok(sqlite_url(&sqlite::filled(bench, EVENTS)?))
}

fn verify(bench: &Bench, url: &str) -> Result<Measurement> {
    program::on_database(&bench.data, url, &["verify"])
}
