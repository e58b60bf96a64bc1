//! The addresses, the time and the event of a row of a table.

use ipcascade_core::address::Address;
use ipcascade_core::clock::Timestamp;

use crate::csv::{CsvLayout, NamedColumn};
use crate::json::{FoundFields, Json, NoRecord, Object};
use crate::record_form::RecordForm;
use crate::split::Splitter;
use crate::times::{BadTime, TimeRules};

/// A record of a table.
#[derive(Clone, Copy)]
pub(super) struct TableRecord<'r> {
    pub(super) layout: &'r CsvLayout,
    pub(super) splitter: Option<&'r Splitter>,
}

impl<'r> TableRecord<'r> {
    fn field(self, column: usize) -> Option<&'r [u8]> {
        match self.splitter? {
            Splitter::Csv(fields) => fields.field(column),
            Splitter::Json(_) => None,
        }
    }

    pub(super) fn cells(self) -> Option<usize> {
        match self.splitter? {
            Splitter::Csv(fields) => Some(fields.count()),
            Splitter::Json(_) => None,
        }
    }

    /// Finds its addresses; the error says why one of several is invalid.
    pub(super) fn read(
        self,
        form: &RecordForm,
        found: &mut Vec<Address>,
        of_field: &mut Vec<usize>,
    ) -> Result<Option<String>, NoRecord> {
        let mut refused = None;
        for (place, column) in self.layout.columns.iter().enumerate() {
            let name = &column.name;
            let take = |field: &[u8], found: &mut Vec<Address>| {
                form.spelling.field(&String::from_utf8_lossy(field), found)
            };
            let own = self.field(column.place);
            let mut result = match own {
                None => Err(format!("the record has no column `{name}`")),
                Some(field) if is_nothing(field) => Err(format!("column `{name}` is empty")),
                Some(field) => take(field, found),
            };
            let is_nothing = own.is_some_and(is_nothing);
            let others = self.layout.fallbacks.iter();
            for other in others.filter_map(|&other| self.field(other)) {
                if !found.is_empty() {
                    break;
                }
                let taken = take(other, found);
                // Another column is as good as this one; the problem with this one is reported.
                if is_nothing && !found.is_empty() {
                    result = taken;
                }
            }
            of_field.resize(found.len(), place);
            // If there are several columns, one may be empty.
            if let Err(reason) = result
                && (!is_nothing || self.layout.columns.len() == 1 || refused.is_none())
            {
                refused = Some((reason, is_nothing));
            }
        }
        match refused {
            Some((reason, _)) if found.is_empty() => Err(NoRecord::NoAddress(reason)),
            refused => Ok(refused
                .filter(|(_, is_nothing)| !is_nothing)
                .map(|(reason, _)| reason)),
        }
    }

    /// The honeypot event in a column.
    pub(super) fn event(
        self,
        column: &NamedColumn,
        events: &Json,
        form: &RecordForm,
        object: &mut FoundFields,
    ) -> Result<Object<'r>, NoRecord> {
        let said = self
            .field(column.place)
            .and_then(|cell| events.read(cell, &form.times, object).ok());
        said.filter(|said| said.is_event).ok_or_else(|| {
            let name = &column.name;
            NoRecord::NoAddress(format!(
                "there is no event of a honeypot in column `{name}`"
            ))
        })
    }

    /// Reports that it has more non-empty cells than there are columns, perhaps because of a literal quote.
    pub(super) fn too_wide(self) -> Option<String> {
        let (cells, width) = (self.cells()?, self.layout.width);
        let is_something =
            (width..cells).any(|cell| self.field(cell).is_some_and(|cell| !cell.is_empty()));
        (width > 0 && is_something)
            .then(|| format!("the record has {cells} cells, and the table {width} columns"))
    }

    pub(super) fn time(self, times: &TimeRules) -> Option<Result<Timestamp, BadTime>> {
        if let [column] = self.layout.times.as_slice() {
            let text = std::str::from_utf8(self.field(*column)?).ok()?;
            return times.first_of(std::iter::once(text));
        }
        let columns = self.layout.times.iter();
        times.first_of(columns.filter_map(|&column| std::str::from_utf8(self.field(column)?).ok()))
    }
}

/// Whether a cell means that there is no address.
fn is_nothing(cell: &[u8]) -> bool {
    matches!(cell, b"" | b"-") || cell.eq_ignore_ascii_case(b"unknown")
}
