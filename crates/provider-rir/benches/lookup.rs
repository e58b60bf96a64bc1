//! How long it takes to read a file the size of the combined one, and to look addresses up in it.
#![expect(clippy::unwrap_used, reason = "nothing to measure without them")]

use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ipcascade_core::address::Address;
use ipcascade_core::provider::Provider;
use ipcascade_core::registry::ProviderSetup;
use ipcascade_core::settings::Settings;
use ipcascade_provider_rir::build;

const RANGES: u32 = 250_000;

/// A file of adjacent ranges of varying length, country and date.
fn sample() -> String {
    let mut text = "2.3|nro|20261105|250000|19830101|20261105|+0000\n".to_owned();
    let mut start = 0x0100_0000_u32;
    for index in 0..RANGES {
        let count = 256 * (1 + index % 40);
        let country = ["US", "DE", "JP", "BR", "ZA"][index as usize % 5];
        let (year, month) = (1985 + index % 40, 1 + index % 12);
        let day = 1 + index % 28;
        writeln!(
            text,
            "arin|{country}|ipv4|{}|{count}|{year}{month:02}{day:02}|allocated|{index:032x}",
            Ipv4Addr::from(start)
        )
        .unwrap();
        start = start.wrapping_add(count).max(0x0100_0000);
    }
    text
}

fn provider(settings: &Settings) -> Arc<dyn Provider> {
    match build(settings) {
        Ok(ProviderSetup::Ready(provider)) => provider,
        other => panic!("not ready: {other:?}"),
    }
}

fn lookups(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sample");
    std::fs::write(&path, sample()).unwrap();
    let settings = Settings::from_toml("providers.rir", &format!("files = [{path:?}]"));

    let mut group = criterion.benchmark_group("rir");
    group.sample_size(10);
    group.throughput(Throughput::Elements(RANGES.into()));
    group.bench_function("read a file", |bencher| {
        bencher.iter(|| provider(&settings))
    });

    let provider = provider(&settings);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let addresses: Vec<Address> = (0..4096_u32)
        .map(|index| Ipv4Addr::from(index.wrapping_mul(0x9e37_79b9)).into())
        .collect();
    group.throughput(Throughput::Elements(4096));
    group.bench_function("look up 4096 addresses", |bencher| {
        bencher.iter(|| runtime.block_on(provider.look_up(&addresses)));
    });
    group.finish();
}

criterion_group!(benches, lookups);
criterion_main!(benches);
