//! Reads lists in JSON: one document, or several in a row.

use std::collections::HashMap;
use std::io;
use std::ptr;

use ipcascade_core::resource_error::FileProblem;
use serde_json::{Deserializer, Value};

use crate::file::ListReader;
use crate::intake::{EntryValues, FileIntake};
use crate::value;

/// The path component that stands for every member of an array or object.
const EACH: &str = "*";

/// What is wrong with a file.
pub(crate) enum JsonProblem {
    Json(serde_json::Error),
    /// None of the paths leads anywhere.
    Nothing(String),
}

/// Reads what is at the paths of the list, in every document of the file.
pub(crate) fn read(file: &mut ListReader, intake: &mut FileIntake<'_>) -> Result<(), JsonProblem> {
    let paths = intake.list().addresses.all().to_vec();
    let mut found = vec![0_u64; paths.len()];
    let mut members = ListMembers::default();
    let documents = Deserializer::from_reader(file).into_iter::<Value>();
    for (number, document) in (1_u64..).zip(documents) {
        let document = document.map_err(JsonProblem::Json)?;
        for (path, found) in paths.iter().zip(&mut found) {
            let segments: Vec<&str> = path.split('.').collect();
            walk(
                &segments,
                &mut vec![&document],
                &mut members,
                &mut |around| {
                    *found += 1;
                    take(path, number, *found, around, intake);
                },
            );
        }
        members.next_document();
    }
    if found.iter().all(|&found| found == 0) {
        return Err(JsonProblem::Nothing(paths.join("`, `")));
    }
    for (path, _) in paths.iter().zip(&found).filter(|(_, found)| **found == 0) {
        intake.missing(path);
    }
    if members.without > 0 {
        let (count, paths) = (members.without, paths.join("`, `"));
        intake.refuse(
            "in all",
            &format!("{count} members have nothing at `{paths}`"),
        );
    }
    Ok(())
}

/// The members of lists in a document, and whether one of the paths leads to an entry in them.
#[derive(Default)]
struct ListMembers {
    /// Keyed by memory address, which is valid as long as the document lives.
    has_entry: HashMap<usize, bool>,
    /// The number of members without an entry.
    without: u64,
}

impl ListMembers {
    fn note(&mut self, member: &Value, has_entry: bool) {
        *self
            .has_entry
            .entry(ptr::from_ref(member).addr())
            .or_default() |= has_entry;
    }

    fn next_document(&mut self) {
        let without = self.has_entry.values().filter(|has_entry| !**has_entry);
        self.without += u64::try_from(without.count()).unwrap_or(0);
        self.has_entry.clear();
    }
}

/// Calls `found` for each value at the path, with the values that enclose it, itself last; returns whether there was
/// any.
fn walk<'v>(
    path: &[&str],
    around: &mut Vec<&'v Value>,
    members: &mut ListMembers,
    found: &mut impl FnMut(&[&'v Value]),
) -> bool {
    let Some((&next, rest)) = path.split_first() else {
        found(around);
        return true;
    };
    let Some(&value) = around.last() else {
        return false;
    };
    let mut enter = |inner: &'v Value, members: &mut ListMembers| {
        around.push(inner);
        let has_entry = walk(rest, around, members, found);
        around.pop();
        has_entry
    };
    let mut each = |inner: &'v Value| {
        let has_entry = enter(inner, members);
        // With nested lists, the innermost count.
        if !rest.contains(&EACH) {
            members.note(inner, has_entry);
        }
        has_entry
    };
    match value {
        Value::Array(values) if next == EACH => {
            let entries = values.iter().filter(|value| each(value));
            entries.count() > 0
        }
        Value::Object(inner) if next == EACH => {
            let entries = inner.values().filter(|value| each(value));
            entries.count() > 0
        }
        Value::Object(inner) => inner.get(next).is_some_and(|inner| enter(inner, members)),
        _ => false,
    }
}

/// Takes the last of `around`; its fields are beside it, or further out.
fn take(path: &str, document: u64, count: u64, around: &[&Value], intake: &mut FileIntake<'_>) {
    let Some((entry, around)) = around.split_last() else {
        return;
    };
    let text = match entry {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        other => other.to_string(),
    };
    let values = intake.list().from.iter().map(|(field, key)| {
        let mut outward = around.iter().rev();
        let value = outward.find_map(|outer| inside(outer, key));
        let value = value.map_or(Ok(None), |value| value::from_json(*field, value));
        (*field, value)
    });
    let values: EntryValues = values.collect();
    let place = format_args!("document {document}, `{path}` number {count}");
    intake.take(place, &text, values);
}

/// Returns what `outer` has at the path `key`.
fn inside<'v>(outer: &'v Value, key: &str) -> Option<&'v Value> {
    key.split('.').try_fold(outer, |value, key| value.get(key))
}

impl From<JsonProblem> for FileProblem {
    fn from(problem: JsonProblem) -> Self {
        match problem {
            JsonProblem::Json(error) if error.is_eof() || error.is_io() => {
                io::Error::from(error).into()
            }
            JsonProblem::Json(error) => format!("it is not JSON: {error}").into(),
            JsonProblem::Nothing(paths) => format!("there is nothing at `{paths}`").into(),
        }
    }
}
