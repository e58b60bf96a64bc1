//! Faults of disks, servers, clocks and limits, and signals. Each test is a cell of the table in
//! `docs/reliability.md`: what the user sees, what is kept, and that `verify` finds nothing afterwards.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]
#![cfg(target_os = "linux")]

mod clock;
mod connections;
mod encoding;
mod locks;
mod postgres;
mod resources;
mod signals;
mod sqlite;
mod world;
