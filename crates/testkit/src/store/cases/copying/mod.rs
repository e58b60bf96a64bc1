//! Copies an inventory into another database.

mod comparison;
mod copies;
mod left_out;
mod over_existing_rows;
mod pages;
mod pair;

pub use comparison::what_is_not_the_same_is_found;
pub use copies::{
    a_copy_ended_after_each_batch_goes_on, a_copy_is_equal_to_its_source,
    a_copy_of_nothing_is_empty, a_second_copy_brings_what_is_new, a_second_copy_changes_nothing,
    a_source_in_use_may_be_copied, a_target_with_other_rows_is_refused,
};
pub use left_out::{
    a_session_without_an_address_in_the_copy_is_corrected,
    an_inconsistent_source_yields_a_consistent_copy, rows_that_cannot_be_copied_are_named,
};
pub use over_existing_rows::{
    a_move_without_a_history_goes_on_with_that_of_the_target, of_rows_with_one_key_the_last_counts,
    sessions_known_only_as_a_number_come_beside_stored_ones,
};
pub use pages::{reading_goes_on_after_any_page, rows_to_compare_come_by_the_bytes_of_their_keys};
