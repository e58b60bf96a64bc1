//! Walks compared with those of the library.

use std::net::IpAddr;
use std::sync::Arc;

use ipcascade_core::address::Address;
use ipnet::{IpNet, Ipv6Net};
use maxminddb::Reader;
use proptest::prelude::*;

use crate::bytes::{FileBytes, SharedBytes};
use crate::search_tree::search::{MANY, SearchTree};

/// Bytes between the tree and the data.
const SEPARATOR: usize = 16;

/// Empty maps, one a byte.
const DATA: [u8; 64] = [0xe0; 64];

fn text(text: &str) -> Vec<u8> {
    let mut bytes = vec![0x40 | u8::try_from(text.len()).unwrap()];
    bytes.extend(text.as_bytes());
    bytes
}

fn number(of_type: u8, number: u32) -> Vec<u8> {
    let mut bytes = vec![of_type << 5 | 4];
    bytes.extend(number.to_be_bytes());
    bytes
}

/// A file with these nodes and this record size.
fn file(nodes: &[[u32; 2]], record_bits: u16, ip_version: u16) -> Vec<u8> {
    let mut file = Vec::new();
    for [left, right] in nodes {
        let ([a, b, c, d], [e, f, g, h]) = (left.to_be_bytes(), right.to_be_bytes());
        match record_bits {
            24 => file.extend([b, c, d, f, g, h]),
            28 => file.extend([b, c, d, a << 4 | e, f, g, h]),
            _ => file.extend([a, b, c, d, e, f, g, h]),
        }
    }
    file.extend([0; SEPARATOR]);
    file.extend(DATA);
    file.extend(b"\xab\xcd\xefMaxMind.com\xe9");
    let short = |number: u16| [&[0xa2], &number.to_be_bytes()[..]].concat();
    for (key, value) in [
        ("node_count", number(6, u32::try_from(nodes.len()).unwrap())),
        ("record_size", short(record_bits)),
        ("ip_version", short(ip_version)),
        ("database_type", text("Any")),
        ("languages", vec![0, 4]),
        ("binary_format_major_version", short(2)),
        ("binary_format_minor_version", short(0)),
        ("build_epoch", vec![0, 2]),
        ("description", vec![0xe0]),
    ] {
        file.extend(text(key));
        file.extend(value);
    }
    file
}

/// Nodes that lead to later ones, to records or to nothing; those of the first bits mostly to the next one, so that
/// walks have all lengths.
fn nodes() -> impl Strategy<Value = Vec<[u32; 2]>> {
    let child = (0_u8..8, any::<prop::sample::Index>());
    let node = (child.clone(), child);
    prop::collection::vec(node, 1..200).prop_map(|nodes| {
        let count = u32::try_from(nodes.len()).unwrap();
        let lead = |own: u32, (kind, index): (u8, prop::sample::Index)| {
            let later = own + 1;
            match kind {
                0 => count,
                // Also positions without a record, before the data and beyond it.
                1 => count + u32::try_from(index.index(2 * DATA.len())).unwrap(),
                _ if later == count => count,
                2 => later + u32::try_from(index.index((count - later) as usize)).unwrap(),
                _ => later,
            }
        };
        let nodes = nodes.into_iter().zip(0..);
        nodes
            .map(|((left, right), own)| [lead(own, left), lead(own, right)])
            .collect()
    })
}

fn address() -> impl Strategy<Value = Address> {
    prop_oneof![
        any::<[u8; 4]>().prop_map(|ip| IpAddr::from(ip).into()),
        any::<[u8; 16]>().prop_map(|ip| IpAddr::from(ip).into()),
        Just("::1".parse().unwrap()),
    ]
}

/// Compares walks with those of the library.
fn compare(nodes: &[[u32; 2]], record_bits: u16, ip_version: u16, addresses: &[Address]) {
    let bytes = FileBytes::Read(file(nodes, record_bits, ip_version));
    let bytes = Arc::new(bytes);
    let reader = Reader::from_source(SharedBytes::new(&bytes)).unwrap();
    let tree = SearchTree::new(Arc::clone(&bytes), reader.metadata());
    let many: Vec<Address> = addresses.iter().copied().cycle().take(MANY).collect();
    for asked in [addresses, &many, addresses] {
        let leaves = tree.find(asked);
        assert_eq!(leaves.len(), asked.len());
        for (address, leaf) in asked.iter().zip(leaves) {
            // It refuses IPv6 addresses in an IPv4 tree, and reports a record that is out of bounds: here that is
            // reported where the record is read.
            let Ok(found) = reader.lookup(address.ip()) else {
                assert_eq!(leaf.is_some(), ip_version == 6 || address.is_ipv4());
                continue;
            };
            let record = found.offset().map(|at| at + SEPARATOR);
            assert_eq!(leaf.map(|leaf| leaf.record), record, "{address}");
            let network = found.network().ok().filter(|_| record.is_some());
            let network = network.and_then(|n| IpNet::new(n.ip(), n.prefix()).ok());
            let network = network.filter(|network| network.contains(&address.ip()));
            assert_eq!(leaf.and_then(|leaf| leaf.network), network, "{address}");
        }
    }
}

#[test]
fn a_record_around_ipv4_names_no_network_for_it() {
    let addresses = ["0.0.0.0", "1.2.3.4", "::1", "::5:0:0:1"].map(|ip| ip.parse().unwrap());
    for depth in [1, 90, 95, 96, 97, 127, 128] {
        let next = |own: u32| match own + 1 == depth {
            true => depth + 16,
            false => own + 1,
        };
        let nodes: Vec<[u32; 2]> = (0..depth).map(|own| [next(own), depth]).collect();
        compare(&nodes, 24, 6, &addresses);
    }
}

/// Makes the first bits of `network` lead to a node, through existing nodes and new ones.
fn alias(nodes: &mut Vec<[u32; 2]>, network: &str, node: u32) {
    let network: Ipv6Net = network.parse().unwrap();
    let (bits, length) = (network.network().to_bits(), network.prefix_len());
    let mut at = 0;
    for depth in 0..length {
        let side = usize::from(bits << depth >> 127 == 1);
        if depth + 1 == length {
            nodes[at][side] = node;
        } else if nodes[at][side] == u32::MAX {
            nodes[at][side] = u32::try_from(nodes.len()).unwrap();
            nodes.push([u32::MAX; 2]);
        }
        at = nodes[at][side] as usize;
    }
}

#[test]
fn what_leads_to_ipv4_once_more_says_nothing_of_ipv6() {
    let mut nodes: Vec<[u32; 2]> = (1..=96).map(|next| [next, u32::MAX]).collect();
    // All of IPv4 has a record.
    nodes.push([u32::MAX - 1; 2]);
    for network in ["::ffff:0:0/96", "2001::/32", "2002::/16"] {
        alias(&mut nodes, network, 96);
    }
    alias(&mut nodes, "2003::/16", u32::MAX - 1);
    let count = u32::try_from(nodes.len()).unwrap();
    let end = |child: u32| match child {
        u32::MAX => count,
        _ if child == u32::MAX - 1 => count + 16,
        other => other,
    };
    let nodes: Vec<[u32; 2]> = nodes.into_iter().map(|node| node.map(end)).collect();
    let bytes = Arc::new(FileBytes::Read(file(&nodes, 24, 6)));
    let reader = Reader::from_source(SharedBytes::new(&bytes)).unwrap();
    let tree = SearchTree::new(Arc::clone(&bytes), reader.metadata());
    let asked = ["1.2.3.4", "2002:102:304::1", "2001:0:102:304::1", "2003::1"];
    let asked = asked.map(|ip| ip.parse().unwrap());
    let found: Vec<bool> = tree.find(&asked).iter().map(Option::is_some).collect();
    assert_eq!(found, [true, false, false, true]);
    assert!(reader.lookup(asked[1].ip()).unwrap().has_data());
}

proptest! {
    #[test]
    fn walks_end_where_those_of_the_library_end(
        nodes in nodes(),
        record_bits in prop::sample::select(vec![24_u16, 28, 32]),
        ip_version in prop::sample::select(vec![4_u16, 6]),
        addresses in prop::collection::vec(address(), 1..40),
    ) {
        compare(&nodes, record_bits, ip_version, &addresses);
    }
}
