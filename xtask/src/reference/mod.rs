//! The pages of `docs/reference`, made from the code: command lines, settings, tables, fields, exit codes.
//!
//! | Module | What it makes |
//! |---|---|
//! | `commands` | the command lines, from clap |
//! | `configuration`, `environment`, `schema` | the settings, from the types that they are read into |
//! | `tables` | the tables and columns, from the logical schema |
//! | `fields` | the fields, and which providers have them |
//! | `records` | the records that commands write, and their fields |
//! | `exit_codes` | the exit codes |
//! | `keys`, `markdown` | the keys of a JSON Schema; the parts of a page |
//! | `pages` | writes the pages, or compares them |

mod commands;
mod configuration;
mod environment;
mod exit_codes;
mod fields;
mod keys;
mod markdown;
mod pages;
mod records;
mod schema;
mod tables;

pub use pages::{ReferencePage, folder, pages, run, stale, write};
