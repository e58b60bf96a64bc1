//! Shared parts of the tests of the HTTP modes.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ipcascade_core::address::Address;
use ipcascade_core::lookup::{LookupFailure, Outcome};
use ipcascade_core::provider::Provider;
use ipcascade_core::registry::ProviderSetup;
use ipcascade_core::settings::Settings;
use ipcascade_provider_greynoise::build;
use maxminddb_writer::Database;
use maxminddb_writer::metadata::IpVersion;
use maxminddb_writer::paths::IpAddrWithMask;
use serde_json::{Map, Value, json};
use wiremock::MockServer;

pub(crate) const KEY: &str = "s3cret-Key-0123456789";

pub(crate) fn settings(text: &str) -> Settings {
    Settings::from_toml("providers.greynoise", text)
}

/// The provider in `mode`, talking to `peer`.
pub(crate) fn provider(peer: &MockServer, mode: &str, key: Option<&str>) -> Arc<dyn Provider> {
    let key = key.map_or(String::new(), |key| format!("api_key = \"{key}\"\n"));
    configured(&format!(
        "mode = \"{mode}\"\nbase_url = \"{}\"\n{key}\
         rate_limit = {{ per_second = 10000.0, burst = 100 }}\n",
        peer.uri()
    ))
}

pub(crate) fn configured(text: &str) -> Arc<dyn Provider> {
    match build(&settings(text)) {
        Ok(ProviderSetup::Ready(provider)) => provider,
        other => panic!("not ready: {other:?}"),
    }
}

pub(crate) fn addresses(texts: &[&str]) -> Vec<Address> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

/// The answer for one address.
pub(crate) async fn ask(provider: &dyn Provider, address: &str) -> Outcome {
    let mut answers = provider.look_up(&addresses(&[address])).await;
    assert_eq!(answers.outcomes.len(), 1);
    answers.outcomes.remove(0)
}

pub(crate) fn found(outcome: &Outcome) -> Map<String, Value> {
    match outcome {
        Outcome::Found(finding) => finding.fields.to_map(),
        other => panic!("not found: {other:?}"),
    }
}

pub(crate) fn failed(outcome: &Outcome) -> &LookupFailure {
    match outcome {
        Outcome::Failed(failure) => failure,
        other => panic!("not failed: {other:?}"),
    }
}

pub(crate) async fn requests(peer: &MockServer) -> usize {
    peer.received_requests().await.unwrap().len()
}

/// A Psychic file with two records, for 198.41.0.4 and 198.41.0.5.
pub(crate) fn psychic_file(folder: &Path) -> PathBuf {
    let mut database = Database::default();
    database.metadata.binary_format_major_version = 2;
    database.metadata.ip_version = IpVersion::V4;
    database.metadata.build_epoch = 1_762_300_800;
    database.metadata.database_type = "GreyNoise-Psychic".to_owned();
    let full = json!({
        "seen": true, "classification": "brand-new", "actor": "Some Scanner", "date": "2026-11-04",
        "last_seen": "2026-11-04T00:00:00Z", "handshake_complete": true, "tags": ["Mirai"],
        "cves": ["CVE-2015-2051"],
    });
    for (last, record) in [(4, full), (5, json!({"classification": "benign"}))] {
        let data = database.insert_value(record).unwrap();
        let address = IpAddr::V4(Ipv4Addr::new(198, 41, 0, last));
        database.insert_node(IpAddrWithMask::new(address, 32), data);
    }
    let path = folder.join("psychic.mmdb");
    database
        .write_to(std::fs::File::create(&path).unwrap())
        .unwrap();
    path
}

pub(crate) fn psychic_settings(path: &Path) -> String {
    format!("mode = \"psychic\"\nfile = \"{}\"", path.display())
}

/// A full record of an address that is both noise and a service.
pub(crate) fn record(address: &str) -> Value {
    json!({
        "ip": address,
        "business_service_intelligence": {
            "found": true, "category": "public_dns", "name": "Some Resolver", "description": "long",
            "trust_level": "7",
        },
        "internet_scanner_intelligence": {
            "found": true, "seen": true, "classification": "suspicious", "actor": "Some Scanner",
            "first_seen": "2020-01-01", "last_seen": "2026-11-04", "spoofable": false, "vpn": true,
            "vpn_service": "SOME_VPN", "tor": false, "cves": ["CVE-2020-0001"],
            "metadata": {"asn": "AS64500", "category": "hosting", "rdns": ""},
            "tags": [{
                "id": "0", "slug": "telnet", "name": "Telnet", "description": "very long",
                "category": "activity", "intention": "malicious", "references": ["https://a.example"],
            }],
            "raw_data": {"scan": [{"port": 23}]},
        },
        "request_metadata": {"restricted_fields": [], "message": ""},
    })
}
