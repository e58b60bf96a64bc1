//! Rows of a table for people.

use crate::commands::enrich::filter::render::tests::sample::{view, with_renderer};

#[test]
fn a_row_of_a_table_has_the_address_and_prefix_of_its_own() {
    let row = with_renderer(b',', false, |renderer| renderer.table_row(&view()));
    assert_eq!(
        row,
        [
            "198.41.0.4",
            "AS64500",
            "Quote \" & comma, Inc.",
            "",
            "",
            "198.41.0.0/24",
            ""
        ]
    );
}
