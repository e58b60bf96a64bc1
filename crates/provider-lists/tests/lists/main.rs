//! Files as their publishers write them, and damaged ones.

#![expect(
    clippy::unwrap_used,
    reason = "what cannot be set up makes the test fail"
)]

mod bench;
mod formats;
mod hits;
mod refused;
mod settings;
