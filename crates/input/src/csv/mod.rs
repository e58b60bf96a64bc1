//! Tables: records of fields.

mod columns;
mod fields;
mod layout;
mod named_column;
mod sample;

pub use fields::Cells;
pub(crate) use fields::FieldSplitter;
pub(crate) use layout::{CsvLayout, Header, is_likely, layout};
pub(crate) use named_column::NamedColumn;
pub use sample::is_fields;
pub(crate) use sample::{comments_length, names_columns};
