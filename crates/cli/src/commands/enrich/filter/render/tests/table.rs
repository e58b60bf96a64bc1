//! Rows of a table for people.

use std::sync::Arc;

use crate::commands::enrich::filter::chosen::ChosenField;
use crate::commands::enrich::filter::members::ObjectMembers;
use crate::commands::enrich::filter::render::record_key::{KEY, RecordKey};
use crate::commands::enrich::filter::render::renderer::Renderer;
use crate::commands::enrich::filter::render::tests::sample::{FIELDS, policy, view};

#[test]
fn a_row_of_a_table_has_the_address_and_prefix_of_its_own() {
    let policy = policy();
    let fields: Arc<[ChosenField]> = FIELDS.map(ChosenField::Merged).into();
    let renderer = Renderer {
        policy: &policy,
        names: &ObjectMembers::new(&policy, Arc::clone(&fields)),
        fields: &fields,
        key: &RecordKey::new(KEY, false),
        are_cells_raw: false,
        delimiter: b',',
    };
    assert_eq!(
        renderer.table_row(&view()),
        [
            "198.41.0.4",
            "64500",
            "Quote \" & comma, Inc.",
            "",
            "",
            "198.41.0.0/24",
            ""
        ]
    );
}
