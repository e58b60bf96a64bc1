//! What records look like with the results.

mod csv;
mod ndjson;
mod sample;
mod table;
