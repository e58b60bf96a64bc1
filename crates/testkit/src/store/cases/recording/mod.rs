//! Records batches of addresses.

mod as_metadata;
mod batches;
mod bogons;
mod moves;
mod odd_values;
mod sections;
mod sightings;

pub use as_metadata::{better_metadata_replaces_worse, what_lists_say_of_an_as_is_kept_with_it};
pub use batches::{
    a_known_address_is_updated, a_new_address_brings_its_as_with_it,
    a_second_process_sees_what_the_first_wrote, an_address_that_was_deleted_meanwhile_stays_away,
    an_address_twice_in_a_batch_is_one_row, an_empty_batch_is_nothing,
    spellings_of_one_address_are_one_row, the_same_batch_again_changes_nothing,
};
pub use bogons::{a_bogon_is_marked_and_has_no_as, an_address_that_becomes_a_bogon_leaves_its_as};
pub use moves::{
    a_move_leaves_history_and_moves_the_counts, a_move_there_and_back_leaves_three_rows_of_history,
    losing_the_origin_empties_the_as,
};
pub use odd_values::{
    nul_is_left_out, odd_names_come_back_as_they_were, the_greatest_asn_is_kept,
    the_signed_32_bit_boundary_has_no_effect,
};
pub use sections::{
    a_failure_keeps_the_old_section, an_older_section_does_not_replace_a_newer_one,
    sections_of_others_survive,
};
pub use sightings::{a_refresh_is_not_a_sighting, sightings_widen_the_span_both_ways};
