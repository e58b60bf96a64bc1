//! How SQLite writes what all databases say: moments as text, lists as JSON.

use chrono::{Datelike as _, Timelike as _};
use ipcascade_core::Timestamp;
use ipcascade_store::engine::Lock;
use ipcascade_store::schema::{Kind, Table};
use ipcascade_store::sql::{Dialect, alias};

use crate::columns::Columns;

impl Dialect for Columns {
    fn read(&self, table: &Table, column: &str) -> String {
        match self.has_column(table, column) {
            true => format!("{}.{column}", alias(table)),
            false => "NULL".to_owned(),
        }
    }

    fn comparable(&self, table: &Table, column: &str) -> String {
        match table.kind_of(column) {
            Some(Kind::Moment) => self.moment(table, column),
            _ => self.read(table, column),
        }
    }

    fn moment(&self, table: &Table, column: &str) -> String {
        normalised(&self.read(table, column))
    }

    /// NULL is less than anything else.
    fn greatest_first(&self, _: &Table, _: &str) -> &'static str {
        "DESC"
    }

    fn is_listed(&self, column: &str) -> String {
        format!("{column} IN (SELECT value FROM json_each($1))")
    }

    fn listed(&self) -> &'static str {
        "json_each($1) j"
    }

    /// A writer has the database to itself.
    fn locking(&self, _: Lock, _: &str, _: &str) -> String {
        String::new()
    }

    fn has(&self, table: &Table) -> bool {
        table.key.iter().all(|key| self.has_column(table, key))
    }
}

/// A moment as it is written: the form in which `SQLAlchemy` writes naive UTC, which deployed readers expect; as text it sorts
/// by time.
pub(crate) fn moment_text(moment: Timestamp) -> String {
    // A format string would be interpreted anew each time, and this is done several times per row.
    format!(
        "{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:06}",
        moment.year(),
        moment.month(),
        moment.day(),
        moment.hour(),
        moment.minute(),
        moment.second(),
        moment.timestamp_subsec_micros() % 1_000_000,
    )
}

/// SQL for the moment in `expression`, in the form of [`moment_text`]; NULL for what is no moment.
///
/// SQLite's own functions know milliseconds only, so the fraction is taken over as text. They also
/// know `now`, which must not get into an index: hence the check for a year.
pub(crate) fn normalised(expression: &str) -> String {
    let x = expression;
    format!(
        "CASE WHEN length({x}) = 26 AND substr({x}, 11, 1) = ' ' THEN {x} \
         WHEN {x} GLOB '[0-9][0-9][0-9][0-9]-[0-9]*' THEN \
         strftime('%Y-%m-%d %H:%M:%S', substr({x}, 1, 19) || CASE WHEN substr({x}, 20, 1) = '.' \
         THEN ltrim(substr({x}, 21), '0123456789') ELSE substr({x}, 20) END) || \
         CASE WHEN substr({x}, 20, 1) = '.' \
         THEN substr(printf('%.6f', CAST('0' || substr({x}, 20, 7) AS REAL)), 2) \
         ELSE '.000000' END END"
    )
}
