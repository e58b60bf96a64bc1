//! `ip export --feed` through the built program and an SQLite file.
#![cfg(all(feature = "store-sqlite", feature = "provider-maxmind"))]
#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

mod choice;
mod firewalls;
mod formats;
mod inventory;
mod misp;
mod place;
