//! What every store must do, case by case. Each case receives an empty database, and panics with what is wrong if the
//! store does otherwise.

pub mod backfill;
pub mod claims;
pub mod concurrency;
pub mod copying;
pub mod counts;
pub mod faults;
pub mod history;
pub mod inventory;
pub mod lists;
pub mod migration;
pub mod operations;
pub mod providers;
pub mod random;
pub mod recording;
pub mod scale;
pub mod sessions;
pub mod statistics;
