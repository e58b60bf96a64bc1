//! Records a batch: in one transaction, or in parts if other programs hold some of its rows.

mod batch;
mod counts;
mod locked;
mod repertoire;
mod transaction;
mod unplaced;
mod without_nul;

pub use batch::record;
pub use unplaced::record_unplaced;
