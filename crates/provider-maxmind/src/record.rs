//! One record of one file, ready to be merged.

use serde_json::Value;

/// A record: the values of a layout's fields, in order.
pub(crate) struct DatabaseRecord(pub(crate) Vec<(FieldId, Value)>);

impl DatabaseRecord {
    /// The value of a field.
    pub(crate) fn get(&self, field: FieldId) -> Option<&Value> {
        let mut fields = self.0.iter();
        fields
            .find(|(known, _)| *known == field)
            .map(|(_, value)| value)
    }
}

/// The index of a field in a layout.
pub(crate) type FieldId = usize;
