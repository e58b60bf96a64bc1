//! Records a batch: in one transaction, or in parts if other programs hold some of its rows.

mod batch;
mod counts;
mod fitting_plan;
mod history_left;
mod known_sessions;
mod locked;
mod repertoire;
mod transaction;
mod unplaced;
mod wanted_asns;
mod without_nul;

pub use batch::record;
pub use unplaced::record_unplaced;
