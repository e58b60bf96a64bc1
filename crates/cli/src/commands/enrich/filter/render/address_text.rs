//! Writes addresses and prefixes.

use std::io::Write as _;
use std::net::IpAddr;

use ipcascade_core::address::AddressText;
use ipnet::IpNet;

/// Appends an address.
pub(super) fn push_address(out: &mut Vec<u8>, address: IpAddr) {
    out.extend_from_slice(AddressText::new(address).as_str().as_bytes());
}

pub(super) fn push_prefix(out: &mut Vec<u8>, prefix: IpNet) {
    push_address(out, prefix.addr());
    // Writing to memory does not fail.
    write!(out, "/{}", prefix.prefix_len()).unwrap_or_default();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_as_everywhere() {
        for text in ["0.0.0.0", "255.1.20.3", "2001:db8::1", "::"] {
            let mut out = Vec::new();
            push_address(&mut out, text.parse().unwrap());
            assert_eq!(String::from_utf8(out).unwrap(), text);
        }
        let mut out = Vec::new();
        push_prefix(&mut out, "2001:db8::/32".parse().unwrap());
        assert_eq!(out, b"2001:db8::/32");
    }
}
