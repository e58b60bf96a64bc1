//! The dialect of PostgreSQL: casts, lists as arrays, row locks.

use ipcascade_core::store::{SectionKey, TimeUnit};
use ipcascade_store::locking::Lock;
use ipcascade_store::schema::{ColumnType, Table};
use ipcascade_store::sql::{Dialect, UNKNOWN_VALUE, alias};

use crate::columns::TableColumns;
use crate::value_index;

/// The type as which a column is read, whatever its type in an adopted table.
const fn read_as(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Address
        | ColumnType::Id
        | ColumnType::Text
        | ColumnType::Limited(_)
        | ColumnType::Document
        | ColumnType::Json => "text",
        ColumnType::Asn | ColumnType::Count | ColumnType::Small | ColumnType::Serial => "bigint",
        ColumnType::Flag => "boolean",
        ColumnType::Timestamp => "timestamptz",
    }
}

/// A timestamp, or NULL for `infinity` and for years beyond those of a `Timestamp`.
fn finite(timestamp: &str) -> String {
    format!(
        "CASE WHEN {timestamp} > '-infinity' AND {timestamp} < '262000-01-01' THEN {timestamp} END"
    )
}

impl Dialect for TableColumns {
    fn read(&self, table: &Table, column: &str) -> String {
        let kind = table.kind_of(column).map_or("text", read_as);
        let cast = format!("{}.{column}::{kind}", alias(table));
        match table.kind_of(column) {
            _ if !self.has_column(table, column) => format!("NULL::{kind}"),
            Some(ColumnType::Timestamp) => finite(&cast),
            _ => cast,
        }
    }

    fn comparable(&self, table: &Table, column: &str) -> String {
        let plain = format!("{}.{column}", alias(table));
        match table.kind_of(column) {
            _ if !self.has_column(table, column) => self.read(table, column),
            Some(
                ColumnType::Text | ColumnType::Limited(_) | ColumnType::Address | ColumnType::Id,
            ) => {
                format!("{plain} COLLATE \"C\"")
            }
            // An index supports the plain column.
            _ => plain,
        }
    }

    /// The column may be of a type without a collation, such as an enum.
    fn in_upper_case(&self, table: &Table, column: &str) -> String {
        format!("upper(({}) COLLATE \"C\")", self.read(table, column))
    }

    fn timestamp(&self, table: &Table, column: &str) -> String {
        self.read(table, column)
    }

    fn start_of(&self, unit: TimeUnit, timestamp: &str) -> String {
        let unit = match unit {
            TimeUnit::Hour => "hour",
            TimeUnit::Day => "day",
        };
        format!("date_trunc('{unit}', {timestamp}, 'UTC')")
    }

    fn is_text(&self, key: &str) -> String {
        format!("{key} IS NOT NULL")
    }

    /// An index supports the plain form only.
    fn greatest_first(&self, table: &Table, column: &str) -> &'static str {
        match self.is_nullable(table, column) {
            true => "DESC NULLS LAST",
            false => "DESC",
        }
    }

    /// Adopted tables may have the collation of the database, whatever that is.
    fn has_keys_in_byte_order(&self, table: &Table) -> String {
        let key = table.key.first().copied().unwrap_or_default();
        format!(
            "EXISTS (SELECT 1 FROM pg_attribute WHERE attrelid = '{}'::regclass \
             AND attname = '{key}' AND attcollation = '\"C\"'::regcollation)",
            table.name
        )
    }

    fn rows_listed(&self, table: &Table, column: &str) -> String {
        let (name, alias) = (table.name, alias(table));
        format!("FROM {name} {alias} WHERE {alias}.{column} = ANY ($1)")
    }

    fn is_one_of(&self, text: &str, list: &str) -> String {
        format!("{text} = ANY ({list})")
    }

    fn section_value(&self, key: SectionKey, document: &str) -> String {
        let value = value_index::value(key, document, self.address_documents);
        value.unwrap_or_else(|| format!("'{UNKNOWN_VALUE}'::text"))
    }

    fn section_indexes(&self) -> String {
        value_index::names()
    }

    fn listed(&self) -> &'static str {
        "unnest($1::text[]) AS j (value)"
    }

    fn locking(&self, lock: Lock, key: &str, alias: &str) -> String {
        match lock {
            Lock::No => String::new(),
            Lock::Yes => format!(" ORDER BY {key} FOR NO KEY UPDATE OF {alias}"),
        }
    }

    fn fence(&self) -> &'static str {
        "OFFSET 0"
    }

    fn has(&self, table: &Table) -> bool {
        table.key.iter().all(|key| self.has_column(table, key))
    }
}
