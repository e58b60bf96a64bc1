//! IPv4.

use crate::special_purpose::blocks::{AddressBlock, aligned, left_aligned};
use crate::special_purpose::purpose::SpecialPurpose;

/// An IPv4 block, also in the form for IPv6 addresses that embed one of its addresses.
#[derive(Debug)]
pub(super) struct Ipv4Block {
    pub(super) purpose: SpecialPurpose,
    pub(super) in_6to4: SpecialPurpose,
    pub(super) in_nat64: SpecialPurpose,
    pub(super) in_teredo: SpecialPurpose,
}

macro_rules! blocks {
    ($([$($octet:literal),+] / $length:literal is $reason:literal by $source:literal;)+) => {
        &[$(AddressBlock {
            network: aligned([$($octet),+], 8),
            length: $length,
            purpose: Ipv4Block {
                purpose: SpecialPurpose { reason: $reason, source: $source },
                in_6to4: SpecialPurpose {
                    reason: concat!($reason, " in 6to4"),
                    source: concat!("RFC 3056, ", $source),
                },
                in_nat64: SpecialPurpose {
                    reason: concat!($reason, " in NAT64"),
                    source: concat!("RFC 6052, ", $source),
                },
                in_teredo: SpecialPurpose {
                    reason: concat!($reason, " in Teredo"),
                    source: concat!("RFC 4380, ", $source),
                },
            },
        }),+]
    };
}

/// Addresses inside a reserved block that are global nevertheless: port control protocol and TURN anycast (RFC 7723,
/// RFC 8155).
const GLOBAL: [u128; 2] = [aligned([192, 0, 0, 9], 8), aligned([192, 0, 0, 10], 8)];

/// Narrower blocks come before wider ones.
static BLOCKS: &[AddressBlock<Ipv4Block>] = blocks! {
    [0] / 8 is "this-network" by "RFC 791";
    [10] / 8 is "private-use" by "RFC 1918";
    [100, 64] / 10 is "shared-address-space (CGNAT)" by "RFC 6598";
    [127] / 8 is "loopback" by "RFC 1122";
    [169, 254] / 16 is "link-local" by "RFC 3927";
    [172, 16] / 12 is "private-use" by "RFC 1918";
    [192, 0, 0] / 29 is "ipv4 service continuity" by "RFC 7335";
    [192, 0, 0, 8] / 32 is "ipv4 dummy address" by "RFC 7600";
    [192, 0, 0, 170] / 31 is "nat64/dns64 discovery" by "RFC 8880";
    [192, 0, 0] / 24 is "ietf-protocol-assignments" by "RFC 6890";
    [192, 0, 2] / 24 is "documentation" by "RFC 5737";
    [192, 88, 99] / 24 is "deprecated 6to4 relay anycast" by "RFC 7526";
    [192, 168] / 16 is "private-use" by "RFC 1918";
    [198, 18] / 15 is "benchmarking" by "RFC 2544";
    [198, 51, 100] / 24 is "documentation" by "RFC 5737";
    [203, 0, 113] / 24 is "documentation" by "RFC 5737";
    [224] / 4 is "multicast" by "RFC 5771";
    [255, 255, 255, 255] / 32 is "limited-broadcast" by "RFC 919";
    [240] / 4 is "reserved" by "RFC 1112";
};

/// The block that makes `address` special, if one does.
pub(super) fn block_of(address: u32) -> Option<&'static Ipv4Block> {
    let address = left_aligned(address);
    if GLOBAL.contains(&address) {
        return None;
    }
    let block = BLOCKS.iter().find(|block| block.covers(address))?;
    Some(&block.purpose)
}
