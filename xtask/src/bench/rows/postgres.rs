//! The same log into PostgreSQL.

use std::fs;

use super::sqlite::read_alone;
use crate::bench::data::BenchInput;
use crate::bench::measure::{self, Measurement};
use crate::bench::program;
use crate::bench::row::{Bench, BenchRow, Need};
use crate::error::{Error, Result};
use crate::limits::statements::StatementWork;
use crate::limits::{TABLES, load::export};
use crate::sql;

const EVENTS: u64 = 1_000_000;
const INVENTORY: &str = "inventory";

pub(super) const ROWS: &[BenchRow] = &[
    BenchRow {
        name: "postgres",
        what: "`enrich` of a Cowrie log of 1,000,000 events into an empty PostgreSQL database",
        limit_is: "`COPY` of the same final rows into the same tables, indexes and foreign keys, one transaction",
        goal: Some(1.2),
        needs: &[
            Need::Postgres,
            Need::Data(BenchInput::Mmdb),
            Need::Data(BenchInput::Log(EVENTS)),
        ],
        ours: enrich_empty,
        limit: |bench| load(bench, INVENTORY),
    },
    BenchRow {
        name: "postgres-again",
        what: "the same events again, all fresh",
        limit_is: "reading and looking them up alone (`--no-store`), and one read of all rows by their keys",
        goal: Some(1.5),
        needs: &[
            Need::Postgres,
            Need::Data(BenchInput::Mmdb),
            Need::Data(BenchInput::Log(EVENTS)),
        ],
        ours: |bench| {
            let url = filled(bench)?;
            enrich(bench, &url)
        },
        limit: |bench| {
            let url = bench.postgres()?.url(INVENTORY);
            Ok(read_alone(bench, EVENTS)?.and(program::statements(StatementWork::Read, &url)?))
        },
    },
];

/// The URL of the log's inventory, filled unless an earlier row has done so.
pub(super) fn filled(bench: &Bench) -> Result<String> {
    let server = bench.postgres()?;
    if !server.has(INVENTORY)? {
        enrich_empty(bench)?;
    }
    Ok(server.url(INVENTORY))
}

fn enrich_empty(bench: &Bench) -> Result<Measurement> {
    let url = bench.postgres()?.create(INVENTORY, None)?;
    enrich(bench, &url)
}

fn enrich(bench: &Bench, url: &str) -> Result<Measurement> {
    let data = &bench.data;
    bench.postgres()?.settle()?;
    program::enrich(data, &data.mmdb()?, url, &data.log(EVENTS)?)
}

/// Loads the rows of a database into the emptied tables of a copy of it.
pub(super) fn load(bench: &Bench, database: &str) -> Result<Measurement> {
    let server = bench.postgres()?;
    let folder = bench.data.path("copy");
    fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
    export(&server.url(database), &folder)?;
    let url = server.create("raw", Some(database))?;
    let names = TABLES.map(|(table, _, _)| table);
    let mut statements = names
        .map(|table| format!("ALTER TABLE {table} DISABLE TRIGGER USER"))
        .to_vec();
    statements.push(format!("TRUNCATE {}", names.join(", ")));
    sql::execute(&url, &statements)?;
    server.settle()?;
    let mut command = program::limit("limit-postgres-load")?;
    measure::run(command.arg(folder).arg(url))
}
