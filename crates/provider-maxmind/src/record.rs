//! One record of one file, ready to be merged.

use maxminddb::{LookupResult, MaxMindDbError};
use serde_json::Value;

use crate::database::SharedBytes;
use crate::layout::{FieldId, SectionLayout};
use crate::tree::Tree;

/// A record: the values of a layout's fields, in order.
pub(crate) struct DatabaseRecord(pub(crate) Vec<(FieldId, Value)>);

impl DatabaseRecord {
    /// Decodes a record. If not all of it can be read, returns the error too: each field is then decoded on its own, so
    /// that an unreadable one does not lose the others. `None`: no record.
    pub(crate) fn decode(
        found: &LookupResult<'_, SharedBytes>,
        layout: &SectionLayout,
    ) -> Option<(Self, Option<MaxMindDbError>)> {
        match found.decode::<Tree<'_>>() {
            Ok(tree) => {
                let tree = tree?;
                Some((Self(layout.read(layout.paths().find(&tree))), None))
            }
            Err(error) => {
                let paths = layout.paths();
                let found = paths.find_each(|path| found.decode_path(path).ok().flatten());
                let found = found.iter().map(|(path, tree)| (*path, tree));
                Some((Self(layout.read(found.collect())), Some(error)))
            }
        }
    }

    /// The value of a field.
    pub(crate) fn get(&self, field: FieldId) -> Option<&Value> {
        let mut fields = self.0.iter();
        fields
            .find(|(known, _)| *known == field)
            .map(|(_, value)| value)
    }
}
