//! How the records of an input are read: its format, the layout of its table, the lists of its answer, found from its first bytes.

mod form_details;
mod format;
mod json_kinds;
mod member_names;
#[cfg(test)]
mod tests;

pub(crate) use form_details::{
    asked_format, details, is_record, list, recognised, skip_byte_order_mark,
};
