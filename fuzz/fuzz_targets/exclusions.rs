//! Files of what is excluded: any bytes are read or refused; the ends of each entry are excluded, and their neighbours only
//! if another entry has them.

#![no_main]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use ipcascade_core::address::Address;
use ipcascade_fuzz::InFile;
use ipcascade_input::{Exclude, Spelling};
use libfuzzer_sys::fuzz_target;

static FILE: LazyLock<InFile> = LazyLock::new(|| InFile::new("excluded.txt"));

fuzz_target!(|data: &[u8]| {
    FILE.write(data);
    let path = FILE.path().display().to_string();
    let Ok(exclude) = Exclude::read(&[path], Spelling::default()) else {
        return;
    };
    let spans = spans(data);
    assert_eq!(exclude.is_empty(), spans.is_empty());
    for &(is_ipv4, first, last) in &spans {
        let ends = [
            Some(first),
            Some(last),
            first.checked_sub(1),
            last.checked_add(1),
        ];
        for bits in ends.into_iter().flatten() {
            let Some(address) = address(is_ipv4, bits) else {
                continue;
            };
            let (is_ipv4, bits) = key(address);
            let is_expected = spans.iter().any(|&(of_ipv4, first, last)| {
                of_ipv4 == is_ipv4 && (first..=last).contains(&bits)
            });
            assert_eq!(exclude.holds(address), is_expected, "{address}");
        }
    }
});

/// `::ffff:0.0.0.0`.
const MAPPED: u128 = 0xffff << 32;

/// Family, first and last address of each entry.
fn spans(data: &[u8]) -> Vec<(bool, u128, u128)> {
    let text = data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(data);
    let mut spans = Vec::new();
    for line in text.split(|&byte| byte == b'\n') {
        let line = String::from_utf8_lossy(line);
        let comment = line.char_indices().find(|&(at, char)| {
            matches!(char, '#' | ';')
                && line[..at]
                    .bytes()
                    .last()
                    .is_none_or(|before| before.is_ascii_whitespace())
        });
        let entry = &line[..comment.map_or(line.len(), |(at, _)| at)];
        for part in entry.split(',').filter(|_| !entry.trim().is_empty()) {
            let mut span = Spelling::default()
                .span(part.trim())
                .expect("the file was read");
            let count = span.count_less_one();
            let (is_ipv4, first) = key(span.next().expect("it is not empty"));
            // A range of IPv6 addresses that begins with IPv4-mapped ones and goes on is one of IPv6 addresses.
            let is_mixed = is_ipv4 && first + count > u128::from(u32::MAX);
            spans.push(match is_mixed {
                true => (false, MAPPED | first, (MAPPED | first) + count),
                false => (is_ipv4, first, first + count),
            });
        }
    }
    spans
}

fn key(address: Address) -> (bool, u128) {
    match address.ip() {
        IpAddr::V4(ip) => (true, ip.to_bits().into()),
        IpAddr::V6(ip) => (false, ip.to_bits()),
    }
}

fn address(is_ipv4: bool, bits: u128) -> Option<Address> {
    let ip = match is_ipv4 {
        true => Ipv4Addr::from_bits(bits.try_into().ok()?).into(),
        false => IpAddr::V6(Ipv6Addr::from_bits(bits)),
    };
    Some(ip.into())
}
