//! Renders records with the results for their addresses, in the output format.

mod address_text;
mod csv;
mod ndjson;
mod record_key;
mod renderer;
mod table;

pub(super) use record_key::{KEY, RecordKey};
pub(super) use renderer::{Group, Renderer};
pub(super) use table::table;

#[cfg(test)]
mod tests;
