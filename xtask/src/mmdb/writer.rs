//! Writes an MMDB file from networks and records.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

use ipnet::IpNet;
use maxminddb_writer::Database;
use maxminddb_writer::metadata::IpVersion;
use maxminddb_writer::paths::IpAddrWithMask;
use serde::Serialize;

use crate::error::{Error, Result};

/// The default build time of generated files: 2026-11-19 00:00 UTC.
pub const BUILD_EPOCH: u64 = 1_795_046_400;

/// The bytes of an MMDB file with these networks.
///
/// Networks may contain one another, in any order: an address gets the record of the longest prefix that contains it.
/// Equal records are stored once.
pub fn build<R: Serialize>(
    database_type: &str,
    description: &str,
    rows: Vec<(IpNet, R)>,
) -> Result<Vec<u8>> {
    build_at(BUILD_EPOCH, database_type, description, rows)
}

/// The same with a given build time, in seconds since 1970.
pub fn build_at<R: Serialize>(
    build_epoch: u64,
    database_type: &str,
    description: &str,
    mut rows: Vec<(IpNet, R)>,
) -> Result<Vec<u8>> {
    let mut database = Database::default();
    database.metadata.ip_version = IpVersion::V6;
    database.metadata.database_type = database_type.to_owned();
    database.metadata.languages = vec!["en".to_owned()];
    database.metadata.binary_format_major_version = 2;
    database.metadata.build_epoch = build_epoch;
    // Only one entry: the writer keeps descriptions in a map without a fixed order.
    database.metadata.description = HashMap::from([("en".to_owned(), description.to_owned())]);

    // In the writer, a later network replaces the tree below it, so the longest come last.
    rows.sort_by_key(|(network, _)| (depth(network), *network));
    let mut written = HashMap::new();
    for (network, record) in rows {
        let key = serde_json::to_string(&record).map_err(|e| Error::Mmdb(e.to_string()))?;
        let data = if let Some(data) = written.get(&key) {
            *data
        } else {
            let data = database
                .insert_value(&record)
                .map_err(|e| Error::Mmdb(e.to_string()))?;
            written.insert(key, data);
            data
        };
        database.insert_node(path(&network), data);
    }
    database
        .write_to(Vec::new())
        .map_err(|e| Error::Mmdb(e.to_string()))
}

/// Length of the network's path in a tree of IPv6 addresses.
const fn depth(network: &IpNet) -> u8 {
    match network {
        IpNet::V4(v4) => v4.prefix_len() + 96,
        IpNet::V6(v6) => v6.prefix_len(),
    }
}

/// The network in a tree of IPv6 addresses, where IPv4 lives under `::/96`.
fn path(network: &IpNet) -> IpAddrWithMask {
    let address = match network {
        IpNet::V4(v4) => Ipv6Addr::from(u128::from(u32::from(v4.network()))),
        IpNet::V6(v6) => v6.network(),
    };
    IpAddrWithMask::new(IpAddr::V6(address), depth(network))
}
