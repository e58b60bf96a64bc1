//! Generates large databases for benchmarks.

use std::collections::HashSet;
use std::net::{Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::record::{CityRecord, GeoLiteAsn};
use super::writer::{BUILD_EPOCH, build_at};
use crate::error::{Error, Result};
use crate::prefixes::{Country, countries};
use crate::rng::{Rng, mix};

/// As many ASes as there are networks, but at most this many: about as many as the Internet has.
const SYSTEMS: usize = 75_000;
/// The number of cities to choose from.
const CITIES: u64 = 5_000;
/// Leaves room for the search for free prefixes to end.
const MOST: usize = 2_000_000;
const DESCRIPTION: &str = "ipcascade benchmark data, invented";

/// The two files, over the same networks.
#[derive(Clone, Debug)]
pub struct DatabasePair {
    /// In the layout of GeoLite2-ASN.
    pub asn: Vec<u8>,
    /// In the layout of GeoLite2-City.
    pub city: Vec<u8>,
}

/// Databases of `count` generated networks: IPv4 from /12 to /24 (some inside others) and, for one network in sixteen,
/// IPv6 from /32 to /48.
pub fn synthetic(count: usize, seed: u64) -> Result<DatabasePair> {
    synthetic_at(BUILD_EPOCH, count, seed)
}

/// The same with a given build time, in seconds since 1970.
pub fn synthetic_at(build_epoch: u64, count: usize, seed: u64) -> Result<DatabasePair> {
    if count > MOST {
        return Err(Error::Request(format!("at most {MOST} networks")));
    }
    let mut rng = Rng::new(seed);
    let networks = networks(count, &mut rng);
    let systems = systems(count.min(SYSTEMS), seed);
    let countries = countries()?;
    let mut asn_rows = Vec::with_capacity(count);
    let mut city_rows = Vec::with_capacity(count);
    for (index, network) in networks.into_iter().enumerate() {
        // Each AS has at least one network; the rest is distributed by rank (Zipf's law).
        let asn = match systems.get(index) {
            Some(asn) => *asn,
            None => systems[rng.ranked(systems.len())],
        };
        asn_rows.push((network, asn_record(asn)));
        city_rows.push((network, city_record(asn, rng.below(CITIES), &countries)));
    }
    Ok(DatabasePair {
        asn: build_at(
            build_epoch,
            "ipcascade-Synthetic-ASN",
            DESCRIPTION,
            asn_rows,
        )?,
        city: build_at(
            build_epoch,
            "ipcascade-Synthetic-City",
            DESCRIPTION,
            city_rows,
        )?,
    })
}

fn networks(count: usize, rng: &mut Rng) -> Vec<IpNet> {
    let mut seen = HashSet::with_capacity(count);
    let mut networks = Vec::with_capacity(count);
    while networks.len() < count {
        let network = if networks.len() % 16 == 15 {
            ipv6(rng)
        } else {
            ipv4(rng)
        };
        if seen.insert(network) {
            networks.push(network);
        }
    }
    networks
}

/// Prefix lengths with the frequencies of the Internet's routing table: cumulative, per thousand.
const LENGTHS: [(u64, u8); 13] = [
    (2, 12),
    (3, 13),
    (5, 14),
    (8, 15),
    (24, 16),
    (32, 17),
    (46, 18),
    (72, 19),
    (116, 20),
    (168, 21),
    (284, 22),
    (390, 23),
    (1000, 24),
];

fn ipv4(rng: &mut Rng) -> IpNet {
    let per_mille = rng.below(1000);
    let length = LENGTHS.iter().find(|(up_to, _)| per_mille < *up_to);
    let bits = length.map_or(24, |(_, bits)| *bits);
    let host = rng.below(0x00ff_ffff);
    let [.., b, c, d] = host.to_be_bytes();
    let first = crate::cowrie::global_first_octet(rng.next());
    let address = Ipv4Addr::new(first, b, c, d);
    IpNet::V4(Ipv4Net::new_assert(address, bits)).trunc()
}

fn ipv6(rng: &mut Rng) -> IpNet {
    let bits = rng.pick(&[32, 32, 36, 40, 44, 48, 48, 48]);
    // 2400::/12, 2600::/12, 2800::/12, 2a00::/12 and 2c00::/12 belong to the registries.
    let top = rng.pick(&[0x2400_u128, 0x2600, 0x2800, 0x2a00, 0x2c00]) << 112;
    let address = top | u128::from(rng.next() >> 12) << 64;
    IpNet::V6(Ipv6Net::new_assert(Ipv6Addr::from(address), bits)).trunc()
}

/// Distinct ASNs: two thirds below 64,496, the others 32-bit.
fn systems(count: usize, seed: u64) -> Vec<u32> {
    let mut rng = Rng::new(mix(seed));
    let mut seen = HashSet::with_capacity(count);
    let mut systems = Vec::with_capacity(count);
    while systems.len() < count {
        let number = if rng.percent(66) {
            rng.between(1, 64_495)
        } else {
            rng.between(131_072, 410_000)
        };
        let asn = u32::try_from(number).unwrap_or(1);
        if seen.insert(asn) {
            systems.push(asn);
        }
    }
    systems
}

fn asn_record(asn: u32) -> GeoLiteAsn {
    GeoLiteAsn {
        autonomous_system_number: asn,
        autonomous_system_organization: format!("SYNTHETIC-{asn} Example Networks"),
    }
}

/// A network in one of the country's cities; an AS is at home in one country, and now and then registered in another.
fn city_record(asn: u32, city: u64, countries: &[Country]) -> CityRecord {
    let mut home = Rng::new(u64::from(asn));
    let country = &countries[home.index(countries.len())];
    let record = CityRecord::country(country);
    let record = if home.percent(5) {
        record.registered_in(&countries[home.index(countries.len())])
    } else {
        record
    };
    let mut place = Rng::new(city);
    if place.percent(20) {
        return record;
    }
    let latitude = degrees(&mut place, 65);
    let longitude = degrees(&mut place, 175);
    let accuracy = place.pick(&[5, 10, 20, 50, 100, 200]);
    record.at(format!("City {city}"), latitude, longitude, accuracy)
}

/// Degrees from `-limit` to `limit`, four decimals.
fn degrees(rng: &mut Rng, limit: u32) -> f64 {
    let steps = u32::try_from(rng.below(u64::from(limit) * 20_000)).unwrap_or(0);
    f64::from(steps) / 10_000.0 - f64::from(limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systems_are_distinct_and_real_numbers() {
        let systems = systems(SYSTEMS, 1);
        assert_eq!(systems.iter().collect::<HashSet<_>>().len(), SYSTEMS);
        assert!(!systems.contains(&0));
    }
}
