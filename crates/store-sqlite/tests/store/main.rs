//! The store on real files.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests may panic")]

mod adoption;
mod foreign;
mod opening;
mod record;
mod support;
