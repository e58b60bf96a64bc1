//! IPv4 addresses in IPv6 addresses: what is sent to the one ends at the other.

use super::SpecialPurpose;
use super::blocks::{Block, aligned};
use super::ipv4::{Ipv4Block, block_of};

/// Where a kind of IPv6 address holds IPv4 addresses.
struct Embedding {
    /// Those in an address of the block, in the order in which they are judged.
    addresses: fn(u128) -> [Option<u32>; 2],
    /// How a block of IPv4 is told of.
    told: fn(&'static Ipv4Block) -> &'static SpecialPurpose,
}

static EMBEDDINGS: [Block<Embedding>; 3] = [
    // RFC 3056 section 2.
    Block {
        network: aligned([0x2002], 16),
        length: 16,
        purpose: Embedding {
            addresses: |ip| [Some(bits_at(ip, 80)), None],
            told: |block| &block.in_6to4,
        },
    },
    // RFC 6052 section 3.1.
    Block {
        network: aligned([0x64, 0xff9b], 16),
        length: 96,
        purpose: Embedding {
            addresses: |ip| [Some(bits_at(ip, 0)), None],
            told: |block| &block.in_nat64,
        },
    },
    // RFC 4380 section 4: the client, its bits inverted, and its server.
    Block {
        network: aligned([0x2001, 0], 16),
        length: 32,
        purpose: Embedding {
            addresses: |ip| [Some(!bits_at(ip, 0)), Some(bits_at(ip, 64))],
            told: |block| &block.in_teredo,
        },
    },
];

/// The 32 bits of `ip` that end `shift` bits before its end.
fn bits_at(ip: u128, shift: u32) -> u32 {
    u32::try_from((ip >> shift) & u128::from(u32::MAX)).unwrap_or_default()
}

/// What makes the IPv4 address inside `ip` special, if there is one and anything does.
pub(super) fn purpose_of(ip: u128) -> Option<&'static SpecialPurpose> {
    let embedding = &EMBEDDINGS.iter().find(|block| block.covers(ip))?.purpose;
    let embedded = (embedding.addresses)(ip).into_iter().flatten();
    embedded.filter_map(block_of).map(embedding.told).next()
}
