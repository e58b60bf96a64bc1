//! Events of Cowrie: the quick way reads what the thorough way reads.

#![no_main]

use ipcascade_fuzz::now;
use ipcascade_input::fuzzing::event_both_ways;
use libfuzzer_sys::fuzz_target;

/// The members that are read, and their names without anything but letters.
const NAMES: [(&str, &str); 5] = [
    ("eventid", "eventid"),
    ("src_ip", "srcip"),
    ("session", "session"),
    ("sensor", "sensor"),
    ("timestamp", "timestamp"),
];

fuzz_target!(|line: &[u8]| {
    let [quick, thorough] = event_both_ways(line, now());
    assert!(
        quick == thorough || is_spelled_otherwise(line),
        "{quick:?}, thoroughly {thorough:?}"
    );
});

/// Whether a name may be there in another spelling, such as `seSsion`: only the thorough way takes it, and no honeypot
/// writes it.
fn is_spelled_otherwise(line: &[u8]) -> bool {
    let text = String::from_utf8_lossy(line);
    let letters = text.chars().filter(char::is_ascii_alphabetic);
    let letters: String = letters.map(|letter| letter.to_ascii_lowercase()).collect();
    let count = |text: &str, name: &str| text.matches(name).count();
    NAMES
        .iter()
        .any(|(name, plain)| count(&text, name) != count(&letters, plain))
}
