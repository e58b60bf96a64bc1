//! How many questions many addresses take.

#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

mod support;

use std::collections::HashSet;
use std::net::{Ipv4Addr, Ipv6Addr};

use ipcascade_core::address::Address;
use ipcascade_core::lookup::Outcome;
use ipcascade_testkit::peers::dns::{DnsPeer, DnsReply, Via};
use support::provider;

/// Every /24 and /48 is announced as such, by one of 100 ASes.
fn zone(name: &str, _: Via) -> DnsReply {
    let labels: Vec<&str> = name.split('.').collect();
    let text = match labels.as_slice() {
        [system, "asn", ..] => {
            let number = system.trim_start_matches("as");
            format!("{number} | DE | ripencc | 2001-01-01 | NET-{number}, DE")
        }
        [_, c, b, a, "origin", ..] => {
            let asn = 204_500 + c.parse::<u32>().unwrap() % 100;
            format!("{asn} | {a}.{b}.{c}.0/24 | DE | ripencc | 2001-01-01")
        }
        nibbles if nibbles.get(32) == Some(&"origin6") => {
            let digits: Vec<&str> = nibbles[20..32].iter().rev().copied().collect();
            let groups: Vec<String> = digits.chunks(4).map(|group| group.concat()).collect();
            let asn = 204_500 + u32::from_str_radix(&groups[2], 16).unwrap() % 100;
            format!(
                "{asn} | {}::/48 | DE | ripencc | 2001-01-01",
                groups.join(":")
            )
        }
        _ => return DnsReply::NoName,
    };
    DnsReply::texts(&[&text])
}

async fn questions_for(addresses: &[Address]) -> Vec<String> {
    let peer = DnsPeer::start(zone).await;
    let provider = provider(&peer.settings());
    for batch in addresses.chunks(provider.capabilities().batch_size) {
        let answers = provider.look_up(batch).await;
        for (address, outcome) in batch.iter().zip(&answers.outcomes) {
            assert!(
                matches!(outcome, Outcome::Found(_)),
                "{address}: {outcome:?}"
            );
        }
    }
    peer.asked()
}

fn check(asked: &[String], origins: usize) {
    let distinct: HashSet<&String> = asked.iter().collect();
    assert_eq!(distinct.len(), asked.len(), "nothing is asked twice");
    let origin = asked.iter().filter(|name| name.contains(".origin"));
    assert_eq!(origin.count(), origins);
    assert_eq!(asked.len(), origins + 100, "and each system once");
}

#[tokio::test]
async fn a_hundred_thousand_addresses_take_a_question_for_each_24() {
    // The addresses of a /24 are not adjacent: they are in different batches.
    let addresses: Vec<Address> = (0..100_000_u32)
        .map(|n| Ipv4Addr::from((5 << 24) + ((n % 20_000) << 8) + n / 20_000 + 1).into())
        .collect();
    check(&questions_for(&addresses).await, 20_000);
}

#[tokio::test]
async fn ipv6_addresses_take_a_question_for_each_48() {
    let addresses: Vec<Address> = (0..10_000_u16)
        .map(|n| Ipv6Addr::new(0x2a00, 1, n % 2_000, n, 0, 0, 0, 1).into())
        .collect();
    check(&questions_for(&addresses).await, 2_000);
}
