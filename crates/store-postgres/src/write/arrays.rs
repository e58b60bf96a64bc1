//! The columns of sets of rows as arrays to bind.

use ipcascade_core::document::Document;
use serde_json::{Map, Value};

/// One value of each row, as an array to bind.
pub(super) fn column<'r, R, T>(rows: &'r [R], value: impl Fn(&'r R) -> T) -> Vec<T> {
    rows.iter().map(value).collect()
}

/// An object as text, without U+0000.
pub(super) fn text_of(object: &Map<String, Value>) -> String {
    Document::from_value(Value::Object(object.clone()))
        .0
        .to_json()
}
