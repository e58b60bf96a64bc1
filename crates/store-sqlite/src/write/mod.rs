//! Statements that write sets of rows, by table.

mod address_keys;
mod addresses;
mod asns;
mod repairs;
mod sessions;
