//! Generates rows of many addresses from a seed.

use std::net::IpAddr;

use serde_json::{Map, Value, json};

use crate::cowrie::bulk_address;
use crate::error::Result;
use crate::prefixes::{Country, countries};
use crate::rng::{Rng, mix};

/// The number of ASes to choose from; the largest have the most addresses (Zipf's law).
const SYSTEMS: usize = 38_000;
const REGISTRIES: [&str; 5] = ["arin", "ripencc", "apnic", "lacnic", "afrinic"];
const CACHED_AT: &str = "2025-11-05T12:00:00.123456+00:00";

/// An address, as the previous program stored it.
#[derive(Clone, Debug)]
pub struct DeployedAddress {
    /// The key.
    pub address: IpAddr,
    /// The origin; seven rows in ten have one.
    pub asn: Option<u32>,
    /// When it was first seen.
    pub first_seen: String,
    /// When it was last seen.
    pub last_seen: String,
    /// How often it was looked up, which was stored as the number of its sessions.
    pub sessions: u64,
    /// `enrichment`.
    pub document: String,
}

/// Generates this many rows, each of another address.
///
/// # Errors
///
/// If a built-in table is malformed.
pub fn rows(count: u64, seed: u64) -> Result<impl Iterator<Item = DeployedAddress>> {
    let countries = countries()?;
    let mut rng = Rng::new(seed);
    Ok((0..count).map(move |index| row(bulk_address(index, seed), &mut rng, &countries)))
}

fn row(address: IpAddr, rng: &mut Rng, countries: &[Country]) -> DeployedAddress {
    let asn = rng.percent(70).then(|| number(rng.ranked(SYSTEMS)));
    let [day, hour, later] = [rng.between(1, 20), rng.below(24), rng.below(9)];
    DeployedAddress {
        address,
        asn,
        first_seen: format!("2025-10-{day:02} {hour:02}:00:00.000000"),
        last_seen: format!("2025-10-{:02} {hour:02}:30:00.000000", day + later),
        sessions: 1 + rng.skewed(40),
        document: document(asn, rng, countries).to_string(),
    }
}

/// The ASN at a rank: two thirds are 16-bit.
fn number(rank: usize) -> u32 {
    let rank = u32::try_from(rank).unwrap_or(0);
    match rank % 3 {
        0 => 131_072 + rank,
        _ => 1 + rank,
    }
}

fn document(asn: Option<u32>, rng: &mut Rng, countries: &[Country]) -> Value {
    let mut home = Rng::new(mix(u64::from(asn.unwrap_or(0))));
    let registered = &countries[home.index(countries.len())];
    let registry = home.pick(&REGISTRIES);
    let country = match rng.percent(90) {
        true => registered,
        false => &countries[rng.index(countries.len())],
    };
    // Names changed now and then, and the older one stayed where no later look-up replaced it.
    let name = asn.map(|asn| match rng.percent(95) {
        true => format!("SYNTHETIC-{asn} Example Networks"),
        false => format!("SYNTHETIC-{asn} Example Networks and Sons"),
    });
    // The other source was asked only where the first had no origin.
    let is_second = asn.is_some() && rng.percent(10);
    let first = asn.filter(|_| !is_second);
    let mut document = Map::new();
    document.insert(
        "maxmind".to_owned(),
        json!({
            "country": country.country, "country_name": country.name,
            "city": rng.percent(60).then(|| format!("City {}", rng.below(5_000))),
            "latitude": degrees(rng), "longitude": degrees(rng), "asn": first,
            "asn_org": name.as_ref().filter(|_| first.is_some()),
            "accuracy_radius": rng.pick(&[5, 10, 20, 50, 100, 1000]), "cached_at": CACHED_AT,
        }),
    );
    if is_second {
        document.insert(
            "cymru".to_owned(),
            json!({
                "asn": asn, "asn_org": name, "country": registered.country, "registry": registry,
                "prefix": Value::Null, "allocation_date": "2001-01-01", "cached_at": CACHED_AT,
            }),
        );
    }
    if rng.percent(20) {
        document.insert(
            "greynoise".to_owned(),
            json!({
                "noise": rng.percent(50), "riot": false, "classification": "unknown", "name": Value::Null,
                "last_seen": Value::Null, "cached_at": CACHED_AT,
            }),
        );
    }
    Value::Object(document)
}

/// Degrees from -65 to 65, four decimals.
fn degrees(rng: &mut Rng) -> f64 {
    let steps = i32::try_from(rng.below(1_300_000)).unwrap_or(0);
    f64::from(steps - 650_000) / 10_000.0
}
