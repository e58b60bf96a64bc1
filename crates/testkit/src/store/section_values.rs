//! Questions about merged fields, as a program asks them.

use ipcascade_core::field::Field;
use ipcascade_core::policy::Policy;
use ipcascade_core::store::{
    AddressQuery, AddressRow, ListValue, RowTest, RowValue, SectionKey, SectionOrder, SectionTest,
    SortedBy,
};
use serde_json::Value;

use super::fixtures::policy;

/// Where sections have `field`.
pub(super) fn section_keys(field: Field) -> Vec<SectionKey> {
    let policy = policy();
    let candidates = policy.candidates(field);
    candidates
        .map(|(provider, key)| SectionKey { provider, key })
        .collect()
}

/// Leaves only addresses for whose merged `field` a test is true.
pub(super) fn of_value(
    query: &mut AddressQuery,
    field: Field,
    test: impl Fn(&Value) -> bool + Clone + Send + Sync + 'static,
) {
    let policy = policy();
    let of_row = test.clone();
    let before = query.test.take();
    query.test = Some(RowTest::new(move |row: &AddressRow| {
        let passes = merged(&policy, row, field).is_some_and(|value| of_row(&value));
        passes && before.as_ref().is_none_or(|before| before.passes(row))
    }));
    let of_section = SectionTest::new(section_keys(field), move |value| {
        Policy::usual_form(field, value).is_some_and(|value| test(&value))
    });
    query.section_tests.push(of_section);
}

/// Sorts addresses by their merged `field`.
pub(super) fn sort_by_value(query: &mut AddressQuery, field: Field) {
    let policy = policy();
    let value = RowValue::new(move |row: &AddressRow| {
        merged(&policy, row, field).map(|value| sorted_as(&value))
    });
    let section = SectionOrder::new(section_keys(field), move |value| {
        Policy::usual_form(field, value).map(|value| sorted_as(&value))
    });
    query.sorted_by = Some(SortedBy {
        value,
        section: Some(section),
    });
}

fn merged(policy: &Policy, row: &AddressRow, field: Field) -> Option<Value> {
    let merged = policy.merged_of(field, row)?;
    Some(merged.value.into_owned())
}

fn sorted_as(value: &Value) -> ListValue {
    match value {
        Value::String(text) => ListValue::Text(text.clone()),
        other => ListValue::Text(other.to_string()),
    }
}
