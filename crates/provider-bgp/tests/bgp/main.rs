//! The provider, from files to answers.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod damage;
mod dump;
mod files;
mod kit;
mod mrt;
mod origins;
mod pyasn;
mod vrps;
