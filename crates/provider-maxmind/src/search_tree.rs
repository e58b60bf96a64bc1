//! The search tree of a file, walked for many addresses at a time.
//!
//! A walk waits for memory at nearly every node, one after the other. Walks in step wait together, and the nodes of the
//! first bits, which all walks pass, are passed in one step. The format:
//! <https://maxmind.github.io/MaxMind-DB/#binary-search-tree-section>.

use std::iter;
use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use ipcascade_core::address::Address;
use ipcascade_core::special_purpose::EmbeddedIpv4;
use ipnet::{IpNet, Ipv6Net};
use maxminddb::Metadata;

use crate::bytes::FileBytes;

/// The number of walks in step.
const IN_STEP: usize = 16;
/// The number of bits passed in one step.
const FIRST_BITS: u8 = 16;
/// The number of addresses from which a table of the first bits pays off.
const MANY: usize = 1024;
/// Bits before those of an IPv4 address in an IPv6 tree.
const BEFORE_IPV4: u8 = 96;

/// The record at the end of a walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Leaf {
    /// Its offset from the end of the tree; perhaps beyond the data in a damaged file.
    pub(crate) record: usize,
    /// Its network, unless that is an IPv6 network around all of IPv4.
    pub(crate) network: Option<IpNet>,
}

/// The search tree of a file.
pub(crate) struct SearchTree {
    bytes: Arc<FileBytes>,
    nodes: u32,
    record_bits: u16,
    ipv4: Start,
    ipv6: Start,
    aliases: Vec<Ipv6Net>,
}

/// Where walks begin.
enum Start {
    /// At a node.
    Node {
        node: u32,
        /// Where the first bits lead.
        first: OnceLock<Vec<TreePosition>>,
    },
    /// The tree ends before the first bit of such an address, or has no part for this family.
    Ended(TreePosition),
}

/// The position of a walk: a node, or a value beyond them, and how many bits of the address lead there.
#[derive(Clone, Copy, Debug, Default)]
struct TreePosition {
    node: u32,
    depth: u8,
}

/// A walk in progress.
#[derive(Clone, Copy, Default)]
struct TreeWalk {
    place: TreePosition,
    /// The remaining bits of the address, the next one first.
    bits: u128,
    /// The number of bits of the address.
    length: u8,
}

impl TreeWalk {
    /// A walk that has ended.
    const fn at(place: TreePosition) -> Self {
        Self {
            place,
            bits: 0,
            length: 0,
        }
    }
}

impl Start {
    const fn at(node: u32) -> Self {
        Self::Node {
            node,
            first: OnceLock::new(),
        }
    }
}

impl SearchTree {
    /// The tree of a file with this metadata, which the library has checked.
    pub(crate) fn new(bytes: Arc<FileBytes>, metadata: &Metadata) -> Self {
        let mut tree = Self {
            bytes,
            nodes: metadata.node_count,
            record_bits: metadata.record_size,
            ipv4: Start::at(0),
            ipv6: Start::Ended(TreePosition {
                node: metadata.node_count,
                depth: 0,
            }),
            aliases: Vec::new(),
        };
        if metadata.ip_version == 6 {
            let mut to_ipv4 = [TreeWalk {
                length: BEFORE_IPV4,
                ..TreeWalk::default()
            }];
            tree.walk(&mut to_ipv4);
            let [TreeWalk { place, .. }] = to_ipv4;
            tree.ipv4 = match place.depth {
                BEFORE_IPV4 if place.node < tree.nodes => Start::at(place.node),
                _ => Start::Ended(place),
            };
            tree.ipv6 = Start::at(0);
            tree.aliases = tree.aliases_of(place.node);
        }
        tree
    }

    /// The IPv6 networks that alias the IPv4 part of the tree. The file says nothing about their addresses themselves,
    /// and not always about what they stand for: under 2001::/32 it has the server of a Teredo address, not the client.
    /// The embedded IPv4 address is looked up instead.
    fn aliases_of(&self, ipv4: u32) -> Vec<Ipv6Net> {
        let leads_to_ipv4 = |network: &Ipv6Net| {
            let mut walk = [TreeWalk {
                place: TreePosition::default(),
                bits: network.network().to_bits(),
                length: network.prefix_len(),
            }];
            self.walk(&mut walk);
            let [TreeWalk { place, .. }] = walk;
            place.depth == network.prefix_len() && place.node == ipv4
        };
        let networks = EmbeddedIpv4::networks().filter(leads_to_ipv4);
        networks.filter(|_| ipv4 < self.nodes).collect()
    }

    /// The record of each address, if it has one.
    pub(crate) fn find(&self, addresses: &[Address]) -> Vec<Option<Leaf>> {
        let mut leaves = Vec::with_capacity(addresses.len());
        let are_many = addresses.len() >= MANY;
        for group in addresses.chunks(IN_STEP) {
            let mut walks = [TreeWalk::default(); IN_STEP];
            let walks = &mut walks[..group.len()];
            for (walk, address) in walks.iter_mut().zip(group) {
                *walk = self.begin(address.ip(), are_many);
            }
            self.walk(walks);
            let ends = walks.iter().zip(group);
            leaves.extend(ends.map(|(walk, address)| self.leaf(walk, address.ip())));
        }
        leaves
    }

    fn begin(&self, ip: IpAddr, are_many: bool) -> TreeWalk {
        let (start, bits, length) = match ip {
            IpAddr::V4(ip) => (&self.ipv4, u128::from(ip.to_bits()) << 96, 32),
            IpAddr::V6(ip) => (&self.ipv6, ip.to_bits(), 128),
        };
        let (start, first) = match start {
            Start::Node { node, first } => (
                TreePosition {
                    node: *node,
                    depth: 0,
                },
                first,
            ),
            Start::Ended(place) => return TreeWalk::at(*place),
        };
        if let IpAddr::V6(ip) = ip
            && self.aliases.iter().any(|alias| alias.contains(&ip))
        {
            return TreeWalk::at(TreePosition {
                node: self.nodes,
                depth: 0,
            });
        }
        let first = match are_many {
            true => Some(first.get_or_init(|| self.first_bits(start))),
            false => first.get(),
        };
        let leading = usize::try_from(bits >> (128 - u32::from(FIRST_BITS))).unwrap_or(usize::MAX);
        let place = first.and_then(|first| first.get(leading)).copied();
        let place = place.unwrap_or(start);
        TreeWalk {
            place,
            bits: bits << place.depth,
            length,
        }
    }

    /// Advances all walks to their ends.
    fn walk(&self, walks: &mut [TreeWalk]) {
        match self.record_bits {
            24 => self.walk_in_step::<24>(walks),
            28 => self.walk_in_step::<28>(walks),
            _ => self.walk_in_step::<32>(walks),
        }
    }

    fn walk_in_step<const RECORD_BITS: usize>(&self, walks: &mut [TreeWalk]) {
        let tree = self.nodes_of::<RECORD_BITS>();
        let mut are_done = false;
        while !are_done {
            are_done = true;
            for walk in &mut *walks {
                if walk.place.depth >= walk.length {
                    continue;
                }
                let is_right = walk.bits >> 127 == 1;
                if let Some(child) = child::<RECORD_BITS>(tree, walk.place.node, is_right) {
                    walk.place.node = child;
                    walk.place.depth += 1;
                    walk.bits <<= 1;
                    are_done = false;
                }
            }
        }
    }

    /// The number of nodes.
    pub(crate) const fn nodes(&self) -> u32 {
        self.nodes
    }

    /// Where a node leads; `None` beyond the nodes.
    pub(crate) fn children(&self, node: u32) -> Option<[u32; 2]> {
        let [left, right] = [false, true].map(|is_right| match self.record_bits {
            24 => child::<24>(self.nodes_of::<24>(), node, is_right),
            28 => child::<28>(self.nodes_of::<28>(), node, is_right),
            _ => child::<32>(self.nodes_of::<32>(), node, is_right),
        });
        Some([left?, right?])
    }

    /// Where each value of the first bits leads.
    fn first_bits(&self, start: TreePosition) -> Vec<TreePosition> {
        let mut places = Vec::with_capacity(1 << FIRST_BITS);
        match self.record_bits {
            24 => first_bits::<24>(self.nodes_of::<24>(), start, &mut places),
            28 => first_bits::<28>(self.nodes_of::<28>(), start, &mut places),
            _ => first_bits::<32>(self.nodes_of::<32>(), start, &mut places),
        }
        places
    }

    /// The bytes of the nodes.
    fn nodes_of<const RECORD_BITS: usize>(&self) -> &[u8] {
        let length = self.nodes as usize * (RECORD_BITS / 4);
        let bytes: &[u8] = (*self.bytes).as_ref();
        bytes.get(..length).unwrap_or(bytes)
    }

    /// The record at the end of a walk, if there is one: addresses may also run out of bits at a node.
    fn leaf(&self, walk: &TreeWalk, ip: IpAddr) -> Option<Leaf> {
        let beyond = walk.place.node.checked_sub(self.nodes)?;
        let network = || IpNet::new(ip, walk.place.depth).ok().map(|net| net.trunc());
        (beyond > 0).then(|| Leaf {
            record: beyond as usize,
            network: if walk.length > 0 { network() } else { None },
        })
    }
}

/// Appends where each value of the remaining first bits leads from `place`.
fn first_bits<const RECORD_BITS: usize>(
    nodes: &[u8],
    place: TreePosition,
    places: &mut Vec<TreePosition>,
) {
    let left = FIRST_BITS - place.depth;
    for is_right in [false, true] {
        match child::<RECORD_BITS>(nodes, place.node, is_right).filter(|_| left > 0) {
            Some(node) => {
                let depth = place.depth + 1;
                first_bits::<RECORD_BITS>(nodes, TreePosition { node, depth }, places);
            }
            None => return places.extend(iter::repeat_n(place, 1 << left)),
        }
    }
}

/// The left or right record of a node; `None` beyond the nodes.
fn child<const RECORD_BITS: usize>(nodes: &[u8], node: u32, is_right: bool) -> Option<u32> {
    let size = RECORD_BITS / 4;
    let start = node as usize * size;
    let node = nodes.get(start..start + size)?;
    Some(match (RECORD_BITS, is_right) {
        (24, false) => u32::from_be_bytes([0, node[0], node[1], node[2]]),
        (24, true) => u32::from_be_bytes([0, node[3], node[4], node[5]]),
        // The highest bits of both are in the byte between them.
        (28, false) => u32::from_be_bytes([node[3] >> 4, node[0], node[1], node[2]]),
        (28, true) => u32::from_be_bytes([node[3] & 0x0f, node[4], node[5], node[6]]),
        (_, false) => u32::from_be_bytes([node[0], node[1], node[2], node[3]]),
        (_, true) => u32::from_be_bytes([node[4], node[5], node[6], node[7]]),
    })
}

#[cfg(test)]
mod tests {
    use maxminddb::Reader;
    use proptest::prelude::*;

    use super::*;
    use crate::bytes::SharedBytes;

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
}
