//! A column by its place and name.

/// A column, from 0, and how it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NamedColumn {
    pub(crate) place: usize,
    pub(crate) name: String,
}
