//! Lists: order, filters, limits.

mod activity;
mod address_set;
mod addresses;
mod ases;
mod known_and_totals;
mod limits;
mod section_values;
mod sessions;
mod texts;

pub use activity::{moves_are_found, sessions_are_counted_by_when_they_took_place};
pub use address_set::the_set_of_a_list_has_its_addresses;
pub use addresses::{
    a_prefix_contains_every_spelling, addresses_are_filtered, addresses_come_by_number,
    addresses_come_in_the_requested_order, addresses_go_on_after_a_given_one,
    addresses_of_one_prefix_come_by_number,
};
pub use ases::{
    ases_are_filtered, ases_come_in_the_requested_order,
    ases_without_addresses_are_left_out_by_default,
};
pub use known_and_totals::{known_answers_in_the_order_of_the_question, totals_count_everything};
pub use limits::{
    limits_hold_and_a_stream_may_be_dropped, rows_that_are_left_out_do_not_shorten_a_list,
};
pub use section_values::an_index_of_values_changes_no_answer;
pub use sessions::sessions_are_filtered_newest_first;
pub use texts::{
    countries_are_compared_in_any_case_and_as_a_whole, text_from_people_is_neither_pattern_nor_sql,
};
