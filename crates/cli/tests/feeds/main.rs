//! `ip export --feed` through the built program and an SQLite file.
#![cfg(all(feature = "store-sqlite", feature = "provider-maxmind"))]

mod choice;
mod firewalls;
mod formats;
mod inventory;
mod misp;
mod place;
