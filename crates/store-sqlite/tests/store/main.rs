//! The store on real files.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests may panic")]

mod record;
mod support;
