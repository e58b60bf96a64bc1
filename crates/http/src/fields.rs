//! Copies fields from the JSON of an answer.

use serde_json::{Map, Value};

/// Yields what `record` has under each of the service's names, under ours, except `null` and empty values.
pub fn copied<'r>(
    record: &'r Map<String, Value>,
    names: &'r [(&'static str, &'static str)],
) -> impl Iterator<Item = (&'static str, Value)> + 'r {
    names.iter().filter_map(|&(theirs, ours)| {
        let value = record.get(theirs).filter(|value| says_something(value))?;
        Some((ours, value.clone()))
    })
}

/// Whether a value is neither `null` nor empty.
pub fn says_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(values) => !values.is_empty(),
        Value::Object(members) => !members.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}
