//! The dialect of SQLite: timestamps as text, lists as JSON.

use chrono::{Datelike as _, Timelike as _};
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::{SectionKey, TimeUnit};
use ipcascade_store::locking::Lock;
use ipcascade_store::schema::{ColumnType, Table};
use ipcascade_store::sql::{Dialect, alias};

use crate::columns::TableColumns;
use crate::value_index;

impl Dialect for TableColumns {
    fn read(&self, table: &Table, column: &str) -> String {
        match self.has_column(table, column) {
            true => format!("{}.{column}", alias(table)),
            false => "NULL".to_owned(),
        }
    }

    fn comparable(&self, table: &Table, column: &str) -> String {
        match table.kind_of(column) {
            Some(ColumnType::Timestamp) => self.timestamp(table, column),
            _ => self.read(table, column),
        }
    }

    fn timestamp(&self, table: &Table, column: &str) -> String {
        normalised(&self.read(table, column))
    }

    fn start_of(&self, unit: TimeUnit, timestamp: &str) -> String {
        match unit {
            TimeUnit::Hour => format!("substr({timestamp}, 1, 13) || ':00:00.000000'"),
            TimeUnit::Day => format!("substr({timestamp}, 1, 10) || ' 00:00:00.000000'"),
        }
    }

    /// Numbers come before all texts, and BLOBs behind them.
    fn is_text(&self, key: &str) -> String {
        format!("typeof({key}) = 'text'")
    }

    /// NULL is less than any value.
    fn greatest_first(&self, _: &Table, _: &str) -> &'static str {
        "DESC"
    }

    /// BLOBs come after all texts.
    fn has_keys_in_byte_order(&self, table: &Table) -> String {
        let key = table.key.first().copied().unwrap_or_default();
        format!(
            "NOT EXISTS (SELECT 1 FROM {} WHERE {key} >= x'')",
            table.name
        )
    }

    /// A join, since `IN` would sort the list first.
    fn rows_listed(&self, table: &Table, column: &str) -> String {
        let (name, alias) = (table.name, alias(table));
        format!("FROM json_each($1) j CROSS JOIN {name} {alias} ON {alias}.{column} = j.value")
    }

    fn is_one_of(&self, text: &str, list: &str) -> String {
        format!("{text} IN (SELECT j.value FROM json_each({list}) j)")
    }

    fn section_value(&self, key: SectionKey, document: &str) -> String {
        value_index::value(key, document)
    }

    fn section_indexes(&self) -> String {
        value_index::names()
    }

    fn listed(&self) -> &'static str {
        "json_each($1) j"
    }

    fn fence(&self) -> &'static str {
        "LIMIT -1"
    }

    /// It uses any index that it can, and finds each row by itself then.
    fn without_indexes(&self) -> &'static str {
        "NOT INDEXED"
    }

    /// A writer has the database to itself.
    fn locking(&self, _: Lock, _: &str, _: &str) -> String {
        String::new()
    }

    fn has(&self, table: &Table) -> bool {
        table.key.iter().all(|key| self.has_column(table, key))
    }
}

/// A timestamp as it is written: the form in which `SQLAlchemy` writes naive UTC, which deployed readers expect; as
/// text it sorts by time.
pub(crate) fn timestamp_text(timestamp: Timestamp) -> String {
    let micros = timestamp.timestamp_subsec_micros() % 1_000_000;
    let timestamp = timestamp.naive_utc();
    // Digit by digit, since this is done several times per row: `format!` takes ten times as long.
    let mut text = Vec::with_capacity(26);
    match u32::try_from(timestamp.year()) {
        Ok(year @ 0..10_000) => text.extend(digits::<4>(year)),
        _ => text.extend(format!("{:04}", timestamp.year()).into_bytes()),
    }
    for (before, number) in [
        (b'-', timestamp.month()),
        (b'-', timestamp.day()),
        (b' ', timestamp.hour()),
        (b':', timestamp.minute()),
        (b':', timestamp.second()),
    ] {
        let [tens, ones] = digits(number);
        text.extend([before, tens, ones]);
    }
    text.push(b'.');
    text.extend(digits::<6>(micros));
    String::from_utf8(text).unwrap_or_default()
}

/// The last `N` digits of `number`.
fn digits<const N: usize>(mut number: u32) -> [u8; N] {
    let mut digits = [b'0'; N];
    for digit in digits.iter_mut().rev() {
        *digit += u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
    digits
}

/// SQL for the timestamp in `expression`, in the form of [`timestamp_text`]; NULL for invalid ones.
///
/// SQLite's own functions support milliseconds only, so the fraction is copied as text. They also accept `now`, which
/// must not get into an index: hence the check for a year.
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

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn every_part_has_its_digits() {
        let timestamp = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().to_utc();
        for (from, to) in [
            ("2026-11-28T15:04:09.000120Z", "2026-11-28 15:04:09.000120"),
            ("0001-01-01T00:00:00Z", "0001-01-01 00:00:00.000000"),
            ("9999-12-31T23:59:59.999999Z", "9999-12-31 23:59:59.999999"),
            // A leap second.
            ("2016-12-31T23:59:60.5Z", "2016-12-31 23:59:59.500000"),
        ] {
            assert_eq!(timestamp_text(timestamp(from)), to);
        }
        assert!(
            timestamp_text(DateTime::<chrono::Utc>::MAX_UTC).starts_with("262142-12-31 23:59:59.")
        );
        assert!(timestamp_text(DateTime::<chrono::Utc>::MIN_UTC).starts_with("-262143-01-01 "));
    }
}
