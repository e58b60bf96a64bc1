//! Databases as the previous program left them, and what adopting one must and must not do.

mod contents;
mod deployment;
mod foreign_writers;
mod macros;
mod maintenance;
mod migrations;
mod reading;
mod recording;
mod rows;

pub use deployment::deploy;
pub use foreign_writers::{
    ases_that_others_name_get_their_row, columns_of_others_are_as_they_were,
    foreign_writes_are_counted_from_then_on, rows_of_others_are_as_they_were,
    statements_of_the_old_program_still_work,
};
pub use maintenance::{
    a_dry_run_needs_no_adoption, backfill_builds_as_rows_despite_the_faults,
    repair_does_what_can_be_known, verify_reports_each_kind_of_fault,
};
pub use migrations::{
    inspecting_shows_the_sql_and_changes_nothing, opening_adopts_and_leaves_nothing_pending,
    widening_makes_room_for_every_asn,
};
pub use reading::{everything_legible_is_read, reading_needs_no_writing};
pub use recording::recording_works_on_adopted_tables;
pub use rows::{SYSTEMS_WITH_ADDRESSES, rows};
pub use xtask::deployed::{Flavour, schema};
