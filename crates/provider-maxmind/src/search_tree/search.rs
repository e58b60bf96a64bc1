//! The tree of a file: where the walk of an address begins, and what its end means.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};

use ipcascade_core::address::Address;
use ipcascade_core::special_purpose::EmbeddedIpv4;
use ipnet::{IpNet, Ipv6Net};
use maxminddb::Metadata;

use crate::bytes::FileBytes;
use crate::search_tree::nodes::{FIRST_BITS, Nodes, TreePosition, TreeWalk};

/// The number of walks in step.
const IN_STEP: usize = 16;

/// The number of addresses from which a table of the first bits pays off.
pub(super) const MANY: usize = 1024;

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
    nodes: Nodes,
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
            nodes: Nodes::new(bytes, metadata),
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
            tree.nodes.walk(&mut to_ipv4);
            let [TreeWalk { place, .. }] = to_ipv4;
            tree.ipv4 = match place.depth {
                BEFORE_IPV4 if place.node < tree.nodes.count() => Start::at(place.node),
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
            self.nodes.walk(&mut walk);
            let [TreeWalk { place, .. }] = walk;
            place.depth == network.prefix_len() && place.node == ipv4
        };
        let networks = EmbeddedIpv4::networks().filter(leads_to_ipv4);
        networks.filter(|_| ipv4 < self.nodes.count()).collect()
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
            self.nodes.walk(walks);
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
                node: self.nodes.count(),
                depth: 0,
            });
        }
        let first = match are_many {
            true => Some(first.get_or_init(|| self.nodes.first_bits(start))),
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

    /// The number of nodes.
    pub(crate) const fn nodes(&self) -> u32 {
        self.nodes.count()
    }

    /// Where a node leads; `None` beyond the nodes.
    pub(crate) fn children(&self, node: u32) -> Option<[u32; 2]> {
        self.nodes.children(node)
    }

    /// The record at the end of a walk, if there is one: addresses may also run out of bits at a node.
    fn leaf(&self, walk: &TreeWalk, ip: IpAddr) -> Option<Leaf> {
        let beyond = walk.place.node.checked_sub(self.nodes.count())?;
        let network = || IpNet::new(ip, walk.place.depth).ok().map(|net| net.trunc());
        (beyond > 0).then(|| Leaf {
            record: beyond as usize,
            network: if walk.length > 0 { network() } else { None },
        })
    }
}
