//! Reverse DNS, with a server on loopback that loses packets, has lame zones, and is slow with some.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ipcascade_testkit::peers::dns::{DnsPeer, DnsReply};

use crate::bench::data::BenchInput;
use crate::bench::measure::{self, Measurement};
use crate::bench::program;
use crate::bench::row::{Bench, BenchRow, Need};
use crate::error::{Error, Result};

/// Blocks of five addresses: 10,000 names.
const MANY: u64 = 2_000;
/// 2,000 names.
const FEW: u64 = 400;
/// How long an answer takes.
const LATENCY: Duration = Duration::from_millis(5);
const LIMIT_IS: &str = "the time named as goal, not measured";

pub(super) const ROWS: &[BenchRow] = &[
    BenchRow {
        name: "ptr-loss",
        what: "10,000 names from a resolver on loopback, answers after 5 ms, of 100 packets one is lost",
        limit_is: LIMIT_IS,
        goal: Some(1.0),
        needs: &[Need::Data(BenchInput::Blocks(MANY))],
        ours: |bench| ask(bench, MANY, some_otherwise(100, &[99], DnsReply::Silence)),
        limit: |_| Ok(seconds(6)),
    },
    BenchRow {
        name: "ptr-lame",
        what: "2,000 names, 19 of 100 /24s without an answer",
        limit_is: LIMIT_IS,
        goal: Some(1.0),
        needs: &[Need::Data(BenchInput::Blocks(FEW))],
        ours: |bench| {
            ask(bench, FEW, |name| match block(name) % 100 {
                81.. => DnsReply::Silence,
                _ => answered_after(LATENCY),
            })
        },
        limit: |_| Ok(seconds(20)),
    },
    BenchRow {
        name: "ptr-slow",
        what: "10,000 names, of 1,000 three take 2.5 s",
        limit_is: LIMIT_IS,
        goal: Some(1.0),
        needs: &[Need::Data(BenchInput::Blocks(MANY))],
        ours: |bench| {
            let late = answered_after(Duration::from_millis(2_500));
            ask(bench, MANY, some_otherwise(1000, &[250, 500, 750], late))
        },
        limit: |_| Ok(seconds(6)),
    },
];

fn ask(
    bench: &Bench,
    blocks: u64,
    answer: impl Fn(&str) -> DnsReply + Send + Sync + 'static,
) -> Result<Measurement> {
    let list = bench.data.blocks(blocks)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let peer = runtime.block_on(DnsPeer::start(move |name, _| answer(name)));
    let (config, database) = (bench.data.path("ptr.toml"), bench.data.path("ptr.db"));
    crate::bench::files::remove(&database)?;
    let text = format!(
        "[store]\nurl = \"{}\"\n\n[[cascade.steps]]\nprovider = \"rdns\"\n\n\
         [providers.rdns]\nservers = [\"{}\"]\n",
        database.display(),
        peer.address
    );
    fs::write(&config, text).map_err(Error::file(&config))?;
    let mut command = program::ipcascade(&bench.data)?;
    command.arg("--config").arg(config).arg("enrich").arg(list);
    measure::run(&mut command)
}

/// Answers after the usual delay, except for these packets of each `many`, counted from 0.
fn some_otherwise(
    many: u64,
    packets: &'static [u64],
    otherwise: DnsReply,
) -> impl Fn(&str) -> DnsReply + Send + Sync {
    let count = AtomicU64::new(0);
    move |_| {
        let packet = count.fetch_add(1, Ordering::Relaxed) % many;
        match packets.contains(&packet) {
            true => otherwise.clone(),
            false => answered_after(LATENCY),
        }
    }
}

fn answered_after(delay: Duration) -> DnsReply {
    DnsReply::Late(delay, Box::new(DnsReply::names(&["host.example.net."])))
}

/// The number of the /24 of a name.
fn block(name: &str) -> u64 {
    let labels: Vec<&str> = name.split('.').collect();
    match labels.as_slice() {
        [_, c, b, ..] => [b, c].iter().fold(0, |number, octet| {
            number * 256 + octet.parse().unwrap_or(0_u64)
        }),
        _ => 0,
    }
}

fn seconds(seconds: u64) -> Measurement {
    Measurement {
        wall: Duration::from_secs(seconds),
        ..Measurement::default()
    }
}
