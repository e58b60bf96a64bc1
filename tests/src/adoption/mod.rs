//! Databases as the previous program left them, and what adopting one must and must not do.

mod cases;
mod deployment;
mod macros;
mod rows;

pub use cases::{
    a_dry_run_needs_no_adoption, ases_that_others_name_get_their_row,
    backfill_builds_as_rows_despite_the_faults, columns_of_others_are_as_they_were,
    everything_legible_is_read, foreign_writes_are_counted_from_then_on,
    inspecting_shows_the_sql_and_changes_nothing, opening_adopts_and_leaves_nothing_pending,
    reading_needs_no_writing, recording_works_on_adopted_tables, repair_does_what_can_be_known,
    rows_of_others_are_as_they_were, statements_of_the_old_program_still_work,
    verify_reports_each_kind_of_fault, widening_makes_room_for_every_asn,
};
pub use deployment::deploy;
pub use rows::{SYSTEMS_WITH_ADDRESSES, rows};
pub use xtask::deployed::{Flavour, schema};
