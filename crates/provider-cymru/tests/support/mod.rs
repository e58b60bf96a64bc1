//! Shared parts of the tests.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    unused_imports,
    reason = "a module of several test binaries, each of which uses a part"
)]

use std::sync::Arc;

use ipcascade_core::address::Address;
use ipcascade_core::fields::Fields;
use ipcascade_core::lookup::Outcome;
use ipcascade_core::provider::Provider;
use ipcascade_core::registry::ProviderSetup;
use ipcascade_core::settings::Settings;
use ipcascade_provider_cymru::build;
use ipcascade_testkit::peers::dns::{DnsPeer, DnsReply, Via};
use ipcascade_testkit::peers::whois::WhoisPeer;
use serde_json::{Map, Value};

/// The provider with settings in TOML.
pub fn provider(settings: &str) -> Arc<dyn Provider> {
    let settings = Settings::from_toml("providers.cymru", settings);
    match build(&settings).unwrap() {
        ProviderSetup::Ready(provider) => provider,
        ProviderSetup::Unconfigured(text) => panic!("{text}"),
    }
}

/// Addresses from text.
pub fn addresses(texts: &[&str]) -> Vec<Address> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

/// The fields of an address that must be found.
pub fn found(outcome: &Outcome) -> Map<String, Value> {
    match outcome {
        Outcome::Found(finding) => finding.fields.to_map(),
        other => panic!("not found: {other:?}"),
    }
}

/// The class and message of a failure.
pub fn failed(outcome: &Outcome) -> (ipcascade_core::lookup::FailureClass, String) {
    match outcome {
        Outcome::Failed(failure) => (failure.class, failure.message.to_string()),
        other => panic!("no failure: {other:?}"),
    }
}

/// Addresses in blocks of their own; the second octet counts from 0.
pub fn spread(count: u8) -> Vec<Address> {
    (0..count)
        .map(|index| std::net::Ipv4Addr::new(5, index, 7, 200 - index).into())
        .collect()
}

/// Every outcome must be that of `by_second_octet`.
pub fn assert_all_found(outcomes: &[Outcome]) {
    for (index, outcome) in outcomes.iter().enumerate() {
        let fields = found(outcome);
        let asn = 204_500 + index;
        assert_eq!(fields["asn"], asn, "address {index}");
        assert_eq!(fields["asn_org"], format!("NET-{asn} - A | B, DE"));
        assert_eq!(fields["allocation_date"], "2001-01-01");
    }
}

/// The table of a server that knows no address.
pub fn nobody(_: &str) -> Vec<String> {
    Vec::new()
}

/// A DNS server that knows the addresses of `spread`.
pub async fn dns_like_whois() -> DnsPeer {
    DnsPeer::start(|name, _: Via| {
        let labels: Vec<&str> = name.split('.').collect();
        if labels[4] == "origin" {
            let (second, first) = (labels[2], labels[3]);
            let asn = 204_500 + second.parse::<u32>().unwrap();
            DnsReply::texts(&[&format!(
                "{asn} | {first}.{second}.7.0/24 | DE | ripencc | 2001-01-01"
            )])
        } else {
            let asn = labels[0].trim_start_matches("as");
            DnsReply::texts(&[&format!(
                "{asn} | DE | ripencc | 2001-01-01 | NET-{asn} - A | B, DE"
            )])
        }
    })
    .await
}

/// Settings with both ways, whois from 21 addresses on.
pub fn both(dns: &DnsPeer, whois: &WhoisPeer) -> String {
    format!("{}{}threshold = 21\n", dns.table(), whois.table())
}

/// Team Cymru's answer for 8.8.8.4 over DNS.
pub const GOOGLE: &str = "15169 | 8.8.8.0/24 | US | arin | 2023-12-28";
/// Its answer for that AS.
pub const GOOGLE_NAME: &str = "15169 | US | arin | 2000-03-30 | GOOGLE - Google LLC, US";

/// A server that answers `origin` for every address and `name` for every AS.
pub async fn zone(origin: DnsReply, name: DnsReply) -> DnsPeer {
    DnsPeer::start(move |asked, _| match asked.contains(".origin") {
        true => origin.clone(),
        false => name.clone(),
    })
    .await
}

/// A server that answers `record` for every address and knows the name of one AS.
pub async fn always(record: &str) -> DnsPeer {
    zone(DnsReply::texts(&[record]), DnsReply::texts(&[GOOGLE_NAME])).await
}

/// The outcome for `address` when only `peer` is asked.
pub async fn ask(peer: &DnsPeer, address: &str) -> Outcome {
    ask_with(&peer.settings(), address).await
}

/// The outcome for `address` with these settings.
pub async fn ask_with(settings: &str, address: &str) -> Outcome {
    let mut answers = provider(settings).look_up(&addresses(&[address])).await;
    answers.outcomes.remove(0)
}

/// Settings with these resolvers.
pub fn resolvers(addresses: &[std::net::SocketAddr]) -> String {
    let servers: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    format!("mode = \"dns\"\n[dns]\nservers = {servers:?}\ntimeout = \"1s\"\n")
}

/// `count` addresses, each in a /24 of its own.
pub fn scattered(count: u8) -> Vec<Address> {
    (0..count)
        .map(|block| std::net::Ipv4Addr::new(5, 0, block, 1).into())
        .collect()
}
