//! What records look like with the results.

mod csv;
mod json_table;
mod ndjson;
mod sample;
mod table;
