//! One record of one file, ready to be read.

use std::borrow::Cow;

use maxminddb::{LookupResult, MaxMindDbError, PathElement};
use serde_json::Value;

use crate::database::Bytes;
use crate::tree::Tree;

/// A record, decoded as far as it can be.
pub(crate) enum Record<'a> {
    /// All of it.
    Whole(Value),
    /// Some of it is damaged: each field is decoded on its own, so that one that cannot be read does
    /// not take the others with it.
    Piecemeal(LookupResult<'a, Bytes>),
}

impl<'a> Record<'a> {
    /// Decodes the record; with what is wrong, if not all of it can be read. `None`: no record.
    pub(crate) fn decode(found: LookupResult<'a, Bytes>) -> Option<(Self, Option<MaxMindDbError>)> {
        match found.decode::<Tree>() {
            Ok(tree) => Some((Self::Whole(tree?.0), None)),
            Err(error) => Some((Self::Piecemeal(found), Some(error))),
        }
    }

    /// The value at `path`, if it is there and can be read.
    pub(crate) fn at(&self, path: &[String]) -> Option<Cow<'_, Value>> {
        match self {
            Self::Whole(value) => walk(value, path).map(Cow::Borrowed),
            Self::Piecemeal(found) => {
                let steps: Vec<PathElement<'_>> = path.iter().map(|step| element(step)).collect();
                let Tree(value) = found.decode_path(&steps).ok()??;
                Some(Cow::Owned(value))
            }
        }
    }
}

fn walk<'v>(value: &'v Value, path: &[String]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, step| match value {
        Value::Object(map) => map.get(step),
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        _ => None,
    })
}

fn element(step: &str) -> PathElement<'_> {
    step.parse()
        .map_or_else(|_| PathElement::Key(step), PathElement::Index)
}
