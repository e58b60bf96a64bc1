//! What helps people who do not know the program yet, or have mistyped something.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

mod docs;
mod examples;
#[cfg(all(feature = "provider-maxmind", feature = "store-sqlite"))]
mod home;
#[cfg(all(feature = "provider-maxmind", feature = "store-sqlite"))]
mod log;
mod near_miss;
mod pages;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ipcascade");

/// The folder of the quick start.
#[cfg(feature = "provider-maxmind")]
const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/quickstart");
