//! Events of Cowrie: the quick way reads what the thorough way reads.

#![no_main]

use ipcascade_fuzz::now;
use ipcascade_input::fuzzing::event_both_ways;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|line: &[u8]| {
    let [quick, thorough] = event_both_ways(line, now());
    assert_eq!(quick, thorough);
});
