//! One record of one file, ready to be merged.

use maxminddb::{LookupResult, MaxMindDbError};
use serde_json::Value;

use crate::database::SharedBytes;
use crate::layout::{FieldId, SectionLayout};
use crate::tree::Tree;

/// A record: what it says of fields of a layout, in its order.
pub(crate) struct DatabaseRecord(pub(crate) Vec<(FieldId, Value)>);

impl DatabaseRecord {
    /// Decodes a record; with what is wrong, if not all of it can be read: then each field is decoded on its own, so
    /// that one that cannot be read does not take the others with it. `None`: no record.
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

    /// What it says of a field.
    pub(crate) fn get(&self, field: FieldId) -> Option<&Value> {
        let mut fields = self.0.iter();
        fields
            .find(|(known, _)| *known == field)
            .map(|(_, value)| value)
    }
}
