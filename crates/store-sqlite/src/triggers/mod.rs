//! Triggers that keep the statistics exact, whichever program writes.
//! While a transaction of ours counts for itself they are set aside: see `triggers_aside`.

mod addresses;
mod all;
mod asns;
mod conditions;
mod history;
mod sessions;
mod trigger;

pub(crate) use all::triggers;
pub(crate) use trigger::{ForeignColumns, Trigger};
