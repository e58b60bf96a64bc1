//! What a database writes in a way of its own.

use async_trait::async_trait;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::{SectionKey, TimeUnit};

use crate::locking::{Fallible, Lock};
use crate::schema::Table;
use crate::sql::PageOf;

/// Of a longer text under a key of sections, an index has only the beginning: PostgreSQL refuses rows whose index entry is too
/// long.
pub const LONGEST_VALUE: usize = 100;

/// The text that an index has instead of a value that is not known without reading the document. It is not JSON.
pub const UNKNOWN_VALUE: &str = "?";

/// The SQL that differs between databases. Columns are qualified with the [`alias`] of their table.
pub trait Dialect: Send + Sync {
    /// A column as it is read: text, 64-bit number, timestamp, flag; NULL if the table lacks it.
    fn read(&self, table: &Table, column: &str) -> String;

    /// A column as it is compared with others of its type and sorted by: timestamps by time, texts by bytes.
    fn comparable(&self, table: &Table, column: &str) -> String;

    /// The text of a column with its ASCII letters in upper case.
    fn in_upper_case(&self, table: &Table, column: &str) -> String {
        format!("upper({})", self.read(table, column))
    }

    /// A column as a timestamp that is read, compared and sorted by; NULL if the table lacks it.
    fn timestamp(&self, table: &Table, column: &str) -> String;

    /// The beginning of the hour or the day, in UTC, that `timestamp` is in, which is SQL from [`timestamp`](Self::timestamp).
    fn start_of(&self, unit: TimeUnit, timestamp: &str) -> String;

    /// A condition: whether a key is a text, with which others are compared as texts.
    fn is_text(&self, key: &str) -> String;

    /// The suffix of a sort column, so that the greatest comes first and NULL last.
    fn greatest_first(&self, table: &Table, column: &str) -> &'static str;

    /// A condition: whether the keys of `table`, which are texts, have an index in the order of bytes.
    fn has_keys_in_byte_order(&self, table: &Table) -> String;

    /// FROM and WHERE for the rows of `table` with one of the values that are bound as the list `$1` in `column`, each
    /// looked up through its index.
    fn rows_listed(&self, table: &Table, column: &str) -> String;

    /// A condition: whether `text` is one of the texts that are bound as `list`, each of which is looked up in an index.
    fn is_one_of(&self, text: &str, list: &str) -> String;

    /// The JSON text, cut to [`LONGEST_VALUE`] characters, that an address has under a key of sections in the document
    /// `document`; NULL if it has none. Another text if it is not known without reading the document.
    fn section_value(&self, key: SectionKey, document: &str) -> String;

    /// A statement that returns what the names of indexes over [`section_value`](Self::section_value) end with.
    fn section_indexes(&self) -> String;

    /// The list of texts that is bound as `$1`, as a table `j` with a column `value`.
    fn listed(&self) -> &'static str;

    /// The suffix of a SELECT of rows of `alias` that are to be locked in ascending order of `key`.
    fn locking(&self, lock: Lock, key: &str, alias: &str) -> String;

    /// The suffix of a table in FROM that is read from its beginning to its end although a condition has an index; empty if
    /// the database knows by itself when that is faster.
    fn without_indexes(&self) -> &'static str {
        ""
    }

    /// The suffix of a SELECT in FROM whose rows are found as if it stood alone, whatever is done with them.
    fn fence(&self) -> &'static str;

    /// Whether a table exists, with its key; before adoption it need not.
    fn has(&self, table: &Table) -> bool;
}

/// The alias of a table: its first letter; `h` for the history.
pub fn alias(table: &Table) -> &'static str {
    match table.name {
        name if name == crate::schema::IP_ASN_HISTORY.name => "h",
        name => &name[..1],
    }
}

/// A limit in the form that databases accept.
pub const fn at_most(rows: u64) -> u64 {
    const MOST: u64 = 1 << 62;
    if rows < MOST { rows } else { MOST }
}

/// A value that is bound to a statement.
#[derive(Clone, Copy, Debug)]
pub enum Arg<'a> {
    /// A text, or NULL.
    Text(Option<&'a str>),
    /// A number, or NULL.
    Number(Option<i64>),
    /// A timestamp, or NULL.
    Timestamp(Option<Timestamp>),
    /// A list of texts.
    Texts(&'a [String]),
    /// A list of numbers.
    Numbers(&'a [i64]),
}

/// A row of a result. Columns of adopted tables may have other, convertible types.
pub trait SqlRow: Send {
    /// The engine's errors.
    type Error;

    /// A text.
    fn text(&self, column: usize) -> Result<Option<String>, Self::Error>;

    /// A number.
    fn number(&self, column: usize) -> Result<Option<i64>, Self::Error>;

    /// A timestamp; `None` also for invalid ones.
    fn timestamp(&self, column: usize) -> Result<Option<Timestamp>, Self::Error>;

    /// A flag; NULL is false.
    fn flag(&self, column: usize) -> Result<bool, Self::Error>;
}

/// A transaction that takes statements.
#[async_trait]
pub trait SqlTx: Fallible {
    /// Its rows.
    type Row: SqlRow<Error = Self::Error>;
    /// Its dialect.
    type Dialect: Dialect;

    /// Its dialect, with what it knows about the tables.
    fn dialect(&self) -> &Self::Dialect;

    /// The rows that a statement returns.
    async fn fetch(&mut self, sql: String, args: &[Arg<'_>])
    -> Result<Vec<Self::Row>, Self::Error>;

    /// Passes the rows to `visit`, in memory that does not grow with them.
    async fn scan(
        &mut self,
        sql: String,
        args: &[Arg<'_>],
        visit: &mut (dyn for<'r> FnMut(&'r Self::Row) -> Result<(), Self::Error> + Send),
    ) -> Result<(), Self::Error>;

    /// Counts the rows of `table` that meet all of `filters` by the texts of three columns, which are SQL: visits rows that
    /// have them in common once or several times.
    async fn count_by(
        &mut self,
        table: &'static Table,
        columns: &[String; 3],
        filters: &[String],
        args: &[Arg<'_>],
        visit: &mut (dyn for<'r> FnMut([Option<&'r str>; 3], u64) + Send),
    ) -> Result<(), Self::Error>;

    /// Runs a statement that returns nothing.
    async fn execute(&mut self, sql: String, args: &[Arg<'_>]) -> Result<(), Self::Error>;

    /// The next rows of `table` in the order of its key, after a position, as
    /// [`ReadAsns::asn_page`](crate::engine::ReadAsns::asn_page) says.
    async fn page(
        &mut self,
        columns: String,
        table: &'static Table,
        after: Option<&str>,
        limit: u64,
    ) -> Result<PageOf<Self::Row>, Self::Error>;
}

/// A name as SQL has it (ISO/IEC 9075-2, delimited identifier). Those of other programs may be anything.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
