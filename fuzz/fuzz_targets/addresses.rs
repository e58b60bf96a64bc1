//! Addresses, prefixes, ranges and ASNs as people write them: what is read is read again as it is written, and a range
//! excludes its ends and not their neighbours.

#![no_main]

use std::net::IpAddr;

use ipcascade_core::address::{Address, canonical_network};
use ipcascade_core::asn::Asn;
use ipcascade_core::country::CountryCode;
use ipcascade_core::special_purpose::{EmbeddedIpv4, special_purpose};
use ipcascade_input::{AddressSpan, Spelling, list_entry};
use ipnet::IpNet;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(address) = text.parse::<Address>() {
        let shown = address.to_string();
        assert_eq!(shown.parse(), Ok(address));
        assert_eq!(shown, address.ip().to_string());
        special_purpose(address);
        if let Some(embedded) = EmbeddedIpv4::in_address(address) {
            assert!(embedded.host().is_ipv4());
        }
    }
    if let Ok(ip) = text.trim().parse::<IpAddr>() {
        assert_eq!(text.parse(), Ok(Address::from(ip)));
    }
    if let Ok(asn) = text.parse::<Asn>() {
        assert_eq!(asn.to_string().parse(), Ok(asn));
        assert_eq!(Asn::new(asn.get()), Some(asn));
    }
    if let Some(country) = CountryCode::parse(text) {
        assert_eq!(CountryCode::parse(country.as_str()), Some(country));
    }
    if let Ok(network) = text.parse::<IpNet>() {
        let network = canonical_network(network.trunc());
        assert_eq!(canonical_network(network), network);
        assert_eq!(network, network.trunc());
    }
    for zero_padded in [false, true] {
        for integers in [false, true] {
            spelled(
                text,
                Spelling {
                    zero_padded,
                    integers,
                },
            );
        }
    }
});

fn spelled(text: &str, spelling: Spelling) {
    let mut found = Vec::new();
    let entry = list_entry(text);
    let read = spelling.addresses(entry, &mut found);
    let shown: Vec<String> = found.iter().map(Address::to_string).collect();
    let mut again = Vec::new();
    assert!(found.is_empty() || spelling.addresses(&shown.join(","), &mut again).is_ok());
    assert_eq!(again, found, "{read:?}");
    let Ok(span) = spelling.span(text) else {
        return;
    };
    let mut from_first: AddressSpan = span;
    let first = from_first.next().expect("it is not empty");
    let count = span.count_less_one();
    let prefixes = span.prefixes();
    let (least, greatest) = span.first_and_last();
    assert_eq!(least, first);
    assert_eq!(
        prefixes.first().map(|it| Address::from(it.network())),
        Some(least)
    );
    assert_eq!(
        prefixes.last().map(|it| Address::from(it.broadcast())),
        Some(greatest)
    );
    if count < 1 << 10 {
        let all: Vec<Address> = span.collect();
        assert_eq!(all.len() as u128, count + 1);
        assert_eq!(all.first(), Some(&first));
    }
}
