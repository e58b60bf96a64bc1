//! The provider over files that are written for each test.
#![expect(clippy::unwrap_used, reason = "a test ends at what it did not expect")]

mod common;
mod conformance;
mod damage;
mod files;
mod layouts;
mod merging;
mod networks;
mod reload;
mod settings;
mod types;
