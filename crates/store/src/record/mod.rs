//! Records a batch: in one transaction, or in parts if other programs hold some of its rows.

mod batch;
mod counts;
mod fitting_plan;
mod known_sessions;
mod left_attributions;
mod locked_rows;
mod nul_removal;
mod repertoire;
mod transaction;
mod unplaced_events;
mod wanted_asns;

pub use batch::record;
pub use unplaced_events::record_unplaced;
