//! Looks addresses up without storing anything.

use crate::bench::data::BenchInput;
use crate::bench::measure::{self, Measurement};
use crate::bench::program;
use crate::bench::row::{Bench, BenchRow, Need};
use crate::error::Result;

/// An address that the file has a record for.
const ADDRESS: &str = "28.232.236.169";
/// How often the program starts.
const STARTS: usize = 100;

pub(super) const ROWS: &[BenchRow] = &[
    BenchRow {
        name: "look-up-one-worker",
        what: "`enrich --no-store --workers 1`, AS file, list of 2,000,000 addresses",
        limit_is: "a plain loop that decodes each record anew and writes the same bytes",
        goal: Some(1.0),
        needs: &[
            Need::Data(BenchInput::Mmdb),
            Need::Data(BenchInput::List(2_000_000)),
        ],
        ours: |bench| filter(bench, 1, 2_000_000, &["--workers", "1"]),
        limit: |bench| plain_loop(bench, 1, 2_000_000, &[]),
    },
    BenchRow {
        name: "look-up",
        what: "the same with all workers",
        limit_is: "the same plain loop",
        goal: Some(0.6),
        needs: &[
            Need::Data(BenchInput::Mmdb),
            Need::Data(BenchInput::List(2_000_000)),
        ],
        ours: |bench| filter(bench, 1, 2_000_000, &[]),
        limit: |bench| plain_loop(bench, 1, 2_000_000, &[]),
    },
    BenchRow {
        name: "look-up-kept",
        what: "the same",
        limit_is: "a plain loop that keeps what it has written of each record",
        goal: None,
        needs: &[
            Need::Data(BenchInput::Mmdb),
            Need::Data(BenchInput::List(2_000_000)),
        ],
        ours: |bench| filter(bench, 1, 2_000_000, &[]),
        limit: |bench| plain_loop(bench, 1, 2_000_000, &["--keep"]),
    },
    BenchRow {
        name: "look-up-long",
        what: "the same with a list of 10,000,000 addresses",
        limit_is: "the plain loop, which reads the list as a whole",
        goal: Some(0.6),
        needs: &[
            Need::Data(BenchInput::Mmdb),
            Need::Data(BenchInput::List(10_000_000)),
        ],
        ours: |bench| filter(bench, 1, 10_000_000, &[]),
        limit: |bench| plain_loop(bench, 1, 10_000_000, &[]),
    },
    BenchRow {
        name: "look-up-city",
        what: "`enrich --no-store`, AS and city file, list of 500,000 addresses",
        limit_is: "the same plain loop over both files",
        goal: Some(0.6),
        needs: &[
            Need::Data(BenchInput::Mmdb),
            Need::Data(BenchInput::List(500_000)),
        ],
        ours: |bench| filter(bench, 2, 500_000, &[]),
        limit: |bench| plain_loop(bench, 2, 500_000, &[]),
    },
    BenchRow {
        name: "lookup-start",
        what: "`lookup` of one address with the AS file, 100 times",
        limit_is: "a program that maps the file into memory and prints the record, 100 times",
        goal: None,
        needs: &[Need::Data(BenchInput::Mmdb)],
        ours: |bench| repeated(|| look_one_up(bench)),
        limit: |bench| repeated(|| open_and_print(bench)),
    },
];

fn filter(bench: &Bench, files: usize, lines: u64, more: &[&str]) -> Result<Measurement> {
    let data = &bench.data;
    program::filter(data, &data.mmdb()?[..files], &data.list(lines)?, more)
}

fn plain_loop(bench: &Bench, files: usize, lines: u64, more: &[&str]) -> Result<Measurement> {
    let mut command = program::limit("limit-look-up")?;
    for file in bench.data.mmdb()?.iter().take(files) {
        command.arg("--mmdb").arg(file);
    }
    measure::run(command.args(more).arg(bench.data.list(lines)?))
}

fn repeated(run: impl Fn() -> Result<Measurement>) -> Result<Measurement> {
    (0..STARTS).try_fold(Measurement::default(), |sum, _| Ok(sum.and(run()?)))
}

fn look_one_up(bench: &Bench) -> Result<Measurement> {
    let [asn, _] = bench.data.mmdb()?;
    measure::run(program::offline(&bench.data, &[asn])?.args(["lookup", ADDRESS]))
}

fn open_and_print(bench: &Bench) -> Result<Measurement> {
    let [asn, _] = bench.data.mmdb()?;
    let mut command = program::limit("limit-one-address")?;
    measure::run(command.arg("--mmdb").arg(asn).arg(ADDRESS))
}
