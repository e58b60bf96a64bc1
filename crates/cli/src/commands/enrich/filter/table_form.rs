//! The table that records are rows of.

use std::borrow::Cow;

use ipcascade_input::RecordForm;

/// The table of an input before columns are added.
#[derive(Debug)]
pub(super) struct TableForm<'f> {
    pub(super) delimiter: u8,
    /// The number of its columns.
    pub(super) width: usize,
    /// Their names, if it has any.
    pub(super) names: Vec<String>,
    /// The text before its rows.
    pub(super) head: Cow<'f, [u8]>,
    /// The names of the columns, or fields, with the addresses.
    pub(super) address_names: Vec<&'f str>,
}

impl<'f> TableForm<'f> {
    /// The table that a CSV input is.
    pub(super) fn of(form: &'f RecordForm) -> Self {
        let (has_header, width) = form.columns().unwrap_or((false, 1));
        Self {
            delimiter: form.delimiter().unwrap_or(b','),
            width,
            names: match has_header {
                true => form.column_names(),
                false => Vec::new(),
            },
            head: Cow::Borrowed(form.head()),
            address_names: form.address_names(),
        }
    }
}
