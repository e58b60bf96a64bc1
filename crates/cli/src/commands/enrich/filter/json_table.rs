//! JSON records as rows of a table: a column for each member that the first records have, and one for all others.

use std::borrow::Cow;
use std::collections::HashMap;

use csv::{Terminator, WriterBuilder};
use ipcascade_input::{FlatMember, FlatMembers, RecordForm, flat_members};
use serde_json::value::RawValue;

use crate::commands::enrich::filter::members::push_json;
use crate::commands::enrich::filter::table_form::TableForm;
use crate::output::without_formula;

/// The column with what has no column of its own.
const OTHER_KEYS: &str = "other_keys";
/// The same if the records have such a key themselves.
const OWN_OTHER_KEYS: &str = "ipc_other_keys";

/// The table of JSON records.
#[derive(Debug)]
pub(super) struct JsonTable<'f> {
    form: &'f RecordForm,
    /// The column of each member.
    columns: HashMap<&'f str, usize>,
    are_cells_raw: bool,
}

impl<'f> JsonTable<'f> {
    /// The table of the records of `form`; `None` if they are not objects with members.
    pub(super) fn of(form: &'f RecordForm, are_cells_raw: bool) -> Option<Self> {
        let names = form.member_names().iter().enumerate();
        let columns: HashMap<&str, usize> = names
            .map(|(column, name)| (name.as_str(), column))
            .collect();
        (!columns.is_empty()).then_some(Self {
            form,
            columns,
            are_cells_raw,
        })
    }

    /// The table before columns are added.
    pub(super) fn table_form(&self) -> TableForm<'f> {
        let own = self.form.member_names().iter();
        let other = match self.columns.contains_key(OTHER_KEYS) {
            true => OWN_OTHER_KEYS,
            false => OTHER_KEYS,
        };
        let other = std::iter::once(other);
        let names = own.map(String::as_str).chain(other);
        let names: Vec<String> = names.map(|name| self.cell(name).into_owned()).collect();
        let mut head = line(&names);
        head.push(b'\n');
        TableForm {
            delimiter: b',',
            width: self.width(),
            names,
            head: Cow::Owned(head),
            address_names: self.form.address_names(),
        }
    }

    /// The number of columns.
    pub(super) fn width(&self) -> usize {
        self.form.member_names().len() + 1
    }

    /// A record as a row, without a line end. What has no column, or shares one, goes into the last one as a JSON object; what is
    /// not JSON, such as `NaN`, or not an object, goes there as it is written.
    pub(super) fn row(&self, record: &[u8]) -> Vec<u8> {
        let mut cells = vec![Cow::Borrowed(""); self.width()];
        let Some(FlatMembers {
            members,
            is_repaired,
        }) = flat_members(record)
        else {
            let text = String::from_utf8_lossy(record.trim_ascii());
            if let Some(last) = cells.last_mut() {
                *last = Cow::Owned(self.cell(&text).into_owned());
            }
            return line(&cells);
        };
        let (mut is_taken, mut others) = (vec![false; self.width()], Vec::new());
        for member in members {
            let column = self.columns.get(member.path.as_str()).copied();
            let free = column.filter(|&column| !is_taken.get(column).copied().unwrap_or(true));
            match free.and_then(|column| Some((cells.get_mut(column)?, is_taken.get_mut(column)?)))
            {
                Some((cell, is_taken)) => {
                    *cell = Cow::Owned(self.value(&member.value));
                    *is_taken = true;
                }
                None => others.push(member),
            }
        }
        let others = match (is_repaired, others.is_empty()) {
            (true, _) => self
                .cell(&String::from_utf8_lossy(record.trim_ascii()))
                .into_owned(),
            (false, true) => String::new(),
            (false, false) => object(&others),
        };
        if let Some(last) = cells.last_mut() {
            *last = Cow::Owned(others);
        }
        line(&cells)
    }

    /// A value as a cell: the text of a text, nothing for null, anything else as it is written.
    fn value(&self, value: &RawValue) -> String {
        match serde_json::from_str::<Option<String>>(value.get()) {
            Ok(text) => self.cell(&text.unwrap_or_default()).into_owned(),
            Err(_) => value.get().to_owned(),
        }
    }

    fn cell<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.are_cells_raw {
            true => Cow::Borrowed(text),
            false => without_formula(text),
        }
    }
}

/// An object of members, each as it is written.
fn object(members: &[FlatMember]) -> String {
    let mut object = vec![b'{'];
    for (place, member) in members.iter().enumerate() {
        if place > 0 {
            object.push(b',');
        }
        push_json(&mut object, &member.path);
        object.push(b':');
        object.extend_from_slice(member.value.get().as_bytes());
    }
    object.push(b'}');
    String::from_utf8(object).unwrap_or_default()
}

fn line<C: AsRef<str>>(cells: &[C]) -> Vec<u8> {
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::Any(b'\n'))
        .from_writer(Vec::new());
    let cells = cells.iter().map(|cell| cell.as_ref().as_bytes());
    // Writing to memory does not fail.
    writer.write_record(cells).unwrap_or_default();
    let mut line = writer.into_inner().unwrap_or_default();
    line.pop();
    line
}
