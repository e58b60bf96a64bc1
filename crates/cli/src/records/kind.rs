//! The kinds of records.

use ipcascade_core::field::{Field, FieldKind};
use ipcascade_core::policy::Policy;
use ipcascade_core::store::ListValue;
use ipnet::IpNet;
use serde_json::Value;

use crate::records::beside::Beside;
use crate::records::field::{RecordField, ValueKind};
use crate::records::record::Record;

/// Addresses, ASes or sessions.
pub(crate) trait RecordKind {
    /// The stored rows.
    type Row: 'static;
    /// The columns by which a store sorts and filters.
    type Column: Copy;

    /// Its name, as in `schema NAME`.
    const NAME: &'static str;
    /// What it is, as a sentence.
    const MEANING: &'static str;
    /// Whether its values have sources.
    const HAS_SOURCES: bool;
    /// The fields in tables.
    const SHOWN: &'static [&'static str];
    /// The same, in the order in which they are kept when a terminal is too narrow for all.
    const IMPORTANT: &'static [&'static str];
    /// The fields in CSV.
    const EXPORTED: &'static [&'static str];

    /// What some commands put beside the fields, each with its JSON Schema.
    fn beside() -> Vec<(&'static str, Value)> {
        Vec::new()
    }

    /// All fields, in order.
    fn fields(policy: &Policy) -> Vec<RecordField>;

    /// The column that a field is stored in, if it is one.
    fn column(field: &RecordField) -> Option<Self::Column>;

    /// The merged field that a field is, if it is one whose value is always what a section has.
    fn merged_field(_: &RecordField) -> Option<Field> {
        None
    }

    /// The record of a row.
    fn record(row: &Self::Row, policy: &Policy, beside: Beside) -> Record;

    /// The value of a field of a row.
    fn value(row: &Self::Row, field: &RecordField, policy: &Policy) -> Option<Value> {
        let record = Self::record(row, policy, Beside::default());
        record.get(field.name).cloned()
    }

    /// What a list is sorted by that is sorted by a field without a column.
    fn sort_value(row: &Self::Row, field: &RecordField, policy: &Policy) -> Option<ListValue> {
        let value = Self::value(row, field, policy)?;
        sort_value(field, &value)
    }
}

/// A value as something that is sorted: numbers by size, flags unset first, everything else as text. Numbers with a
/// fraction are sorted to the millionth.
#[expect(
    clippy::cast_possible_truncation,
    reason = "numbers beyond those of 64 bits are sorted as the greatest"
)]
pub(crate) fn sort_value(field: &RecordField, value: &Value) -> Option<ListValue> {
    let number = |value: &Value| {
        let millionths = |number: f64| (number * 1e6).round() as i64;
        value
            .as_f64()
            .map(|number| ListValue::Number(millionths(number)))
    };
    match (field.kind, value) {
        (ValueKind::Merged(Some(FieldKind::Flag)), Value::Bool(is)) => {
            Some(ListValue::Number((*is).into()))
        }
        (
            ValueKind::Count | ValueKind::Merged(Some(FieldKind::Number) | None),
            Value::Number(_),
        ) => number(value),
        (ValueKind::Merged(Some(FieldKind::Prefix)), Value::String(text)) => {
            let network = text.parse().map(|network: IpNet| match network {
                IpNet::V4(network) => format!("4 {:010}", u32::from(network.addr())),
                IpNet::V6(network) => format!("6 {:039}", u128::from(network.addr())),
            });
            Some(ListValue::Text(network.unwrap_or_else(|_| text.clone())))
        }
        _ => Some(ListValue::Text(crate::output::csv_cell(value))),
    }
}
