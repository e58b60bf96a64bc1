//! Iterates over the networks of a file that have a record.
//!
//! Each node of the tree is passed once. Those of IPv4 have aliases in IPv6, which are no networks of their own; and where
//! nodes share their children, as in a damaged file, following every path would never end.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use crate::search_tree::SearchTree;

/// An iterator over networks, in the order of their addresses.
pub(crate) struct Networks<'t> {
    tree: &'t SearchTree,
    bits: u8,
    /// Nodes to visit, and what lies beyond the nodes.
    open: Vec<PathNode>,
    /// A bit for each node.
    visited: Vec<u64>,
}

/// A node or what lies beyond the nodes, and the path to it.
struct PathNode {
    node: u32,
    path: u128,
    depth: u8,
}

/// A network with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NetworkRecord {
    /// Where its record is: the same for networks that share one.
    pub(crate) record: usize,
    /// The number of bits on the path to it.
    depth: u8,
    /// Its first address.
    pub(crate) first: IpAddr,
}

/// Bits before those of an IPv4 address in an IPv6 tree.
const BEFORE_IPV4: u8 = 96;

impl NetworkRecord {
    /// The network; IPv4 networks in a tree of IPv6 as what they are.
    pub(crate) fn network(&self) -> Option<IpNet> {
        if let IpAddr::V6(first) = self.first
            && let Some(length) = self.depth.checked_sub(BEFORE_IPV4)
            && let Ok(bits) = u32::try_from(first.to_bits())
        {
            return IpNet::new(Ipv4Addr::from_bits(bits).into(), length).ok();
        }
        IpNet::new(self.first, self.depth).ok()
    }
}

impl<'t> Networks<'t> {
    /// The networks of `tree`, for addresses of IPv6 or of IPv4.
    pub(crate) fn of(tree: &'t SearchTree, is_ipv6: bool) -> Self {
        let root = PathNode {
            node: 0,
            path: 0,
            depth: 0,
        };
        Self {
            tree,
            bits: if is_ipv6 { 128 } else { 32 },
            open: vec![root],
            visited: vec![0; (tree.nodes() as usize).div_ceil(64)],
        }
    }

    /// Marks a node as visited; returns whether it was not before.
    fn visit(&mut self, node: u32) -> bool {
        let place = self.visited.get_mut(node as usize / 64);
        let bit = 1 << (node % 64);
        place.is_some_and(|bits| {
            let is_new = *bits & bit == 0;
            *bits |= bit;
            is_new
        })
    }
}

impl Iterator for Networks<'_> {
    type Item = NetworkRecord;

    fn next(&mut self) -> Option<NetworkRecord> {
        while let Some(PathNode { node, path, depth }) = self.open.pop() {
            if node > self.tree.nodes() {
                let shift = 128 - u32::from(self.bits);
                let first = match self.bits {
                    32 => Ipv4Addr::from_bits(u32::try_from(path >> shift).ok()?).into(),
                    _ => Ipv6Addr::from_bits(path).into(),
                };
                return Some(NetworkRecord {
                    depth,
                    record: (node - self.tree.nodes()) as usize,
                    first,
                });
            }
            if depth < self.bits
                && let Some(children) = self.tree.children(node)
                && self.visit(node)
            {
                // The left one is next.
                for (child, side) in children.into_iter().zip([0, 1]).rev() {
                    self.open.push(PathNode {
                        node: child,
                        path: path | side << (127 - depth),
                        depth: depth + 1,
                    });
                }
            }
        }
        None
    }
}
