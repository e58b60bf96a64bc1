//! How long it takes to read a routing table of 1,000,000 prefixes, as a pyasn file and as a dump of 10 peers, and to
//! look up addresses in it.
//!
//! On two cores of a shared machine: 1.2 to 1.9 s for the pyasn file and 7.0 s for the dump (8.5 million routes); 4.0
//! million IPv4 and 2.8 million IPv6 addresses a second; 42 MB of memory. With 500,000 payloads, which are dropped once
//! the table is built: 74 MB, and 203 MB while reading.
#![expect(clippy::unwrap_used, reason = "nothing to measure without them")]

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::sync::Arc;

use bgpkit_parser::models::{
    AsPath, Asn, AttributeValue, Attributes, CommonHeader, EntryType, MrtMessage, NetworkPrefix,
    Origin, Peer, PeerIndexTable, RibAfiEntries, RibEntry, TableDumpV2Message, TableDumpV2Type,
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ipcascade_core::address::Address;
use ipcascade_core::provider::Provider;
use ipcascade_core::registry::ProviderSetup;
use ipcascade_core::settings::Settings;
use ipcascade_provider_bgp::build;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

const IPV4_PREFIXES: u32 = 800_000;
const IPV6_PREFIXES: u32 = 200_000;
const PEERS: u16 = 10;
const ADDRESSES: u32 = 4096;

/// Prefixes scattered over the whole address space, which takes more memory than real ones do, in the order of a dump;
/// and 60,000 origins.
fn routes() -> Vec<(IpNet, u32)> {
    let ipv4 = (0..IPV4_PREFIXES).map(|index| {
        let address = Ipv4Addr::from(scattered(index) | 0x0100_0000);
        let length = if index % 10 == 0 { 22 } else { 24 };
        Ipv4Net::new(address, length).unwrap().trunc().into()
    });
    let ipv6 = (0..IPV6_PREFIXES).map(|index| {
        let address = 0x2_u128 << 124 | u128::from(scattered(index)) << 88;
        let length = if index % 10 == 0 { 32 } else { 48 };
        let prefix = Ipv6Net::new(Ipv6Addr::from(address), length).unwrap();
        prefix.trunc().into()
    });
    let mut prefixes: Vec<IpNet> = ipv4.chain(ipv6).collect();
    prefixes.sort_unstable();
    prefixes.dedup();
    let origin = |index: u32| match 1 + scattered(index / 3) % 60_000 {
        23_456 => 1,
        asn => asn,
    };
    let origins = (0..).map(origin);
    prefixes.into_iter().zip(origins).collect()
}

const fn scattered(index: u32) -> u32 {
    index.wrapping_mul(0x9e37_79b9)
}

/// Writes incrementally, so that freed memory does not distort the measurement.
fn write_text(path: &Path) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    for (prefix, asn) in routes() {
        writeln!(file, "{prefix}\t{asn}").unwrap();
    }
    file.flush().unwrap();
}

fn write_dump(path: &Path) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    let mut peers = PeerIndexTable::default();
    for peer in 1..=u32::from(PEERS) {
        let address = Ipv4Addr::from(0xc633_6400 + peer);
        let asn = Asn::new_32bit(65_536 + peer);
        peers
            .add_peer(Peer::new(address, address.into(), asn))
            .unwrap();
    }
    let peers = TableDumpV2Message::PeerIndexTable(peers);
    file.write_all(&record(peers)).unwrap();
    for (sequence, (prefix, asn)) in (0..).zip(routes()) {
        let entry = |peer: u16| RibEntry {
            peer_index: peer,
            originated_time: 0,
            path_id: None,
            attributes: attributes(asn),
        };
        let is_ipv4 = matches!(prefix, IpNet::V4(_));
        let routes = TableDumpV2Message::RibAfi(RibAfiEntries {
            rib_type: match is_ipv4 {
                true => TableDumpV2Type::RibIpv4Unicast,
                false => TableDumpV2Type::RibIpv6Unicast,
            },
            sequence_number: sequence,
            prefix: NetworkPrefix::new(prefix, None),
            // The number of peers that see a prefix varies in practice, too.
            rib_entries: (0..PEERS - u16::try_from(sequence % 4).unwrap())
                .map(entry)
                .collect(),
        });
        file.write_all(&record(routes)).unwrap();
    }
    file.flush().unwrap();
}

fn attributes(asn: u32) -> Attributes {
    let mut attributes = Attributes::default();
    for value in [
        AttributeValue::Origin(Origin::IGP),
        AttributeValue::AsPath(AsPath::from_sequence([65_537, 3356, 1299, asn])),
        AttributeValue::NextHop(Ipv4Addr::new(198, 51, 100, 1).into()),
    ] {
        attributes.add_attr(value.into());
    }
    attributes
}

fn record(message: TableDumpV2Message) -> Vec<u8> {
    let subtype = message.dump_type().into();
    let body = MrtMessage::TableDumpV2Message(message)
        .encode(subtype)
        .unwrap();
    let header = CommonHeader {
        timestamp: 1_793_865_600,
        microsecond_timestamp: None,
        entry_type: EntryType::TABLE_DUMP_V2,
        entry_subtype: subtype,
        length: body.len().try_into().unwrap(),
    };
    [&header.encode()[..], &body].concat()
}

fn provider(path: &Path) -> Arc<dyn Provider> {
    let settings = Settings::from_toml("providers.bgp", &format!("files = [{path:?}]"));
    match build(&settings) {
        Ok(ProviderSetup::Ready(provider)) => provider,
        other => panic!("not ready: {other:?}"),
    }
}

/// How much memory the process has beyond its first measurement, where the operating system reports it.
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

fn lookups(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let (as_text, as_dump) = (folder.path().join("text"), folder.path().join("dump"));
    write_text(&as_text);
    write_dump(&as_dump);

    let before = resident();
    let loaded = provider(&as_dump);
    if let (Some(before), Some(after)) = (before, resident()) {
        eprintln!(
            "bgp: a dump, read, takes {} MB",
            after.saturating_sub(before) / 1024
        );
    }

    let mut group = criterion.benchmark_group("bgp");
    group.sample_size(10);
    group.throughput(Throughput::Elements((IPV4_PREFIXES + IPV6_PREFIXES).into()));
    group.bench_function("read a pyasn file", |bencher| {
        bencher.iter(|| provider(&as_text))
    });
    group.bench_function("read a dump", |bencher| bencher.iter(|| provider(&as_dump)));

    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let routes = routes();
    let in_prefix = |(prefix, _): &(IpNet, u32)| Address::from(prefix.broadcast());
    let some = |is_ipv4: bool| -> Vec<Address> {
        let of_family = routes
            .iter()
            .filter(|(prefix, _)| prefix.addr().is_ipv4() == is_ipv4);
        let of_family: Vec<Address> = of_family.map(in_prefix).collect();
        let place = |index| scattered(index) as usize % of_family.len();
        (0..ADDRESSES)
            .map(|index| of_family[place(index)])
            .collect()
    };
    group.throughput(Throughput::Elements(ADDRESSES.into()));
    let (ipv4, ipv6) = (some(true), some(false));
    for (name, addresses) in [("IPv4", ipv4), ("IPv6", ipv6)] {
        group.bench_function(format!("look up 4096 {name} addresses"), |bencher| {
            bencher.iter(|| runtime.block_on(loaded.look_up(&addresses)));
        });
    }
    group.finish();
}

criterion_group!(benches, lookups);
criterion_main!(benches);
