//! What the tests share.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    unused_imports,
    reason = "a module of several test binaries, each of which uses a part"
)]

use std::sync::Arc;

use ipcascade_core::{Address, Built, Outcome, Provider, Settings};
use ipcascade_provider_cymru::CymruProvider;
use ipcascade_testkit::peers::dns::{DnsPeer, Reply, Via};
use ipcascade_testkit::peers::whois::WhoisPeer;
use serde_json::{Map, Value};

/// The provider with settings in TOML.
pub fn provider(settings: &str) -> Arc<dyn Provider> {
    let settings = Settings::from_toml("providers.cymru", settings);
    match CymruProvider::build(&settings).unwrap() {
        Built::Ready(provider) => provider,
        Built::Unconfigured(text) => panic!("{text}"),
    }
}

/// Addresses from text.
pub fn addresses(texts: &[&str]) -> Vec<Address> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

/// The fields of an address that must be found.
pub fn found(outcome: &Outcome) -> &Map<String, Value> {
    match outcome {
        Outcome::Found(finding) => &finding.fields,
        other => panic!("not found: {other:?}"),
    }
}

/// The class and message of a failure that must be one.
pub fn failed(outcome: &Outcome) -> (ipcascade_core::FailureClass, String) {
    match outcome {
        Outcome::Failed(failure) => (failure.class, failure.message.to_string()),
        other => panic!("no failure: {other:?}"),
    }
}

/// Addresses that lie in blocks of their own; the second octet goes from 0 on.
pub fn spread(count: u8) -> Vec<Address> {
    (0..count)
        .map(|index| std::net::Ipv4Addr::new(5, index, 7, 200 - index).into())
        .collect()
}

/// Every outcome must be that of `by_second_octet`.
pub fn assert_all_found(outcomes: &[Outcome]) {
    for (index, outcome) in outcomes.iter().enumerate() {
        let fields = found(outcome);
        let asn = 64_500 + index;
        assert_eq!(fields["asn"], asn, "address {index}");
        assert_eq!(fields["asn_org"], format!("NET-{asn} - A | B, DE"));
        assert_eq!(fields["allocation_date"], "2001-01-01");
    }
}

/// The table of a server that knows of no address.
pub fn nobody(_: &str) -> Vec<String> {
    Vec::new()
}

/// A DNS server that knows the addresses of `spread`.
pub async fn dns_like_whois() -> DnsPeer {
    DnsPeer::start(|name, _: Via| {
        let labels: Vec<&str> = name.split('.').collect();
        if labels[4] == "origin" {
            let (second, first) = (labels[2], labels[3]);
            let asn = 64_500 + second.parse::<u32>().unwrap();
            Reply::texts(&[&format!(
                "{asn} | {first}.{second}.7.0/24 | DE | ripencc | 2001-01-01"
            )])
        } else {
            let asn = labels[0].trim_start_matches("as");
            Reply::texts(&[&format!(
                "{asn} | DE | ripencc | 2001-01-01 | NET-{asn} - A | B, DE"
            )])
        }
    })
    .await
}

/// Settings with both ways, whois from 21 addresses on.
pub fn both(dns: &DnsPeer, whois: &WhoisPeer) -> String {
    format!("{}{}threshold = 20\n", dns.table(), whois.table())
}
