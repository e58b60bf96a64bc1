//! Blocks of addresses.

/// A block and its description; addresses are left-aligned in 128 bits.
#[derive(Debug)]
pub(super) struct AddressBlock<T> {
    pub(super) network: u128,
    pub(super) length: u8,
    pub(super) purpose: T,
}

impl<T> AddressBlock<T> {
    pub(super) const fn covers(&self, address: u128) -> bool {
        (address ^ self.network) >> (128 - self.length) == 0
    }
}

/// An IPv4 address, left-aligned.
pub(super) const fn left_aligned(address: u32) -> u128 {
    (address as u128) << 96
}

/// The address that begins with `parts` of `width` bits each; zeros follow.
pub(super) const fn aligned<const N: usize>(parts: [u16; N], width: usize) -> u128 {
    let mut bits = 0;
    let mut index = 0;
    while index < N {
        bits |= (parts[index] as u128) << (128 - width * (index + 1));
        index += 1;
    }
    bits
}
