//! Turns ranges that may overlap into a search table of ranges that do not.
//!
//! Files of different registries or different age overlap here and there. The narrower range is the more exact
//! statement, so it wins; of equal ranges the one of better rank.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::facts::FactId;

/// A range as a file states it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StatedRange {
    pub(crate) first: u128,
    pub(crate) last: u128,
    /// Lower is better.
    pub(crate) rank: u32,
    /// `None`: the range is not delegated.
    pub(crate) facts: Option<FactId>,
}

/// A range of the table and its facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KnownRange<N> {
    pub(crate) first: N,
    pub(crate) last: N,
    pub(crate) facts: FactId,
}

/// Ranges in order, none overlapping; `N` is as wide as the addresses.
#[derive(Debug)]
pub(crate) struct RangeTable<N> {
    /// Kept apart from the rest, because a search reads nothing else.
    firsts: Box<[N]>,
    rest: Box<[(N, FactId)]>,
}

impl<N: Copy + Ord + TryFrom<u128>> RangeTable<N> {
    /// Builds a table of `stated`; ranges that do not fit `N` are left out.
    pub(crate) fn new(stated: Vec<StatedRange>) -> Self {
        let mut firsts = Vec::with_capacity(stated.len());
        let mut rest = Vec::with_capacity(stated.len());
        for known in flatten(stated) {
            if let (Ok(first), Ok(last)) = (N::try_from(known.first), N::try_from(known.last)) {
                firsts.push(first);
                rest.push((last, known.facts));
            }
        }
        Self {
            firsts: firsts.into(),
            rest: rest.into(),
        }
    }

    /// Returns the range that contains `address`.
    pub(crate) fn find(&self, address: N) -> Option<KnownRange<N>> {
        let index = self
            .firsts
            .partition_point(|&first| first <= address)
            .checked_sub(1)?;
        let (last, facts) = self.rest[index];
        let first = self.firsts[index];
        (address <= last).then_some(KnownRange { first, last, facts })
    }
}

/// Splits overlapping ranges at each other's ends, and keeps the best statement for each piece.
fn flatten(mut stated: Vec<StatedRange>) -> Vec<KnownRange<u128>> {
    stated.sort_by_key(|range| range.first);
    let mut bounds: Vec<u128> = Vec::with_capacity(stated.len() * 2);
    for range in &stated {
        bounds.push(range.first);
        bounds.extend(range.last.checked_add(1));
    }
    bounds.sort_unstable();
    bounds.dedup();

    let mut pieces: Vec<KnownRange<u128>> = Vec::with_capacity(stated.len());
    let mut piece_of: Option<usize> = None;
    let mut active = BinaryHeap::new();
    let mut coming = stated.iter().enumerate().peekable();
    for (place, &bound) in bounds.iter().enumerate() {
        while let Some((index, range)) = coming.next_if(|(_, range)| range.first == bound) {
            active.push(Reverse((range.last - range.first, range.rank, index)));
        }
        while let Some(&Reverse((_, _, index))) = active.peek()
            && stated[index].last < bound
        {
            active.pop();
        }
        let best = active.peek().map(|&Reverse((_, _, index))| index);
        let last = bounds.get(place + 1).map_or(u128::MAX, |next| next - 1);
        let facts = best.and_then(|index| stated[index].facts);
        match (facts, pieces.last_mut()) {
            (Some(_), Some(piece)) if piece_of == best => piece.last = last,
            (Some(facts), _) => pieces.push(KnownRange {
                first: bound,
                last,
                facts,
            }),
            (None, _) => {}
        }
        piece_of = best;
    }
    pieces
}

/// Returns the length of the shortest prefix that contains `address` and nothing outside `first..=last`, for addresses
/// of `width` bits.
pub(crate) fn prefix_length(address: u128, first: u128, last: u128, width: u8) -> u8 {
    let mut length = width;
    let mut hosts: u128 = 0;
    while length > 0 {
        let wider = hosts << 1 | 1;
        if address & !wider < first || address | wider > last {
            break;
        }
        hosts = wider;
        length -= 1;
    }
    length
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stated(first: u128, last: u128, rank: u32, facts: Option<FactId>) -> StatedRange {
        StatedRange {
            first,
            last,
            rank,
            facts,
        }
    }

    /// Finds the best statement about `address` by checking each one.
    fn naive(ranges: &[StatedRange], address: u128) -> Option<FactId> {
        ranges
            .iter()
            .filter(|range| (range.first..=range.last).contains(&address))
            .min_by_key(|range| (range.last - range.first, range.rank))?
            .facts
    }

    /// Finds the shortest prefix inside the range by trying each length.
    fn naive_length(address: u128, first: u128, last: u128, width: u8) -> u8 {
        (0..=width)
            .find(|&length| {
                let hosts = (1_u128 << (width - length)) - 1;
                address & !hosts >= first && address | hosts <= last
            })
            .unwrap()
    }

    proptest! {
        #[test]
        fn the_table_finds_what_looking_at_each_range_finds(
            ranges in prop::collection::vec((0_u8..=255, 0_u8..40, any::<bool>()), 0..40),
        ) {
            // Ranks differ, so that exactly one statement is best; ranges reach both ends.
            let ranges: Vec<StatedRange> = (0..)
                .zip(ranges)
                .map(|(rank, (first, more, held))| {
                    let last = first.saturating_add(more);
                    stated(first.into(), last.into(), rank, held.then_some(rank))
                })
                .collect();
            let table = RangeTable::<u8>::new(ranges.clone());
            for address in 0..=255_u8 {
                let known = table.find(address);
                prop_assert_eq!(known.map(|k| k.facts), naive(&ranges, address.into()));
                if let Some(known) = known {
                    for near in known.first..=known.last {
                        prop_assert_eq!(naive(&ranges, near.into()), Some(known.facts));
                    }
                    let (first, last) = (known.first.into(), known.last.into());
                    let length = prefix_length(address.into(), first, last, 8);
                    prop_assert_eq!(length, naive_length(address.into(), first, last, 8));
                }
            }
        }
    }

    #[test]
    fn both_ends_of_the_address_space_are_in_reach() {
        let whole = stated(0, u128::MAX, 0, Some(7));
        let end = stated(u128::MAX, u128::MAX, 0, Some(8));
        let table = RangeTable::<u128>::new(vec![whole, end]);
        assert_eq!(table.find(0).unwrap().facts, 7);
        assert_eq!(table.find(u128::MAX - 1).unwrap().facts, 7);
        assert_eq!(table.find(u128::MAX).unwrap().facts, 8);
        assert_eq!(prefix_length(5, 0, u128::MAX, 128), 0);
    }

    #[test]
    fn a_count_that_is_not_a_power_of_two_yields_the_prefix_around_the_address() {
        // 1.0.0.0 with 768 addresses is 1.0.0.0/23 and 1.0.2.0/24.
        let (first, last) = (0x0100_0000, 0x0100_02ff);
        assert_eq!(prefix_length(0x0100_0105, first, last, 32), 23);
        assert_eq!(prefix_length(0x0100_0205, first, last, 32), 24);
    }
}
