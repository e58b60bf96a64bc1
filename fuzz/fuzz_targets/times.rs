//! Times: one that is taken is believable, is read again as it is written, and both ways of reading it agree.

#![no_main]

use chrono::TimeDelta;
use ipcascade_core::clock::{parse_timestamp, rfc3339};
use ipcascade_fuzz::now;
use ipcascade_input::fuzzing::{time, time_in};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let now = now();
    let written = now - TimeDelta::days(30);
    let first = parse_timestamp("1990-01-01").unwrap();
    let is_believable =
        |time| time >= first && time <= now + TimeDelta::days(1) + TimeDelta::seconds(1);
    if let Ok(read) = time(text, now, written) {
        assert!(is_believable(read), "{read}");
        assert_eq!(
            time(&rfc3339(read), now, written).map(rfc3339),
            Ok(rfc3339(read))
        );
    }
    if let Ok(Some(found)) = time_in(text, now, written) {
        assert!(is_believable(found), "{found}");
    }
    let stored = parse_timestamp(text);
    // With white space before it, a timestamp is read the slow way.
    assert_eq!(parse_timestamp(&format!(" {text}")), stored);
    if let Some(stored) = stored {
        assert_eq!(parse_timestamp(&rfc3339(stored)), Some(stored));
    }
});
