//! The search table.

use std::net::IpAddr;
use std::num::NonZeroU32;

use indexmap::IndexSet;
use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::lookup::Finding;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use prefix_trie::{Prefix, PrefixMap};
use sha2::{Digest as _, Sha256};

use crate::origin_record::{Judged, OriginRecord, sort};
use crate::prefix_origins::{OriginAs, OriginSetId, PrefixOrigins, set};
use crate::rov::{Payloads, Validity};

/// An origin that only one of several peers sees is a leak within its network, or a mistake.
const MIN_PEERS: u32 = 2;

/// None of the routes to the prefix counts: nothing is known about it.
const NOTHING: u32 = u32::MAX;
/// Too few peers see its origins: the others route by the prefix around it.
const LEFT_OUT: u32 = NOTHING - 1;

/// Prefixes and their records.
pub(crate) struct PrefixTable {
    ipv4: PrefixMap<Ipv4Net, u32>,
    ipv6: PrefixMap<Ipv6Net, u32>,
    records: Box<[OriginRecord]>,
    /// Equal for tables with the same content, whatever files they were built from and in whatever order.
    digest: u64,
}

impl PrefixTable {
    /// Builds a table of `prefix_origins` from the origins that at least `min_peers` see, validated against `payloads`.
    pub(crate) fn new(
        prefix_origins: PrefixOrigins,
        min_peers: Option<NonZeroU32>,
        payloads: Option<&Payloads>,
    ) -> Self {
        let PrefixOrigins {
            mut ipv4,
            mut ipv6,
            sets,
        } = prefix_origins;
        let mut maker = RecordMaker {
            sets: &sets,
            min_peers,
            payloads,
            made: IndexSet::new(),
            hasher: Sha256::new(),
            left_out: 0,
        };
        maker.settle(&mut ipv4);
        maker.settle(&mut ipv6);
        if maker.left_out > 0 {
            let left_out = maker.left_out;
            tracing::info!(
                "{left_out} origins of prefixes are left out, because too few peers see them"
            );
        }
        let (records, digest) = maker.finish();
        Self {
            ipv4,
            ipv6,
            records,
            digest,
        }
    }

    /// Whether it has no origin.
    pub(crate) fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Distinguishes tables, the same on every machine.
    pub(crate) const fn digest(&self) -> u64 {
        self.digest
    }

    /// Returns the finding for the longest prefix that contains `address`.
    pub(crate) fn find(&self, address: Address) -> Option<Finding> {
        let (prefix, record) = match address.ip() {
            IpAddr::V4(ip) => {
                let (prefix, &record) = self.ipv4.get_lpm(&ip.into())?;
                (IpNet::V4(prefix), record)
            }
            IpAddr::V6(ip) => {
                let (prefix, &record) = self.ipv6.get_lpm(&ip.into())?;
                (IpNet::V6(prefix), record)
            }
        };
        let record = self.records.get(usize::try_from(record).ok()?)?;
        Some(Finding {
            fields: record.fields()?,
            prefix: Some(prefix),
        })
    }

    /// Calls `found` with each prefix that one of `asns` originates.
    pub(crate) fn find_prefixes(&self, asns: &[Asn], found: &mut dyn FnMut(Asn, IpNet)) {
        // Many prefixes share a record.
        let wanted = self.records.iter().map(|record| {
            let origins = record.origins().iter().map(|judged| judged.origin.asn);
            origins.filter(|origin| asns.contains(origin)).collect()
        });
        let wanted: Vec<Vec<Asn>> = wanted.collect();
        let ipv4 = self.ipv4.iter().map(|(prefix, id)| (IpNet::V4(prefix), id));
        let ipv6 = self.ipv6.iter().map(|(prefix, id)| (IpNet::V6(prefix), id));
        for (prefix, &id) in ipv4.chain(ipv6) {
            let origins = usize::try_from(id).ok().and_then(|id| wanted.get(id));
            for &origin in origins.into_iter().flatten() {
                found(origin, prefix);
            }
        }
    }
}

/// Builds records from sets of origins.
struct RecordMaker<'a> {
    sets: &'a IndexSet<Box<[OriginAs]>>,
    min_peers: Option<NonZeroU32>,
    payloads: Option<&'a Payloads>,
    made: IndexSet<Box<[Judged]>>,
    hasher: Sha256,
    left_out: u64,
}

impl RecordMaker<'_> {
    /// Replaces the numbers of sets by those of records.
    fn settle<P: Prefix + Copy + Into<IpNet>>(&mut self, prefixes: &mut PrefixMap<P, OriginSetId>) {
        let min_peers = self.min_peers(prefixes.values());
        for (prefix, id) in prefixes.iter_mut() {
            let prefix: IpNet = prefix.into();
            let origins = set(self.sets, *id);
            let judged = self.judged(prefix, origins, min_peers);
            *id = match (origins.is_empty(), judged.is_empty()) {
                (true, _) => NOTHING,
                (false, true) => LEFT_OUT,
                (false, false) => self.number(judged),
            };
            if *id != LEFT_OUT {
                self.note(prefix, *id);
            }
        }
        prefixes.retain(|_, &id| id != LEFT_OUT);
    }

    /// How many peers must see an origin. By default, one suffices in a family with a single peer.
    fn min_peers<'a>(&self, ids: impl Iterator<Item = &'a OriginSetId>) -> u32 {
        let origins = ids.flat_map(|&id| set(self.sets, id));
        match self.min_peers {
            Some(min_peers) => min_peers.get(),
            None => MIN_PEERS.min(origins.map(|origin| origin.peers).max().unwrap_or(0)),
        }
    }

    fn judged(&mut self, prefix: IpNet, origins: &[OriginAs], min_peers: u32) -> Vec<Judged> {
        let counts = |origin: &&OriginAs| origin.is_stated || origin.peers >= min_peers;
        let judge = |&origin: &OriginAs| Judged {
            origin,
            rpki: self.payloads.map(|all| all.validity(prefix, origin.asn)),
        };
        let mut judged: Vec<Judged> = origins.iter().filter(counts).map(judge).collect();
        sort(&mut judged);
        let left_out = origins.len() - judged.len();
        self.left_out += u64::try_from(left_out).unwrap_or(0);
        judged
    }

    fn number(&mut self, origins: Vec<Judged>) -> u32 {
        let index = match self.made.get_index_of(&*origins) {
            Some(index) => index,
            None => self.made.insert_full(origins.into()).0,
        };
        u32::try_from(index).unwrap_or(NOTHING)
    }

    fn note(&mut self, prefix: IpNet, record: u32) {
        match prefix.addr() {
            IpAddr::V4(ip) => self.hasher.update(ip.octets()),
            IpAddr::V6(ip) => self.hasher.update(ip.octets()),
        }
        self.hasher.update([prefix.prefix_len()]);
        self.hasher.update(record.to_be_bytes());
    }

    fn finish(mut self) -> (Box<[OriginRecord]>, u64) {
        let records: Box<[OriginRecord]> = self.made.into_iter().map(OriginRecord::new).collect();
        for record in &records {
            let origins = record.origins();
            self.hasher.update(origins.len().to_be_bytes());
            for judged in origins {
                note_origin(&mut self.hasher, judged);
            }
        }
        let hash = self.hasher.finalize();
        let digest = hash.first_chunk().copied().unwrap_or_default();
        (records, u64::from_be_bytes(digest))
    }
}

fn note_origin(hasher: &mut Sha256, judged: &Judged) {
    let Judged { origin, rpki } = judged;
    let seen_at = origin.seen_at.map_or(0, |at| at.timestamp());
    hasher.update(origin.asn.get().to_be_bytes());
    hasher.update(origin.peers.to_be_bytes());
    hasher.update(seen_at.to_be_bytes());
    let state = rpki.map_or("", Validity::state);
    let reason = rpki.and_then(Validity::reason).unwrap_or_default();
    for text in [state, reason] {
        hasher.update(text);
        hasher.update([0]);
    }
}
