//! Common parts of lists and exports: which records, in which order, which of their fields.

mod args;
mod record_row;
mod selection;

pub(crate) use args::{ColumnArgs, ExportArgs, ListArgs, WhereArgs};
pub(crate) use selection::Selection;
