//! IPv6.

use crate::special_purpose::blocks::{AddressBlock, aligned};
use crate::special_purpose::purpose::SpecialPurpose;

macro_rules! blocks {
    ($([$($segment:literal),+] / $length:literal is $reason:literal by $source:literal;)+) => {
        &[$(AddressBlock {
            network: aligned([$($segment),+], 16),
            length: $length,
            purpose: Some(SpecialPurpose { reason: $reason, source: $source }),
        }),+]
    };
}

macro_rules! global {
    ($([$($segment:literal),+] / $length:literal;)+) => {
        &[$(AddressBlock {
            network: aligned([$($segment),+], 16),
            length: $length,
            purpose: None,
        }),+]
    };
}

/// Global although inside a wider block that is not.
static GLOBAL: &[AddressBlock<Option<SpecialPurpose>>] = global! {
    // IPv4/IPv6 translation and Teredo: as global as the embedded IPv4 address (RFC 6052, RFC 4380).
    [0x64, 0xff9b] / 96;
    [0x2001, 0] / 32;
    // Anycast of port control protocol, TURN, DNS-SD (RFC 7723, RFC 8155, RFC 9665).
    [0x2001, 1, 0, 0, 0, 0, 0, 1] / 128;
    [0x2001, 1, 0, 0, 0, 0, 0, 2] / 128;
    [0x2001, 1, 0, 0, 0, 0, 0, 3] / 128;
    // AMT, AS112, ORCHIDv2, drone remote ID (RFC 7450, RFC 7535, RFC 7343, RFC 9374).
    [0x2001, 3] / 32;
    [0x2001, 4, 0x112] / 48;
    [0x2001, 0x20] / 28;
    [0x2001, 0x30] / 28;
};

/// Narrower blocks come before wider ones.
static SPECIAL: &[AddressBlock<Option<SpecialPurpose>>] = blocks! {
    [0] / 128 is "unspecified" by "RFC 4291";
    [0, 0, 0, 0, 0, 0, 0, 1] / 128 is "loopback" by "RFC 4291";
    [0, 0, 0, 0, 0, 0xffff] / 96 is "ipv4-mapped" by "RFC 4291";
    [0] / 96 is "deprecated ipv4-compatible" by "RFC 4291";
    [0x64, 0xff9b, 1] / 48 is "local-use ipv4/ipv6 translation" by "RFC 8215";
    [0x100] / 64 is "discard-only" by "RFC 6666";
    [0x100, 0, 0, 1] / 64 is "dummy prefix" by "RFC 9780";
    [0x2001, 2] / 48 is "benchmarking" by "RFC 5180";
    [0x2001, 0x10] / 28 is "deprecated orchid" by "RFC 4843";
    [0x2001] / 23 is "ietf-protocol-assignments" by "RFC 2928";
    [0x2001, 0xdb8] / 32 is "documentation" by "RFC 3849";
    [0x3fff] / 20 is "documentation" by "RFC 9637";
    [0x5f00] / 16 is "segment-routing sids" by "RFC 9602";
    [0xfc00] / 7 is "unique-local" by "RFC 4193";
    [0xfe80] / 10 is "link-local" by "RFC 4291";
    [0xfec0] / 10 is "deprecated site-local" by "RFC 3879";
    [0xff00] / 8 is "multicast" by "RFC 4291";
};

/// Everything that is allocated is in this block.
const UNICAST: AddressBlock<()> = AddressBlock {
    network: aligned([0x2000], 16),
    length: 3,
    purpose: (),
};

/// The description of the rest.
static RESERVED: SpecialPurpose = SpecialPurpose {
    reason: "reserved",
    source: "RFC 4291",
};

/// What makes `address` special by its own block, if anything does.
pub(super) fn purpose_of(address: u128) -> Option<&'static SpecialPurpose> {
    let listed = GLOBAL.iter().chain(SPECIAL);
    match listed.into_iter().find(|block| block.covers(address)) {
        Some(block) => block.purpose.as_ref(),
        None if UNICAST.covers(address) => None,
        None => Some(&RESERVED),
    }
}
