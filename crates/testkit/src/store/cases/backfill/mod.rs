//! Builds AS rows from addresses that other programs wrote.

mod built_rows;
mod evidence;
mod parts_of_the_work;
mod planted;

pub use built_rows::{
    a_dry_run_writes_nothing_and_says_the_same, a_row_without_metadata_has_no_time,
    a_second_run_changes_nothing, an_as_without_addresses_goes_to_zero,
    as_rows_are_built_from_foreign_rows, nothing_to_do_is_not_an_error,
    rows_without_an_as_are_counted_by_reason, unreadable_documents_do_not_stop_it,
    wrong_statistics_are_put_right,
};
pub use evidence::{
    documents_of_others_about_an_as_are_kept, metadata_is_the_best_among_all_addresses,
    metadata_of_unknown_source_is_kept_by_default, sections_about_another_as_are_not_evidence,
    the_commonest_then_the_newest_value_wins, what_lists_say_is_written_into_every_row,
};
pub use parts_of_the_work::{
    a_limit_bounds_the_run, a_stopped_run_is_resumed_to_the_same_end, limited_runs_get_everywhere,
    since_goes_by_either_time_stamp,
};
