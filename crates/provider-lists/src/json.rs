//! Lists as JSON: one document, or one after the other.

use std::io;

use ipcascade_core::Field;
use serde_json::{Deserializer, Value};

use crate::file::Reader;
use crate::intake::FileIntake;
use crate::value;

/// Stands in a path for every member of an array or object.
const EACH: &str = "*";

/// What is wrong with a file.
pub(crate) enum Problem {
    Json(serde_json::Error),
    /// There is nothing at any of the paths.
    Nothing(String),
}

/// Reads what is at the paths of the list, in every document of the file.
pub(crate) fn read(file: &mut Reader, intake: &mut FileIntake<'_>) -> Result<(), Problem> {
    let paths = intake.list().addresses.all().to_vec();
    let mut found = vec![0_u64; paths.len()];
    let documents = Deserializer::from_reader(file).into_iter::<Value>();
    for (number, document) in (1_u64..).zip(documents) {
        let document = document.map_err(Problem::Json)?;
        for (path, found) in paths.iter().zip(&mut found) {
            let segments: Vec<&str> = path.split('.').collect();
            walk(&segments, &mut vec![&document], &mut |around| {
                *found += 1;
                take(path, number, *found, around, intake);
            });
        }
    }
    if found.iter().all(|&found| found == 0) {
        return Err(Problem::Nothing(paths.join("`, `")));
    }
    for (path, _) in paths.iter().zip(&found).filter(|(_, found)| **found == 0) {
        intake.missing(path);
    }
    Ok(())
}

/// Calls `found` for each value at the path, with the values around it, itself last.
fn walk<'v>(path: &[&str], around: &mut Vec<&'v Value>, found: &mut impl FnMut(&[&'v Value])) {
    let Some((&next, rest)) = path.split_first() else {
        return found(around);
    };
    let Some(&value) = around.last() else { return };
    let mut enter = |inner: &'v Value| {
        around.push(inner);
        walk(rest, around, found);
        around.pop();
    };
    match value {
        Value::Array(values) if next == EACH => values.iter().for_each(enter),
        Value::Object(members) if next == EACH => members.values().for_each(enter),
        Value::Object(members) => {
            if let Some(inner) = members.get(next) {
                enter(inner);
            }
        }
        _ => {}
    }
}

/// Takes the last of `around`; what it says of fields is beside it, or further out.
fn take(path: &str, document: u64, count: u64, around: &[&Value], intake: &mut FileIntake<'_>) {
    let Some((entry, around)) = around.split_last() else {
        return;
    };
    let text = match entry {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        other => other.to_string(),
    };
    let said = intake.list().from.iter().map(|(field, key)| {
        let mut outward = around.iter().rev();
        let Some(value) = outward.find_map(|outer| inside(outer, key)) else {
            return Ok(None);
        };
        let value = value::from_json(*field, value)?;
        Ok(value.map(|value| (*field, value)))
    });
    let values: Result<Vec<Option<(Field, Value)>>, String> = said.collect();
    let values = values.map(|values| values.into_iter().flatten().collect());
    let place = format_args!("document {document}, `{path}` number {count}");
    intake.take(place, &text, values);
}

/// What `outer` has at the path `key`.
fn inside<'v>(outer: &'v Value, key: &str) -> Option<&'v Value> {
    key.split('.').try_fold(outer, |value, key| value.get(key))
}

impl Problem {
    /// In words for people.
    pub(crate) fn into_text(self) -> String {
        match self {
            Self::Json(error) if error.is_eof() => {
                format!("it ends too early, as if it had been cut off ({error}): fetch it again")
            }
            Self::Json(error) if error.is_io() => io::Error::from(error).to_string(),
            Self::Json(error) => format!("it is not JSON: {error}"),
            Self::Nothing(paths) => format!("there is nothing at `{paths}`"),
        }
    }
}
