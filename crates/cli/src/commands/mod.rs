//! The commands: one module each, with its arguments and its implementation.

mod asked;
mod asn;
mod audit;
mod backfill;
mod block_counts;
mod command;
mod completions;
mod config;
mod contents;
mod copy;
mod databases;
mod enrich;
mod failures;
mod ip;
mod listing;
mod lookup;
mod man;
mod migrate;
mod providers;
mod refresh;
mod report;
mod schema;
mod sections;
mod session;
mod show;
pub(crate) mod since;
mod stats;
mod summaries;
mod top;
pub(crate) mod values;
mod verify;

pub(crate) use command::{Command, Invocation};
pub(crate) use config::offer_to_remember;
