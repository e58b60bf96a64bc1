//! `ipcascade enrich`: addresses and logs in, inventory up to date; or a filter with `--no-store`.

mod args;
mod bad_records;
mod command;
mod filter;
mod input_check;
mod intake;
mod inventory;
mod problems;
mod read;
mod reading_progress;
mod summary;
mod tallies;

pub(crate) use args::EnrichArgs;
