//! The origins of each prefix, united over all files.

use std::collections::BTreeMap;

use indexmap::IndexSet;
use ipcascade_core::{Asn, Timestamp};
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use prefix_trie::map::Entry;
use prefix_trie::{Prefix, PrefixMap};

/// An AS that announces a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Origin {
    pub(crate) asn: Asn,
    /// How many peers of collectors see it, as far as files say.
    pub(crate) peers: u32,
    /// Whether a file states it without saying who sees it.
    pub(crate) is_stated: bool,
    /// Of when the newest file is that has it.
    pub(crate) seen_at: Option<Timestamp>,
}

/// Stands for a set of origins.
pub(crate) type SetId = u32;

/// All prefixes with their origins. Many prefixes share few sets of origins, so each set is kept once.
#[derive(Default)]
pub(crate) struct Gathered {
    pub(crate) ipv4: PrefixMap<Ipv4Net, SetId>,
    pub(crate) ipv6: PrefixMap<Ipv6Net, SetId>,
    /// By number.
    pub(crate) sets: IndexSet<Box<[Origin]>>,
}

impl Gathered {
    /// Adds the origins that one file has for a prefix, in ascending order.
    pub(crate) fn add(&mut self, prefix: IpNet, origins: &[Origin]) {
        match prefix {
            IpNet::V4(prefix) => add(&mut self.ipv4, &mut self.sets, prefix, origins),
            IpNet::V6(prefix) => add(&mut self.ipv6, &mut self.sets, prefix, origins),
        }
    }
}

fn add<P: Prefix>(
    prefixes: &mut PrefixMap<P, SetId>,
    sets: &mut IndexSet<Box<[Origin]>>,
    prefix: P,
    origins: &[Origin],
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

/// The number of a set; it has one for each set that memory has room for.
fn id_of(sets: &mut IndexSet<Box<[Origin]>>, origins: &[Origin]) -> SetId {
    let index = match sets.get_index_of(origins) {
        Some(index) => index,
        None => sets.insert_full(origins.into()).0,
    };
    SetId::try_from(index).unwrap_or(SetId::MAX)
}

/// The origins of a set.
pub(crate) fn set(sets: &IndexSet<Box<[Origin]>>, id: SetId) -> &[Origin] {
    let index = usize::try_from(id).unwrap_or(usize::MAX);
    sets.get_index(index).map_or(&[], |origins| origins)
}

/// The origins of both, in ascending order.
fn unite(one: &[Origin], other: &[Origin]) -> Vec<Origin> {
    let mut united: BTreeMap<Asn, Origin> = BTreeMap::new();
    for &origin in one.iter().chain(other) {
        let known = united
            .entry(origin.asn)
            .or_insert(Origin { peers: 0, ..origin });
        known.peers = known.peers.saturating_add(origin.peers);
        known.is_stated |= origin.is_stated;
        known.seen_at = known.seen_at.max(origin.seen_at);
    }
    united.into_values().collect()
}
