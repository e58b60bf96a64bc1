//! Lines of Team Cymru's bulk whois, in one session or two: an answer for an address is about a prefix that contains it,
//! and every address has exactly one.

#![no_main]

use std::net::IpAddr;

use ipcascade_provider_cymru::fuzzing::bulk;
use libfuzzer_sys::fuzz_target;

const ASKED: [&str; 4] = ["192.0.2.1", "198.51.100.7", "203.0.113.255", "2001:db8::1"];

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let asked: Vec<IpAddr> = ASKED.iter().map(|text| text.parse().unwrap()).collect();
    // A form feed stands for the end of a session.
    let sessions: Vec<Vec<&str>> = text
        .split('\u{c}')
        .take(4)
        .map(|session| session.split_inclusive('\n').collect())
        .collect();
    let answers = bulk(&asked, &sessions);
    assert_eq!(answers.len(), asked.len());
    for (ip, answer) in asked.iter().zip(answers) {
        if let Ok(Some((prefix, asns, _))) = answer {
            assert!(prefix.contains(ip), "{prefix} does not contain {ip}");
            assert!(prefix.prefix_len() > 0);
            assert!(!asns.is_empty() && asns.len() <= 64, "{asns:?}");
            assert!(asns.is_sorted(), "{asns:?}");
        }
    }
});
