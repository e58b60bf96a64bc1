//! The nodes of a search tree, and walks over them in step.

use std::iter;
use std::sync::Arc;

use maxminddb::Metadata;

use crate::bytes::FileBytes;

/// The number of bits passed in one step.
pub(super) const FIRST_BITS: u8 = 16;

/// The nodes of a file.
pub(super) struct Nodes {
    bytes: Arc<FileBytes>,
    count: u32,
    record_bits: u16,
}

/// The position of a walk: a node, or a value beyond them, and how many bits of the address lead there.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TreePosition {
    pub(super) node: u32,
    pub(super) depth: u8,
}

/// A walk in progress.
#[derive(Clone, Copy, Default)]
pub(super) struct TreeWalk {
    pub(super) place: TreePosition,
    /// The remaining bits of the address, the next one first.
    pub(super) bits: u128,
    /// The number of bits of the address.
    pub(super) length: u8,
}

impl TreeWalk {
    /// A walk that has ended.
    pub(super) const fn at(place: TreePosition) -> Self {
        Self {
            place,
            bits: 0,
            length: 0,
        }
    }
}

impl Nodes {
    /// The nodes of a file with this metadata.
    pub(super) fn new(bytes: Arc<FileBytes>, metadata: &Metadata) -> Self {
        Self {
            bytes,
            count: metadata.node_count,
            record_bits: metadata.record_size,
        }
    }

    /// The number of nodes.
    pub(super) const fn count(&self) -> u32 {
        self.count
    }

    /// Advances all walks to their ends.
    pub(super) fn walk(&self, walks: &mut [TreeWalk]) {
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

    /// Where a node leads; `None` beyond the nodes.
    pub(super) fn children(&self, node: u32) -> Option<[u32; 2]> {
        let [left, right] = [false, true].map(|is_right| match self.record_bits {
            24 => child::<24>(self.nodes_of::<24>(), node, is_right),
            28 => child::<28>(self.nodes_of::<28>(), node, is_right),
            _ => child::<32>(self.nodes_of::<32>(), node, is_right),
        });
        Some([left?, right?])
    }

    /// Where each value of the first bits leads.
    pub(super) fn first_bits(&self, start: TreePosition) -> Vec<TreePosition> {
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
        let length = self.count as usize * (RECORD_BITS / 4);
        let bytes: &[u8] = (*self.bytes).as_ref();
        bytes.get(..length).unwrap_or(bytes)
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
pub(super) fn child<const RECORD_BITS: usize>(
    nodes: &[u8],
    node: u32,
    is_right: bool,
) -> Option<u32> {
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
