//! The time that all inputs are read at, so that a fault can be repeated.

use ipcascade_core::clock::{Timestamp, parse_timestamp};
use ipcascade_input::InputOptions;

/// The current time.
pub fn now() -> Timestamp {
    parse_timestamp("2026-11-20T12:00:00Z").unwrap()
}

/// The usual options, at that time.
pub fn options() -> InputOptions {
    InputOptions {
        now: now(),
        ..InputOptions::default()
    }
}
