//! Files of delegated statistics: an answer is the narrowest range that a line has around the address.

#![no_main]

use std::net::{IpAddr, Ipv4Addr};
use std::sync::LazyLock;

use ipcascade_core::address::Address;
use ipcascade_core::lookup::Outcome;
use ipcascade_fuzz::{Built, look_up};
use ipcascade_provider_rir::build;
use libfuzzer_sys::fuzz_target;

static RIR: LazyLock<Built> =
    LazyLock::new(|| Built::new("delegated", r#"files = ["FILE"]"#, build));

fuzz_target!(|file: &[u8]| {
    let Some(provider) = RIR.over(file) else {
        return;
    };
    provider.data_files(true);
    let text = String::from_utf8_lossy(file);
    let starts: Vec<IpAddr> = text
        .lines()
        .filter_map(|line| line.split('|').nth(3)?.trim().parse().ok())
        .collect();
    let addresses: Vec<Address> = starts.iter().take(64).flat_map(|&ip| around(ip)).collect();
    for (address, outcome) in addresses.iter().zip(look_up(&*provider, &addresses)) {
        let delegated = text
            .lines()
            .filter_map(|line| ipv4_range(line, *address))
            .min();
        // Of equal ranges, the order of files and lines decides.
        if let (IpAddr::V4(_), false) = (address.ip(), file.starts_with(b"\x1f\x8b")) {
            let expected = delegated.is_some_and(|(_, is_delegated)| is_delegated);
            let are_equal = text
                .lines()
                .filter_map(|line| ipv4_range(line, *address))
                .filter(|range| Some(range.0) == delegated.map(|it| it.0))
                .count()
                > 1;
            let is_found = matches!(outcome, Outcome::Found(_));
            assert!(are_equal || is_found == expected, "{address}: {outcome:?}");
        }
    }
});

fn around(ip: IpAddr) -> [Address; 3] {
    match ip {
        IpAddr::V4(ip) => [
            ip.to_bits().wrapping_sub(1),
            ip.to_bits(),
            ip.to_bits().wrapping_add(255),
        ]
        .map(|bits| Ipv4Addr::from_bits(bits).into()),
        ip => [ip.into(); 3],
    }
}

/// The length of the range around `address` that a line has, and whether it is delegated.
fn ipv4_range(line: &str, address: Address) -> Option<(u64, bool)> {
    let fields: Vec<&str> = line.trim().split('|').map(str::trim).collect();
    let [registry, country, "ipv4", start, count, date, status, ..] = fields.as_slice() else {
        return None;
    };
    let IpAddr::V4(ip) = address.ip() else {
        return None;
    };
    let is_country = country.is_empty()
        || (country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_alphabetic()));
    let is_date = date.is_empty()
        || *date == "00000000"
        || (date.len() == 8 && chrono::NaiveDate::parse_from_str(date, "%Y%m%d").is_ok());
    let is_range = !registry.starts_with(|c: char| c.is_ascii_digit() || c == '#')
        && is_country
        && is_date
        && !status.is_empty()
        && *date != "summary";
    let first = u64::from(start.parse::<Ipv4Addr>().ok()?.to_bits());
    let count: u64 = count.parse().ok()?;
    let last = first.checked_add(count.checked_sub(1)?)?;
    let is_in = (first..=last).contains(&u64::from(ip.to_bits())) && last <= u64::from(u32::MAX);
    (is_range && is_in).then_some((count, !matches!(*status, "available" | "reserved")))
}
