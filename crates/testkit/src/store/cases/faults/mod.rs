//! Every kind of fault is found and repaired.

mod each_check;
mod kept_values;
mod many_rows;
mod orphans;
mod sound_inventory;
mod twins;

pub use each_check::{
    address_spelling, asn_row_missing, attribution, bogon_attributed, document_shape,
    history_missing, repaired_history_begins_when_the_attribution_was_verified, section_prefix,
    seen_order, seen_range, session_address_missing, session_count, total_session_count,
    unique_ip_count,
};
pub use kept_values::{
    a_dry_run_of_a_repair_shows_each_value_and_writes_nothing, what_a_repair_takes_away_is_kept,
};
pub use many_rows::{
    an_empty_inventory_is_clean, examples_are_limited_and_counts_are_not,
    repair_can_be_stopped_after_any_batch, repair_of_many_rows_goes_in_batches,
};
pub use orphans::{
    an_orphan_session_of_a_private_address_is_given_a_marked_row,
    orphans_in_two_spellings_are_one_address,
    sessions_that_are_spelled_better_than_their_address_count,
};
pub use twins::{
    an_odd_spelling_without_a_twin_keeps_its_row, the_older_section_of_twins_is_kept,
    twins_keep_everything_that_either_knows, twins_of_three_spellings_become_one_row,
};
