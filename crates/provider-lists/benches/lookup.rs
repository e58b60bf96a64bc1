//! How long it takes to read ten million prefixes, how much memory they take, and how many look-ups a second are
//! possible.
//!
//! ```text
//! cargo bench -p ipcascade-provider-lists
//! ```
//!
//! On 2 idle cores: read in 4.1 s, 158 MiB for the whole process, 1.15 million look-ups a second of addresses on the
//! list and 1.56 million of random ones. With a build on one of the cores: 0.99 and 1.08 million. Without the index of
//! the first 16 bits: 0.56 and 0.48 million.
#![expect(clippy::unwrap_used, reason = "nothing to measure without them")]

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Instant;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ipcascade_core::address::Address;
use ipcascade_core::provider::Provider;
use ipcascade_core::registry::ProviderSetup;
use ipcascade_core::settings::Settings;
use ipcascade_provider_lists::build;

const PREFIXES: u32 = 10_000_000;
const ASKED: u32 = 65_536;

/// Distinct numbers in no particular order.
fn scattered(index: u32) -> u32 {
    index.wrapping_mul(0x9e37_79b9)
}

/// Writes addresses, every tenth as a /24.
fn write_list(path: &std::path::Path) {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).unwrap());
    let mut line = String::new();
    for index in 0..PREFIXES {
        line.clear();
        let address = Ipv4Addr::from(scattered(index));
        match index % 10 {
            0 => writeln!(line, "{address}/24").unwrap(),
            _ => writeln!(line, "{address}").unwrap(),
        }
        file.write_all(line.as_bytes()).unwrap();
    }
    file.flush().unwrap();
}

fn provider(settings: &Settings) -> Arc<dyn Provider> {
    match build(settings) {
        Ok(ProviderSetup::Ready(provider)) => provider,
        other => panic!("not ready: {other:?}"),
    }
}

/// A figure of this process, in MiB.
fn memory(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(name));
    let figure = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    figure.unwrap_or_default() / 1024
}

fn lookups(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.txt");
    write_list(&path);
    let list =
        format!("[[list]]\nname = \"ten\"\nfiles = [{path:?}]\nfields = {{ is_tor = true }}");
    let settings = Settings::from_toml("providers.lists", &list);
    let before = Instant::now();
    let provider = provider(&settings);
    println!(
        "{PREFIXES} prefixes: read in {:.1} s, {} MiB resident, {} MiB at most",
        before.elapsed().as_secs_f64(),
        memory("VmRSS:"),
        memory("VmHWM:")
    );

    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let mut group = criterion.benchmark_group("lists");
    group.throughput(Throughput::Elements(ASKED.into()));
    let addresses = |of: &dyn Fn(u32) -> u32| -> Vec<Address> {
        let addresses = (0..ASKED).map(of).map(Ipv4Addr::from);
        addresses.map(Address::from).collect()
    };
    for (name, addresses) in [
        (
            "addresses on the list",
            addresses(&|index| scattered(index.wrapping_mul(151))),
        ),
        (
            "any addresses",
            addresses(&|index| scattered(index).wrapping_mul(0x85eb_ca6b)),
        ),
    ] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| runtime.block_on(provider.look_up(&addresses)));
        });
    }
    group.finish();
}

criterion_group!(benches, lookups);
criterion_main!(benches);
