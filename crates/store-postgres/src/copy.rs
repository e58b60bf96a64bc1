//! Adds many new rows by `COPY`, in its text format, which every type of column accepts.
//!
//! It is the fastest way, and respects neither rules nor conflicts: if other programs have rules, or columns of theirs
//! must be set, rows are inserted.

use chrono::{Datelike as _, SecondsFormat};
use ipcascade_core::clock::Timestamp;

use crate::connection::Connection;
use crate::error::{EngineResult, Fault, code_of};

/// A unique key already exists.
const UNIQUE_VIOLATION: &str = "23505";
/// How many bytes are sent at a time.
const PART: usize = 1 << 20;

/// Rows in `COPY` format.
#[derive(Debug, Default)]
pub(crate) struct CopyRows {
    text: String,
    is_in_row: bool,
}

impl CopyRows {
    fn begin(&mut self) -> &mut String {
        if std::mem::replace(&mut self.is_in_row, true) {
            self.text.push('\t');
        }
        &mut self.text
    }

    /// A column of text.
    pub(crate) fn text(&mut self, value: Option<&str>) {
        let text = self.begin();
        let Some(value) = value else {
            text.push_str("\\N");
            return;
        };
        for character in value.chars() {
            match character {
                '\\' => text.push_str("\\\\"),
                '\t' => text.push_str("\\t"),
                '\n' => text.push_str("\\n"),
                '\r' => text.push_str("\\r"),
                other => text.push(other),
            }
        }
    }

    /// A column with a number.
    pub(crate) fn number(&mut self, value: Option<i64>) {
        let value = value.map(|value| value.to_string());
        self.text(value.as_deref());
    }

    /// A timestamp column.
    pub(crate) fn timestamp(&mut self, value: Option<Timestamp>) {
        let value = value.map(timestamp);
        self.text(value.as_deref());
    }

    /// Ends a row.
    pub(crate) fn end(&mut self) {
        self.is_in_row = false;
        self.text.push('\n');
    }
}

/// A timestamp in a form that every setting of `DateStyle` reads.
fn timestamp(timestamp: Timestamp) -> String {
    match timestamp.year() {
        1..=9999 => timestamp.to_rfc3339_opts(SecondsFormat::Micros, true),
        // The year before 1 is 1 BC.
        year @ ..=0 => format!(
            "{:04}{} BC",
            1 - year,
            timestamp.format("-%m-%dT%H:%M:%S%.6fZ")
        ),
        year => format!("{year}{}", timestamp.format("-%m-%dT%H:%M:%S%.6fZ")),
    }
}

/// Adds new rows; `write` writes one.
pub(crate) async fn copy<T>(
    connection: &mut Connection,
    into: &str,
    rows: &[T],
    write: impl Fn(&mut CopyRows, &T),
) -> EngineResult<()> {
    let statement = format!("COPY {into} FROM STDIN");
    let outcome = async {
        let mut copy = connection.copy_in(&statement).await?;
        let mut ready = CopyRows::default();
        for row in rows {
            write(&mut ready, row);
            ready.end();
            if ready.text.len() >= PART {
                copy.send(std::mem::take(&mut ready.text).into_bytes())
                    .await?;
            }
        }
        copy.send(ready.text.into_bytes()).await?;
        copy.finish().await
    };
    match outcome.await {
        Ok(_) => Ok(()),
        // Another program was first.
        Err(error) if code_of(&error).as_deref() == Some(UNIQUE_VIOLATION) => Err(Fault::Overtaken),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone as _;

    use super::*;

    #[test]
    fn what_ends_columns_and_rows_is_escaped() {
        let mut rows = CopyRows::default();
        rows.text(Some("a\tb\\N\r\nc"));
        rows.number(Some(-1));
        rows.text(None);
        rows.text(Some(""));
        rows.end();
        rows.text(Some("\\."));
        rows.end();
        assert_eq!(rows.text, "a\\tb\\\\N\\r\\nc\t-1\t\\N\t\n\\\\.\n");
    }

    #[test]
    fn moments_of_all_years_are_written() {
        let at = |year: i32| chrono::Utc.with_ymd_and_hms(year, 3, 15, 4, 5, 6).unwrap();
        for (from, to) in [
            (2026, "2026-03-15T04:05:06.000000Z"),
            (1, "0001-03-15T04:05:06.000000Z"),
            (0, "0001-03-15T04:05:06.000000Z BC"),
            (-43, "0044-03-15T04:05:06.000000Z BC"),
            (10_000, "10000-03-15T04:05:06.000000Z"),
        ] {
            assert_eq!(timestamp(at(from)), to);
        }
    }
}
