//! The origins of each prefix, merged from all files.

use std::collections::BTreeMap;

use indexmap::IndexSet;
use ipcascade_core::asn::Asn;
use ipcascade_core::clock::Timestamp;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use prefix_trie::map::Entry;
use prefix_trie::{Prefix, PrefixMap};

/// An AS that announces a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct OriginAs {
    pub(crate) asn: Asn,
    /// How many peers of collectors see it, as far as files state it.
    pub(crate) peers: u32,
    /// Whether a file states it without saying which peers see it.
    pub(crate) is_stated: bool,
    /// The time of the newest file that has it.
    pub(crate) seen_at: Option<Timestamp>,
}

/// Stands for a set of origins.
pub(crate) type OriginSetId = u32;

/// All prefixes with their origins. Many prefixes share few sets of origins, so each set is kept once.
#[derive(Default)]
pub(crate) struct PrefixOrigins {
    pub(crate) ipv4: PrefixMap<Ipv4Net, OriginSetId>,
    pub(crate) ipv6: PrefixMap<Ipv6Net, OriginSetId>,
    /// By number.
    pub(crate) sets: IndexSet<Box<[OriginAs]>>,
}

impl PrefixOrigins {
    /// Adds the origins that one file has for a prefix, in ascending order.
    pub(crate) fn add(&mut self, prefix: IpNet, origins: &[OriginAs]) {
        match prefix {
            IpNet::V4(prefix) => add(&mut self.ipv4, &mut self.sets, prefix, origins),
            IpNet::V6(prefix) => add(&mut self.ipv6, &mut self.sets, prefix, origins),
        }
    }
}

fn add<P: Prefix>(
    prefixes: &mut PrefixMap<P, OriginSetId>,
    sets: &mut IndexSet<Box<[OriginAs]>>,
    prefix: P,
    origins: &[OriginAs],
) {
    match prefixes.entry(prefix) {
        Entry::Vacant(vacant) => {
            vacant.insert(id_of(sets, origins));
        }
        Entry::Occupied(occupied) => {
            let known = set(sets, *occupied.get());
            let united = unite(known, origins);
            occupied.insert(id_of(sets, &united));
        }
    }
}

/// Returns the number of a set; there are enough numbers for all sets that fit in memory.
fn id_of(sets: &mut IndexSet<Box<[OriginAs]>>, origins: &[OriginAs]) -> OriginSetId {
    let index = match sets.get_index_of(origins) {
        Some(index) => index,
        None => sets.insert_full(origins.into()).0,
    };
    OriginSetId::try_from(index).unwrap_or(OriginSetId::MAX)
}

/// Returns the origins of a set.
pub(crate) fn set(sets: &IndexSet<Box<[OriginAs]>>, id: OriginSetId) -> &[OriginAs] {
    let index = usize::try_from(id).unwrap_or(usize::MAX);
    sets.get_index(index).map_or(&[], |origins| origins)
}

/// Merges both, in ascending order.
fn unite(one: &[OriginAs], other: &[OriginAs]) -> Vec<OriginAs> {
    let mut united: BTreeMap<Asn, OriginAs> = BTreeMap::new();
    for &origin in one.iter().chain(other) {
        let known = united
            .entry(origin.asn)
            .or_insert(OriginAs { peers: 0, ..origin });
        known.peers = known.peers.saturating_add(origin.peers);
        known.is_stated |= origin.is_stated;
        known.seen_at = known.seen_at.max(origin.seen_at);
    }
    united.into_values().collect()
}
