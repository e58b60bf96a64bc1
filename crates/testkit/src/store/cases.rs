//! What every store must do, case by case. Each case is given an empty database, and panics, saying what
//! is wrong, when the store does not do as it must.

pub mod backfill;
pub mod claims;
pub mod concurrency;
pub mod copying;
pub mod counts;
pub mod faults;
pub mod history;
pub mod lists;
pub mod migration;
pub mod operations;
pub mod providers;
pub mod random;
pub mod recording;
pub mod scale;
pub mod sessions;
pub mod statistics;
