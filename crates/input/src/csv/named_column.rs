//! A column by position and name.

/// A column, from 0, with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedColumn {
    pub(crate) place: usize,
    pub(crate) name: String,
}
