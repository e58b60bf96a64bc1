//! How fast addresses are looked up: batches of 4096 over an ASN and a city file, where the records have been seen
//! before (`known records`) and where each has to be decoded (`new records`).
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark ends at what it did not expect"
)]

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use ipcascade_core::address::Address;
use ipcascade_core::provider::Provider;
use ipcascade_core::registry::ProviderSetup;
use ipcascade_core::settings::Settings;
use ipcascade_provider_maxmind::FACTORY;
use maxminddb_writer::Database;
use maxminddb_writer::metadata::IpVersion;
use maxminddb_writer::paths::IpAddrWithMask;
use serde_json::{Value, json};

const BATCH: u32 = 4096;
/// Networks of /24, fewer than the cache has room for.
const NETWORKS: u32 = 8192;

fn write(path: &Path, record: impl Fn(u32) -> Value) {
    let mut database = Database::default();
    database.metadata.ip_version = IpVersion::V6;
    database.metadata.binary_format_major_version = 2;
    for network in 0..NETWORKS {
        let data = database.insert_value(record(network)).unwrap();
        let address = Ipv6Addr::from(u128::from(start(network)));
        database.insert_node(IpAddrWithMask::new(IpAddr::V6(address), 120), data);
    }
    std::fs::write(path, database.write_to(Vec::new()).unwrap()).unwrap();
}

const fn start(network: u32) -> u32 {
    0x0800_0000 + network * 0x1_0100
}

fn files(folder: &Path) -> [PathBuf; 2] {
    let files = [folder.join("asn.mmdb"), folder.join("city.mmdb")];
    write(&files[0], |network| {
        json!({
            "autonomous_system_number": network % 2000 + 1,
            "autonomous_system_organization": format!("Organisation {network}"),
        })
    });
    write(&files[1], |network| {
        json!({
            "city": {"names": {"de": "Stadt", "en": format!("City {network}"), "fr": "Ville"}},
            "continent": {"code": "EU", "names": {"en": "Europe"}},
            "country": {"iso_code": "DE", "names": {"de": "Deutschland", "en": "Germany"}},
            "location": {"accuracy_radius": 20, "latitude": 51.3, "longitude": 12.4},
            "registered_country": {"iso_code": "DE", "names": {"en": "Germany"}},
        })
    });
    files
}

fn open(files: &[PathBuf]) -> Arc<dyn Provider> {
    let settings = Settings::from_toml("providers.maxmind", &format!("files = {files:?}"));
    match (FACTORY.build)(&settings).unwrap() {
        ProviderSetup::Ready(provider) => provider,
        ProviderSetup::Unconfigured(hint) => panic!("{hint}"),
    }
}

fn lookup(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let files = files(folder.path());
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let batch: Vec<Address> = (0..BATCH)
        .map(|index| Ipv4Addr::from(start(index * 5 % NETWORKS) + index % 256).into())
        .collect();
    let mut group = criterion.benchmark_group("lookup");
    group.throughput(Throughput::Elements(BATCH.into()));
    let provider = open(&files);
    group.bench_function("known records", |bencher| {
        bencher.iter(|| runtime.block_on(provider.look_up(black_box(&batch))));
    });
    group.bench_function("new records", |bencher| {
        bencher.iter_batched(
            || open(&files),
            |provider| runtime.block_on(provider.look_up(black_box(&batch))),
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

criterion_group!(benches, lookup);
criterion_main!(benches);
