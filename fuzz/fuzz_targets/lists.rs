//! Lists as text, tables and JSON: any bytes are read or refused, and a hit is a prefix around the address.

#![no_main]

use std::sync::LazyLock;

use ipcascade_core::address::Address;
use ipcascade_fuzz::{Built, look_up};
use ipcascade_provider_lists::build;
use libfuzzer_sys::fuzz_target;

static LISTS: LazyLock<[Built; 4]> = LazyLock::new(|| {
    [
        ("a.txt", "format = \"text\"\nbare_asns = true"),
        ("a.csv", "format = \"csv\"\naddress = \"cidr\"\nfrom = { asn = \"asn\", country = \"cc\" }"),
        ("b.csv", "format = \"csv\"\naddress = [\"1\", \"2\"]\ndelimiter = \";\"\nfrom = { abuse_score = \"3\" }"),
        ("a.json", "format = \"json\"\naddress = [\"prefixes.*.cidr\", \"*\"]\nfrom = { country = \"cc\", is_tor = \"a.tor\" }"),
    ]
    .map(|(file, settings)| {
        let settings = format!("[[list]]\nname = \"fuzzed\"\nfiles = [\"FILE\"]\n{settings}\nfields = {{ is_vpn = true }}\n");
        Built::new(file, &settings, build)
    })
});

fuzz_target!(|data: &[u8]| {
    let [choice, file @ ..] = data else {
        return;
    };
    let Some(provider) = LISTS[usize::from(choice % 4)].over(file) else {
        return;
    };
    provider.data_files(true);
    let asked = [
        "192.0.2.1",
        "198.51.100.7",
        "203.0.113.255",
        "255.255.255.255",
        "2001:db8::1",
    ];
    let asked: Vec<Address> = asked.iter().map(|text| text.parse().unwrap()).collect();
    look_up(&*provider, &asked);
});
