//! Lines of text: every IPv4 address that is found stands in the line, and alone it is found again.

#![no_main]

use std::net::IpAddr;

use ipcascade_core::address::Address;
use ipcascade_input::Spelling;
use ipcascade_input::fuzzing::{plain, scan};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|line: &[u8]| {
    let (found, _) = scan(line, Spelling::default());
    let plain = String::from_utf8_lossy(&plain(line)).to_ascii_lowercase();
    // The shortest address has two bytes, and a separator.
    assert!(found.len() <= plain.len() / 2);
    // One of IPv6 may stand for one of IPv4.
    let may_be_mapped = plain.contains("::") || plain.contains("ffff:");
    for address in &found {
        if let IpAddr::V4(ip) = address.ip() {
            let is_there = plain.contains(&ip.to_string());
            assert!(is_there || may_be_mapped, "{ip} is not in {plain:?}");
        }
    }
    for address in found.iter().filter(|address| !is_elsewhere(**address)) {
        let (again, skipped) = scan(address.to_string().as_bytes(), Spelling::default());
        assert_eq!(again, [*address]);
        assert!(skipped.is_empty());
    }
    // Whatever more spellings are accepted, addresses in a usual one stay.
    let padded = Spelling {
        zero_padded: true,
        integers: false,
    };
    for address in scan(line, padded).0 {
        assert_eq!(address.to_string().parse(), Ok(address));
    }
});

/// Whether alone it may not be taken for an address, as it is at the end of a packet: a netmask, an IPv6 address that is
/// not in use, a name in code (`::`, `::beef`).
fn is_elsewhere(address: Address) -> bool {
    match address.ip() {
        IpAddr::V4(ip) => ip.to_bits().leading_ones() + ip.to_bits().trailing_zeros() >= 32,
        IpAddr::V6(ip) => ip.segments()[0] >> 13 != 1,
    }
}
