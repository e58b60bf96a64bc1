//! Statements that write sets of rows, by table.

mod address_keys;
mod addresses;
mod arrays;
mod asns;
mod inserted_rows;
mod repairs;
mod sessions;
