//! Statements with their values, and their result rows.

use ipcascade_core::clock::{Timestamp, parse_timestamp};
use ipcascade_store::sql::{Arg, SqlRow};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments as _, Decode, Row as _, Sqlite, ValueRef as _};

use crate::bulk::json_list;
use crate::dialect::timestamp_text;
use crate::error::Fault;

/// A row. Values are read whatever their type: SQLite's columns hold values of any type.
#[derive(Debug)]
pub struct AnyRow(pub(crate) SqliteRow);

impl AnyRow {
    fn value<'r, T: Decode<'r, Sqlite>>(&'r self, column: usize) -> Result<Option<T>, Fault> {
        let value = self.0.try_get_raw(column)?;
        if value.is_null() {
            return Ok(None);
        }
        let value = T::decode(value).map_err(sqlx::Error::Decode)?;
        Ok(Some(value))
    }
}

impl SqlRow for AnyRow {
    type Error = Fault;

    /// Invalid UTF-8 is replaced.
    fn text(&self, column: usize) -> Result<Option<String>, Fault> {
        let bytes: Option<&[u8]> = self.value(column)?;
        // Checking that everything is UTF-8 takes a fraction of the time of finding what is not.
        Ok(bytes.map(|bytes| match str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => String::from_utf8_lossy(bytes).into_owned(),
        }))
    }

    fn number(&self, column: usize) -> Result<Option<i64>, Fault> {
        self.value(column)
    }

    fn timestamp(&self, column: usize) -> Result<Option<Timestamp>, Fault> {
        let bytes: Option<&[u8]> = self.value(column)?;
        let text = bytes.and_then(|bytes| str::from_utf8(bytes).ok());
        Ok(text.and_then(parse_timestamp))
    }

    fn flag(&self, column: usize) -> Result<bool, Fault> {
        Ok(self.number(column)?.unwrap_or_default() != 0)
    }
}

/// The values of a statement.
pub(crate) fn bound(args: &[Arg<'_>]) -> Result<SqliteArguments, Fault> {
    let mut arguments = SqliteArguments::default();
    for arg in args {
        let added = match *arg {
            Arg::Text(text) => arguments.add(text.map(str::to_owned)),
            Arg::Number(number) => arguments.add(number),
            Arg::Timestamp(timestamp) => arguments.add(timestamp.map(timestamp_text)),
            Arg::Texts(texts) => arguments.add(json_list(texts)),
            Arg::Numbers(numbers) => arguments.add(json_list(numbers)),
        };
        added.map_err(sqlx::Error::Encode)?;
    }
    Ok(arguments)
}

/// The type and bytes of the key: columns of adopted tables may hold keys of several types, which SQLite sorts one
/// after the other, and text that is not UTF-8.
pub(crate) fn position(row: &SqliteRow) -> Result<String, sqlx::Error> {
    let of_type: String = row.try_get(row.len() - 2)?;
    let bytes: Option<Vec<u8>> = row.try_get_unchecked(row.len() - 1)?;
    let hex: String = bytes
        .unwrap_or_default()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    Ok(format!("{of_type}:{hex}"))
}

pub(crate) fn parse_position(position: &str) -> Option<(&str, Vec<u8>)> {
    let (of_type, hex) = position.split_once(':')?;
    let bytes = hex.as_bytes().chunks(2);
    let bytes: Option<Vec<u8>> = bytes
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect();
    Some((of_type, bytes?))
}
