//! Cowrie logs and MMDB files over the same generated networks.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;

use ipcascade_testkit::program::Sandbox;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use xtask::cowrie::{Spec, Stream, global_first_octet};
use xtask::mmdb::{BUILD_EPOCH, CityRecord, GeoLiteAsn, build, build_at};
use xtask::prefixes::countries;
use xtask::rng::mix;

/// Networks with addresses; each has at least 65,536.
const NETWORKS: u64 = 150;
/// ASes, fewer than networks.
const SYSTEMS: u64 = 60;
/// 2026-02-01, before the sandbox's current time.
const BEGIN: i64 = 1_769_904_000_000_000;

/// One log.
#[derive(Clone, Copy, Debug)]
pub struct LogSpec {
    /// Lines.
    pub events: u64,
    /// Distinct addresses.
    pub addresses: u64,
    /// Where its addresses begin in the sequence of all addresses: logs with close offsets share addresses.
    pub offset: u64,
    /// Logs with different numbers share no session.
    pub number: u64,
}

/// Writes inputs into a sandbox.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a>(pub &'a Sandbox);

impl Inputs<'_> {
    /// A file in the layout of GeoLite2-ASN. In a later edition most networks belong to another AS.
    pub fn asn_file(self, name: &str, edition: u64) -> PathBuf {
        let records = (0..NETWORKS).flat_map(|index| {
            let system = (index + edition * 7) % SYSTEMS;
            // The last two are 32-bit.
            let asn = if system < SYSTEMS - 2 {
                64_600 + system
            } else {
                4_200_000_000 + system
            };
            let record = GeoLiteAsn {
                autonomous_system_number: u32::try_from(asn).unwrap(),
                autonomous_system_organization: format!("Example Networks {system}"),
            };
            networks(index).map(move |network| (network, record.clone()))
        });
        let built = BUILD_EPOCH + edition * 86_400;
        let bytes = build_at(built, "Invented-ASN", "invented", records.collect()).unwrap();
        self.write(name, &bytes)
    }

    /// A file in the layout of GeoLite2-City.
    pub fn city_file(self, name: &str) -> PathBuf {
        let countries = countries().unwrap();
        let records = (0..NETWORKS).flat_map(|index| {
            let country = &countries[usize::try_from(index).unwrap() % countries.len()];
            let record = CityRecord::country(country).at(format!("City {index}"), 1.5, 2.5, 20);
            networks(index).map(move |network| (network, record.clone()))
        });
        let bytes = build("Invented-City", "invented", records.collect()).unwrap();
        self.write(name, &bytes)
    }

    /// A Cowrie log of whole sessions. One address in fifty is not global, one in fifty is in no file.
    pub fn log(self, name: &str, spec: LogSpec) -> PathBuf {
        let path = self.0.path(name);
        let mut out = BufWriter::new(File::create(&path).unwrap());
        let size = Spec {
            begin: BEGIN,
            // Session IDs are numbered from the seed.
            seed: spec.number * 1_000_000,
            ..Spec::bulk(spec.events, spec.addresses, 0)
        };
        let mut stream = Stream::new(size, |index| address(spec.offset + index)).unwrap();
        let mut line = Vec::new();
        while stream.next_line(&mut line).unwrap().is_some() {
            out.write_all(&line).unwrap();
        }
        out.flush().unwrap();
        path
    }

    fn write(self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

/// An IPv4 and an IPv6 network.
fn networks(index: u64) -> [IpNet; 2] {
    let [a, b] = ipv4_network(index);
    let ipv4 = Ipv4Net::new_assert(Ipv4Addr::new(a, b, 0, 0), 16);
    let ipv6 = Ipv6Net::new_assert(ipv6_address(index, 0), 32);
    [ipv4.into(), ipv6.into()]
}

fn ipv4_network(index: u64) -> [u8; 2] {
    // Pairs of a first and a second octet that are unique to the index.
    let [.., second] = (index / 200).to_be_bytes();
    [global_first_octet(index % 200), second]
}

fn ipv6_address(network: u64, host: u64) -> Ipv6Addr {
    let [.., high, low] = network.to_be_bytes();
    let network = u128::from(u16::from_be_bytes([high, low]));
    Ipv6Addr::from((0x2a00_u128 << 112) | (network << 96) | u128::from(host))
}

/// The address at `index` of the sequence of all addresses.
fn address(index: u64) -> IpAddr {
    let [.., c, d] = mix(index).to_be_bytes();
    match index % 50 {
        0 => {
            let [.., b, c, d] = index.to_be_bytes();
            IpAddr::V4(Ipv4Addr::new(10, b, c, d))
        }
        // A second octet beyond those of all networks.
        1 => {
            let [.., b, c] = index.to_be_bytes();
            IpAddr::V4(Ipv4Addr::new(23, 100 | b, c, d))
        }
        2..5 => IpAddr::V6(ipv6_address(mix(index) % NETWORKS, index)),
        _ => {
            let [a, b] = ipv4_network(mix(index) % NETWORKS);
            IpAddr::V4(Ipv4Addr::new(a, b, c, d))
        }
    }
}
