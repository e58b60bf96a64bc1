//! Look-ups over DNS, with a server on loopback that answers after a delay.

use std::fs;
use std::time::Duration;

use ipcascade_testkit::peers::dns::{DnsPeer, DnsReply};

use crate::bench::data::BenchInput;
use crate::bench::measure::{self, Measurement};
use crate::bench::program;
use crate::bench::row::{Bench, BenchRow, Need};
use crate::error::{Error, Result};

/// Blocks of addresses; each takes one question.
const BLOCKS: u64 = 10_000;
/// ASes; each takes one more.
const SYSTEMS: u64 = 100;
/// Concurrent questions, as many as by default.
const CONCURRENCY: u32 = 32;
const LIMIT_IS: &str = "questions × latency ÷ concurrency, worked out";

pub(super) const ROWS: &[BenchRow] = &[
    BenchRow {
        name: "dns-5ms",
        what: "50,000 addresses in 10,000 /24s of 100 autonomous systems from Team Cymru's zone, on loopback, answers after 5 ms",
        limit_is: LIMIT_IS,
        goal: None,
        needs: &[Need::Data(BenchInput::Blocks(BLOCKS))],
        ours: |bench| ask(bench, 5),
        limit: |bench| Ok(worked_out(bench, 5)),
    },
    BenchRow {
        name: "dns-20ms",
        what: "the same, answers after 20 ms",
        limit_is: LIMIT_IS,
        goal: None,
        needs: &[Need::Data(BenchInput::Blocks(BLOCKS))],
        ours: |bench| ask(bench, 20),
        limit: |bench| Ok(worked_out(bench, 20)),
    },
    BenchRow {
        name: "dns-100ms",
        what: "the same, answers after 100 ms",
        limit_is: LIMIT_IS,
        goal: None,
        needs: &[Need::Data(BenchInput::Blocks(BLOCKS))],
        ours: |bench| ask(bench, 100),
        limit: |bench| Ok(worked_out(bench, 100)),
    },
];

fn ask(bench: &Bench, milliseconds: u64) -> Result<Measurement> {
    let list = bench.data.blocks(BLOCKS)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let delay = Duration::from_millis(milliseconds);
    let peer = runtime.block_on(DnsPeer::start(move |name, _| answer(name, delay)));
    let config = bench.data.path("dns.toml");
    // No other source is asked: there is no other step, and no other transport.
    let text = format!(
        "[[cascade.steps]]\nprovider = \"cymru\"\n\n\
         [providers.cymru]\nmode = \"dns\"\n\n\
         [providers.cymru.dns]\nservers = [\"{}\"]\nconcurrency = {CONCURRENCY}\n",
        peer.address
    );
    fs::write(&config, text).map_err(Error::file(&config))?;
    let mut command = program::ipcascade(&bench.data)?;
    command.arg("--config").arg(config);
    command.args(["enrich", "--no-store", "--format", "ndjson"]);
    let taken = measure::run(command.arg(list))?;
    let asked = peer.asked().len();
    if asked < usize::try_from(questions(bench)).unwrap_or(usize::MAX) {
        return Err(Error::Request(format!("only {asked} questions were asked")));
    }
    Ok(taken)
}

/// The zone's answer for a name.
fn answer(name: &str, delay: Duration) -> DnsReply {
    let labels: Vec<&str> = name.split('.').collect();
    let text = match labels.as_slice() {
        [c, b, a, "origin", ..] | [_, c, b, a, "origin", ..] => {
            let block = [b, c].map(|octet| octet.parse().unwrap_or(0_u64));
            let asn = 204_500 + (block[0] * 256 + block[1]) % SYSTEMS;
            format!("{asn} | {a}.{b}.{c}.0/24 | DE | ripencc | 2001-01-01")
        }
        [system, ..] => {
            let number = system.trim_start_matches("as");
            format!("{number} | DE | ripencc | 2001-01-01 | NET-{number}, DE")
        }
        [] => return DnsReply::NoName,
    };
    DnsReply::Late(delay, Box::new(DnsReply::texts(&[&text])))
}

fn questions(bench: &Bench) -> u64 {
    bench.data.scaled(BLOCKS) + SYSTEMS
}

fn worked_out(bench: &Bench, milliseconds: u64) -> Measurement {
    let sum = Duration::from_millis(milliseconds * questions(bench));
    Measurement {
        wall: sum / CONCURRENCY,
        ..Measurement::default()
    }
}
