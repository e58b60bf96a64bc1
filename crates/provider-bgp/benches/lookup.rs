//! How long it takes to read a routing table of 1,000,000 prefixes, as a pyasn file and as a dump of 10 peers, and to look
//! up addresses in it.
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
use ipcascade_core::{Address, Built, Provider, Settings};
use ipcascade_provider_bgp::build;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

const IPV4_PREFIXES: u32 = 800_000;
const IPV6_PREFIXES: u32 = 200_000;
const PEERS: u16 = 10;
const ADDRESSES: u32 = 4096;

/// Prefixes side by side, a tenth of them with one inside; and origins, as many as there are systems.
fn routes() -> impl Iterator<Item = (IpNet, u32)> {
    let ipv4 = (0..IPV4_PREFIXES).map(|index| {
        let length = if index % 10 == 0 { 23 } else { 24 };
        let address = Ipv4Addr::from(0x0100_0000 + index * 256);
        (Ipv4Net::new(address, length).unwrap().trunc().into(), index)
    });
    let ipv6 = (0..IPV6_PREFIXES).map(|index| {
        let address = (0x2001_u128 << 112) | (u128::from(index) << 80);
        let prefix = Ipv6Net::new(Ipv6Addr::from(address), 48).unwrap();
        (prefix.into(), index)
    });
    ipv4.chain(ipv6)
        .map(|(prefix, index)| (prefix, 1 + (index / 3).wrapping_mul(0x9e37_79b9) % 60_000))
        .map(|(prefix, asn)| (prefix, if asn == 23_456 { 1 } else { asn }))
}

/// Writes as it goes, so that what is freed again does not spoil the measure of memory.
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
            // How many peers see a prefix varies in practice, too.
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
        Ok(Built::Ready(provider)) => provider,
        other => panic!("not ready: {other:?}"),
    }
}

/// What the process has in memory beyond what it had, where the system says so.
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
    let ipv4 = |index: u32| {
        let place = index.wrapping_mul(0x9e37_79b9) % (IPV4_PREFIXES * 256);
        Ipv4Addr::from(0x0100_0000 + place).into()
    };
    let ipv6 = |index: u32| {
        let place = index.wrapping_mul(0x9e37_79b9) % IPV6_PREFIXES;
        Ipv6Addr::from((0x2001_u128 << 112) | (u128::from(place) << 80) | 1).into()
    };
    group.throughput(Throughput::Elements(ADDRESSES.into()));
    let ipv4: Vec<Address> = (0..ADDRESSES).map(ipv4).collect();
    let ipv6: Vec<Address> = (0..ADDRESSES).map(ipv6).collect();
    for (name, addresses) in [("IPv4", ipv4), ("IPv6", ipv6)] {
        group.bench_function(format!("look up 4096 {name} addresses"), |bencher| {
            bencher.iter(|| runtime.block_on(loaded.look_up(&addresses)));
        });
    }
    group.finish();
}

criterion_group!(benches, lookups);
criterion_main!(benches);
