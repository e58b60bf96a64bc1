//! Answers of AbuseIPDB, IPinfo and Shodan: one that is believed names the address it is about.

#![no_main]

use ipcascade_core::address::Address;
use ipcascade_core::lookup::Outcome;
use ipcascade_fuzz::check_outcome;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    let [choice, body @ ..] = data else {
        return;
    };
    let address: Address = "192.0.2.1".parse().unwrap();
    let is_not_found = choice & 1 != 0;
    let object: Value = serde_json::from_slice(body).unwrap_or_default();
    let (read, named) = match choice / 2 % 3 {
        0 => (
            ipcascade_provider_abuseipdb::fuzzing::read(address, is_not_found, body),
            &object["data"]["ipAddress"],
        ),
        1 => (
            ipcascade_provider_ipinfo::fuzzing::read(address, is_not_found, body),
            &object["ip"],
        ),
        _ => (
            ipcascade_provider_shodan::fuzzing::read(address, is_not_found, body),
            &object["ip"],
        ),
    };
    if let Ok(outcome) = read {
        check_outcome(address, &outcome);
        if let Outcome::Found(_) = outcome {
            let named = named.as_str().expect("the answer names the address");
            assert_eq!(named.parse(), Ok(address));
        }
    }
});
