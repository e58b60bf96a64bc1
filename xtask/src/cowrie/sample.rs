//! The two days of the quick start.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::stream::{Spec, Stream};
use crate::error::Result;
use crate::prefixes::{Prefix, prefixes};
use crate::rng::Rng;

const SEED: u64 = 20_261_120;
const EVENTS: u64 = 3_900;
const ADDRESSES: u64 = 300;
/// 2026-11-20 00:00:07 UTC.
const BEGIN: i64 = 1_795_132_807_418_203;
/// 2026-11-21 00:00 UTC, when the log is rotated.
const ROTATION: i64 = 1_795_219_200_000_000;
/// Spreads the sessions over nearly two days.
const GAP: u64 = 205_000_000;

/// Addresses that are not global.
const BOGONS: [&str; 5] = [
    "10.0.0.23",
    "192.168.1.77",
    "172.16.5.4",
    "fe80::1c2d:3eff:fe4f:5a6b",
    "fd12:3456:789a::9",
];
/// Global addresses that no sample prefix covers.
const UNCOVERED: [&str; 6] = [
    "2.57.122.10",
    "31.184.198.23",
    "103.145.13.7",
    "141.98.10.60",
    "193.32.162.5",
    "2a0e:97c0::5",
];
/// The busiest ASes: hosting, large access networks, scanners.
const BUSY: [u32; 24] = [
    4134, 4837, 14061, 16276, 24940, 45090, 37963, 45102, 132203, 45899, 7552, 4766, 3462, 9829,
    202425, 48090, 60729, 398705, 63949, 20473, 51167, 53667, 36352, 7713,
];
/// Networks that only serve content, or whose addresses do not attack.
const QUIET: [u32; 22] = [
    13335, 15169, 19281, 36692, 212772, 131621, 394353, 2149, 10886, 21556, 3557, 5927, 1508,
    29216, 26415, 25152, 20144, 7500, 3333, 22548, 25192, 14907,
];

/// The content of the files.
#[derive(Clone, Debug)]
pub struct CowrieSample {
    /// `cowrie.json.2026-11-20`, uncompressed.
    pub rotated: Vec<u8>,
    /// `cowrie.json`, of 2026-11-21.
    pub current: Vec<u8>,
}

/// Generates the sample: about two thousand events a day from 300 addresses. Sessions continue past midnight, and one
/// line of the current log is damaged.
pub fn sample() -> Result<CowrieSample> {
    let addresses = addresses(&prefixes()?);
    let spec = Spec {
        events: EVENTS,
        addresses: ADDRESSES,
        seed: SEED,
        begin: BEGIN,
        gap: GAP,
    };
    let mut stream = Stream::new(spec, |index| {
        let index = usize::try_from(index).unwrap_or(0);
        addresses
            .get(index)
            .copied()
            .unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
    })?;
    let mut sample = CowrieSample {
        rotated: Vec::new(),
        current: Vec::new(),
    };
    let mut line = Vec::new();
    while let Some(time) = stream.next_line(&mut line)? {
        let file = if time < ROTATION {
            &mut sample.rotated
        } else {
            &mut sample.current
        };
        file.extend_from_slice(&line);
    }
    sample.current = damaged(&sample.current);
    Ok(sample)
}

/// The 300 addresses, bogons and uncovered ones spread among the others.
fn addresses(prefixes: &[Prefix]) -> Vec<IpAddr> {
    let mut rng = Rng::new(SEED);
    let (busy, other): (Vec<_>, Vec<_>) = prefixes
        .iter()
        .filter(|row| !QUIET.contains(&row.asn))
        .partition(|row| BUSY.contains(&row.asn));
    let mut odd = BOGONS
        .iter()
        .chain(&UNCOVERED)
        .filter_map(|text| text.parse().ok());
    let mut addresses = Vec::new();
    let wanted = usize::try_from(ADDRESSES).unwrap_or(0);
    while addresses.len() < wanted {
        let address = if addresses.len() % 25 == 13 {
            odd.next()
        } else {
            None
        };
        let rows = if rng.percent(60) { &busy } else { &other };
        let address = address.unwrap_or_else(|| host(&rng.pick(rows).prefix, &mut rng));
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    addresses
}

/// A host of the network, neither its first nor its last address.
fn host(network: &IpNet, rng: &mut Rng) -> IpAddr {
    match network {
        IpNet::V4(v4) => {
            let size = 1_u64 << (32 - v4.prefix_len());
            let offset = u32::try_from(rng.between(1, size - 2)).unwrap_or(1);
            IpAddr::V4(Ipv4Addr::from(u32::from(v4.network()) + offset))
        }
        IpNet::V6(v6) => {
            let subnet = u128::from(rng.below(0x1_0000_0000)) << 64;
            let below = u128::MAX >> v6.prefix_len();
            let interface = if rng.percent(50) {
                1
            } else {
                u128::from(rng.next() >> 1)
            };
            IpAddr::V6(Ipv6Addr::from(
                u128::from(v6.network()) | ((subnet | interface) & below),
            ))
        }
    }
}

/// The log as a crash leaves it: the first failed login after its middle is cut in two.
fn damaged(log: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(log.len());
    let mut done = false;
    for line in log.split_inclusive(|byte| *byte == b'\n') {
        if !done
            && out.len() > log.len() / 2
            && line.starts_with(br#"{"eventid":"cowrie.login.failed"#)
        {
            done = true;
            out.extend_from_slice(&line[..line.len() / 2]);
            out.push(b'\n');
        } else {
            out.extend_from_slice(line);
        }
    }
    out
}
