//! Files of pyasn: an answer is the longest prefix of a line around the address.

#![no_main]

use std::sync::LazyLock;

use ipcascade_core::address::Address;
use ipcascade_core::lookup::Outcome;
use ipcascade_fuzz::{Built, look_up};
use ipcascade_provider_bgp::build;
use ipnet::IpNet;
use libfuzzer_sys::fuzz_target;

static BGP: LazyLock<Built> =
    LazyLock::new(|| Built::new("ipasn.dat", r#"files = ["FILE"]"#, build));

fuzz_target!(|file: &[u8]| {
    // What looks packed, or like a dump, is for other targets.
    if !file
        .first()
        .is_some_and(|byte| b";#123456789abcdef".contains(byte))
    {
        return;
    }
    let Some(provider) = BGP.over(file) else {
        return;
    };
    provider.data_files(true);
    let text = String::from_utf8_lossy(file);
    let prefixes = text
        .lines()
        .filter_map(|line| line.split_ascii_whitespace().next());
    let prefixes: Vec<IpNet> = prefixes.filter_map(|it| it.parse().ok()).take(64).collect();
    let asked = prefixes
        .iter()
        .flat_map(|prefix| [prefix.network(), prefix.broadcast()]);
    let asked: Vec<Address> = asked.map(Address::from).collect();
    for (address, outcome) in asked.iter().zip(look_up(&*provider, &asked)) {
        if let Outcome::Found(finding) = outcome {
            let prefix = finding.prefix.expect("an origin is that of a prefix");
            let is_line =
                |line: &str| line.split_ascii_whitespace().next() == Some(&prefix.to_string());
            let is_canonical = text.lines().any(is_line);
            assert!(
                is_canonical || prefixes.contains(&prefix) || text.len() > 4096,
                "{address} {prefix}"
            );
        }
    }
});
