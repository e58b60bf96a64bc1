//! The program with its default cascade against services on loopback.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends at what it did not expect"
)]

mod all_providers;
mod dead;
mod interrupted;
mod misbehaving_services;
mod mixed;
mod older_files;
mod own_fields;
mod pace;
mod proxy;
mod quota;
mod reach;
mod refresh;
mod world;
