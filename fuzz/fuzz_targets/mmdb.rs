//! MMDB files, also of GreyNoise: whatever is in them, looking up ends, and finds the network that the crate `maxminddb`
//! finds.

#![no_main]

use std::net::IpAddr;
use std::sync::LazyLock;

use ipcascade_core::address::Address;
use ipcascade_core::lookup::Outcome;
use ipcascade_fuzz::{Built, look_up};
use ipnet::IpNet;
use libfuzzer_sys::fuzz_target;
use maxminddb::Reader;

static MAXMIND: LazyLock<Built> = LazyLock::new(|| {
    Built::new(
        "a.mmdb",
        r#"files = ["FILE"]"#,
        ipcascade_provider_maxmind::build,
    )
});
static PSYCHIC: LazyLock<Built> = LazyLock::new(|| {
    let settings = "mode = \"psychic\"\nfile = \"FILE\"";
    Built::new(
        "psychic.mmdb",
        settings,
        ipcascade_provider_greynoise::build,
    )
});

const ASKED: [&str; 7] = [
    "192.0.2.1",
    "198.51.100.7",
    "203.0.113.255",
    "255.255.255.255",
    "2001:db8::1",
    "::1",
    "ffff::",
];

fuzz_target!(|file: &[u8]| {
    let asked: Vec<Address> = ASKED.iter().map(|text| text.parse().unwrap()).collect();
    if let Some(provider) = PSYCHIC.over(file) {
        look_up(&*provider, &asked);
    }
    let Some(provider) = MAXMIND.over(file) else {
        return;
    };
    provider.data_files(true);
    let outcomes = look_up(&*provider, &asked);
    let reader = Reader::from_source(file).expect("the crate reads what the provider reads");
    for (address, outcome) in asked.iter().zip(outcomes) {
        let IpAddr::V4(_) = address.ip() else {
            continue;
        };
        let found = reader.lookup(address.ip()).ok();
        match outcome {
            Outcome::Found(finding) => {
                let found = found.expect("the crate finds it too");
                assert!(found.has_data());
                let network = found.network().ok().map(|it| it.to_string());
                let network: Option<IpNet> = network.and_then(|it| it.parse().ok());
                if let (Some(IpNet::V4(expected)), Some(prefix)) = (network, finding.prefix) {
                    assert_eq!(prefix, IpNet::V4(expected));
                }
            }
            Outcome::Failed(failure) | Outcome::Deferred(failure) => {
                assert!(!failure.message.is_empty())
            }
            Outcome::NotFound => {}
        }
    }
});
