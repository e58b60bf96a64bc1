//! A record: what is known, as flat fields.

use ipcascade_core::asn::Asn;
use ipcascade_core::clock::{Timestamp, parse_timestamp, rfc3339};
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::output::{csv_cell, words};
use crate::records::field::{RecordField, ValueKind};

/// What is known of an address, an AS or a session. A field that is not known is absent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Record {
    fields: Vec<(&'static str, Value)>,
    /// What goes beside the fields, on demand.
    beside: Vec<(&'static str, Value)>,
}

impl Record {
    /// Adds a field, unless its value is unknown.
    pub(crate) fn add(&mut self, name: &'static str, value: impl Into<Option<Value>>) {
        if let Some(value) = value.into().filter(is_known) {
            self.fields.push((name, value));
        }
    }

    pub(crate) fn add_text(&mut self, name: &'static str, text: Option<&str>) {
        self.add(name, text.map(Value::from));
    }

    pub(crate) fn add_time(&mut self, name: &'static str, time: Option<Timestamp>) {
        self.add(name, time.and_then(time_value));
    }

    /// Adds something beside the fields.
    pub(crate) fn add_beside(&mut self, name: &'static str, value: Value) {
        self.beside.push((name, value));
    }

    /// The value of a field, if it is known.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        let mut fields = self.fields.iter();
        fields
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    /// The record with these fields only.
    pub(crate) fn restricted(mut self, columns: &[RecordField]) -> Self {
        let value = |column: &RecordField| {
            let place = self
                .fields
                .iter()
                .position(|(name, _)| *name == column.name)?;
            Some(self.fields.swap_remove(place))
        };
        self.fields = columns.iter().filter_map(value).collect();
        self
    }

    /// The value of a field for people; empty if it is not known.
    pub(crate) fn cell(&self, field: &RecordField) -> String {
        self.get(field.name)
            .map_or_else(String::new, |value| shown(field.kind, value))
    }

    /// The value of a field for programs; empty if it is not known.
    pub(crate) fn csv(&self, field: &RecordField) -> String {
        self.get(field.name).map_or_else(String::new, csv_cell)
    }
}

impl Serialize for Record {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in &self.fields {
            map.serialize_entry(name, value)?;
        }
        for (name, value) in &self.beside {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// Whether a value says anything.
pub(super) fn is_known(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        _ => true,
    }
}

/// A time as a value. Rows without one are read with the beginning of 1970, when nothing was seen.
pub(crate) fn time_value(time: Timestamp) -> Option<Value> {
    (time != Timestamp::UNIX_EPOCH).then(|| rfc3339(time).into())
}

/// A value for people.
pub(crate) fn shown(kind: ValueKind, value: &Value) -> String {
    use ipcascade_core::field::FieldKind;
    let known = match kind {
        ValueKind::Count => value.as_u64().map(words::number),
        ValueKind::Time => value
            .as_str()
            .and_then(parse_timestamp)
            .map(words::timestamp),
        ValueKind::Merged(Some(FieldKind::Asn)) => Asn::from_json(value).map(|asn| asn.to_string()),
        ValueKind::Merged(Some(FieldKind::Flag)) => value
            .as_bool()
            .map(|is| if is { "yes" } else { "no" }.to_owned()),
        _ => value.as_array().map(|values| {
            let values: Vec<String> = values.iter().map(csv_cell).collect();
            values.join(", ")
        }),
    };
    known.unwrap_or_else(|| csv_cell(value))
}
