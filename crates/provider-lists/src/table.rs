//! Finds the prefixes that contain an address. Two prefixes are either nested or disjoint, so all of them form a
//! forest: the search finds the last one that begins at or before the address, and goes up from there.

use crate::facts::{FactId, FactSetId};

/// The parent of a prefix that is inside no other.
const NONE: u32 = u32::MAX;

/// How many leading bits the search is indexed by.
const BLOCK_BITS: u8 = 16;

/// The bits of an address.
pub(crate) trait Bits: Copy + Ord {
    /// The number of bits.
    const WIDTH: u8;
    /// Whether both have the same first `length` bits.
    fn share(self, other: Self, length: u8) -> bool;
    /// Its first 16 bits.
    fn block(self) -> usize;
}

macro_rules! bits {
    ($($number:ident: $width:literal)*) => {$(
        impl Bits for $number {
            const WIDTH: u8 = $width;

            fn share(self, other: Self, length: u8) -> bool {
                let differing = u32::from(Self::WIDTH.saturating_sub(length));
                (self ^ other).checked_shr(differing).unwrap_or(0) == 0
            }

            fn block(self) -> usize {
                usize::try_from(self >> Self::WIDTH.saturating_sub(BLOCK_BITS)).unwrap_or_default()
            }
        }
    )*};
}

bits!(u8: 8 u32: 32 u128: 128);

/// A prefix and its facts.
#[derive(Clone, Copy, Debug)]
struct PrefixNode<N> {
    first: N,
    /// A fact while the table is built, then a set of facts.
    said: u32,
    /// The narrowest prefix that contains it.
    parent: u32,
    length: u8,
}

/// Prefixes in order.
#[derive(Debug, Default)]
pub(crate) struct NetworkTable<N> {
    nodes: Vec<PrefixNode<N>>,
    /// For each value of the first 16 bits, where its prefixes begin: a search touches few of them.
    blocks: Box<[u32]>,
}

/// A prefix that contains the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    /// Identifies the prefix.
    pub(crate) node: u32,
    pub(crate) length: u8,
    pub(crate) said: FactSetId,
}

impl<N: Bits> NetworkTable<N> {
    /// Adds a fact about the prefix of this length that begins at `first`.
    pub(crate) fn add(&mut self, first: N, length: u8, fact: FactId) {
        self.nodes.push(PrefixNode {
            first,
            said: fact,
            parent: NONE,
            length,
        });
    }

    /// Sorts the prefixes, and joins the facts about the same one in the set that `set_of` returns.
    pub(crate) fn finish(&mut self, mut set_of: impl FnMut(&[FactId]) -> FactSetId) {
        let nodes = &mut self.nodes;
        nodes.sort_unstable_by_key(|node| (node.first, node.length, node.said));
        let mut facts = Vec::new();
        let (mut read, mut written) = (0, 0);
        while let Some(&node) = nodes.get(read) {
            let same = nodes[read..].iter();
            let same = same.take_while(|it| (it.first, it.length) == (node.first, node.length));
            facts.clear();
            facts.extend(same.map(|it| it.said));
            read += facts.len();
            nodes[written] = PrefixNode {
                said: set_of(&facts),
                ..node
            };
            written += 1;
        }
        nodes.truncate(written);
        nodes.shrink_to_fit();

        let mut around: Vec<(usize, PrefixNode<N>)> = Vec::new();
        for (place, node) in nodes.iter_mut().enumerate() {
            while around
                .pop_if(|(_, outer)| !outer.first.share(node.first, outer.length))
                .is_some()
            {}
            let parent = around
                .last()
                .and_then(|(outer, _)| u32::try_from(*outer).ok());
            node.parent = parent.unwrap_or(NONE);
            around.push((place, *node));
        }

        let blocks = 0..=1_usize << BLOCK_BITS;
        let mut begin = 0;
        let blocks = blocks.map(|block| {
            let rest = nodes.get(begin..).unwrap_or_default();
            begin += rest.partition_point(|node| node.first.block() < block);
            u32::try_from(begin).unwrap_or(NONE)
        });
        self.blocks = blocks.collect();
    }

    /// The number of prefixes.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Returns the prefixes that contain `address`, the narrowest first.
    pub(crate) fn hits(&self, address: N) -> impl Iterator<Item = Hit> {
        let block = address.block();
        let bound = |block: usize| {
            let bound = self.blocks.get(block).copied().unwrap_or_default();
            usize::try_from(bound).unwrap_or(usize::MAX)
        };
        let begin = bound(block);
        let near = self.nodes.get(begin..bound(block + 1)).unwrap_or_default();
        let behind = begin + near.partition_point(|node| node.first <= address);
        let nearest = behind.checked_sub(1).and_then(|it| u32::try_from(it).ok());
        let node = |place: u32| {
            let node = self.nodes.get(usize::try_from(place).ok()?)?;
            Some((place, node))
        };
        let chain =
            std::iter::successors(nearest.and_then(node), move |(_, inner)| node(inner.parent));
        chain
            .filter(move |(_, node)| node.first.share(address, node.length))
            .map(|(place, node)| Hit {
                node: place,
                length: node.length,
                said: node.said,
            })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Sets are recorded by index, offset by 1000.
    fn table(prefixes: &[(u8, u8)]) -> (NetworkTable<u8>, Vec<Vec<FactId>>) {
        let mut table = NetworkTable::default();
        for (fact, &(address, length)) in (0..).zip(prefixes) {
            table.add(masked(address, length), length, fact);
        }
        let mut sets = Vec::new();
        table.finish(|facts| {
            sets.push(facts.to_vec());
            u32::try_from(sets.len() - 1).unwrap()
        });
        (table, sets)
    }

    fn masked(address: u8, length: u8) -> u8 {
        let kept = u8::MAX.checked_shl(u32::from(8 - length)).unwrap_or(0);
        address & kept
    }

    proptest! {
        #[test]
        fn the_table_finds_what_looking_at_each_prefix_finds(
            prefixes in prop::collection::vec((any::<u8>(), 1..=8_u8), 0..40),
        ) {
            let (table, sets) = table(&prefixes);
            for address in 0..=u8::MAX {
                let hits: Vec<Hit> = table.hits(address).collect();
                let mut found: Vec<FactId> = Vec::new();
                for hit in &hits {
                    found.extend(&sets[usize::try_from(hit.said).unwrap()]);
                }
                let mut expected: Vec<(u8, FactId)> = (0..)
                    .zip(&prefixes)
                    .filter(|(_, (first, length))| masked(*first, *length) == masked(address, *length))
                    .map(|(fact, (_, length))| (8 - length, fact))
                    .collect();
                expected.sort_unstable();
                let expected: Vec<FactId> = expected.into_iter().map(|(_, fact)| fact).collect();
                prop_assert_eq!(found, expected);
                prop_assert!(hits.is_sorted_by(|a, b| a.length > b.length));
            }
        }
    }

    #[test]
    fn a_whole_family_and_one_address_are_prefixes_as_well() {
        let mut table = NetworkTable::<u128>::default();
        table.add(0, 0, 7);
        table.add(u128::MAX, 128, 8);
        table.finish(|facts| facts[0]);
        let said = |address| table.hits(address).map(|hit| hit.said).collect::<Vec<_>>();
        assert_eq!(said(0), [7]);
        assert_eq!(said(u128::MAX), [8, 7]);
    }
}
