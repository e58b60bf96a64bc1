//! The content under a name: a section made in this run, or what was stored.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use crate::lazy_json::LazyJson;
use crate::section::{Section, SectionView};

/// The content under a name.
#[derive(Clone, Debug)]
pub(super) enum SectionContent {
    /// A section that was made in this run.
    Made(Section),
    /// Stored content.
    Stored(Arc<LazyJson>),
}

impl SectionContent {
    pub(super) fn section(&self) -> Option<SectionView<'_>> {
        match self {
            Self::Made(section) => Some(section.view()),
            Self::Stored(part) => part.is_object().then(|| SectionView::stored(part)),
        }
    }

    /// The value; `None` if the stored text cannot be represented.
    pub(super) fn to_value(&self) -> Option<Cow<'_, Value>> {
        match self {
            Self::Made(section) => Some(Cow::Owned(Value::Object(section.view().to_map()))),
            Self::Stored(part) => part.value().map(Cow::Borrowed),
        }
    }
}

impl From<Value> for SectionContent {
    fn from(value: Value) -> Self {
        Self::Stored(Arc::new(value.into()))
    }
}

/// Compares as JSON: regardless of the order of names and the spelling of values.
impl PartialEq for SectionContent {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Made(one), Self::Made(other)) => one == other,
            (Self::Stored(one), Self::Stored(other)) if Arc::ptr_eq(one, other) => true,
            _ => {
                let at = |content: &Self| content.section().map(SectionView::cached_at);
                let values = || Some(is_same(&*self.to_value()?, &*other.to_value()?));
                match (self, other) {
                    (Self::Stored(one), Self::Stored(other)) if one.text() == other.text() => true,
                    _ => at(self) == at(other) && values().unwrap_or_default(),
                }
            }
        }
    }
}

/// Whether two values are the same, regardless of the order of names and the spelling of numbers: PostgreSQL's `jsonb`
/// turns `1.5e3` into `1500`.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one == other || (one.is_f64() != other.is_f64() && one.as_f64() == other.as_f64())
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(a, b)| is_same(a, b))
        }
        (Value::Object(one), Value::Object(other)) => {
            let is_there = |(name, value)| other.get(name).is_some_and(|o| is_same(value, o));
            one.len() == other.len() && one.iter().all(is_there)
        }
        _ => one == other,
    }
}
