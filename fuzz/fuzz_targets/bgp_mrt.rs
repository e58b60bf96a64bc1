//! MRT dumps: any bytes are read or refused, and an answer is a prefix around the address.

#![no_main]

use std::sync::LazyLock;

use ipcascade_core::address::Address;
use ipcascade_fuzz::{Built, look_up};
use ipcascade_provider_bgp::build;
use libfuzzer_sys::fuzz_target;

static BGP: LazyLock<Built> = LazyLock::new(|| {
    Built::new(
        "rib.20261105.0800",
        "files = [\"FILE\"]\nmin_peers = 1",
        build,
    )
});

fuzz_target!(|file: &[u8]| {
    let Some(provider) = BGP.over(file) else {
        return;
    };
    provider.data_files(true);
    let asked = ["192.0.2.1", "198.51.100.7", "203.0.113.255", "2001:db8::1"];
    let asked: Vec<Address> = asked.iter().map(|text| text.parse().unwrap()).collect();
    look_up(&*provider, &asked);
});
