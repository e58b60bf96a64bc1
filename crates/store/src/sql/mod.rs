//! What databases that speak SQL share: the statements that read rows, and those on small tables. A
//! database brings a [`Dialect`], a transaction that takes statements ([`SqlTx`]) and a [`SqlRow`] of an answer.
//! Values are bound as `$1`, `$2`, ….

mod books;
mod columns;
mod copies;
mod providers;

pub use books::*;
pub(crate) use columns::of_listed;
pub use columns::{FromRow, of_address, row_of};
pub use copies::{copy_marks, write_copy_mark};
pub use providers::{provider, provider_names, write_provider};

use async_trait::async_trait;
use ipcascade_core::clock::Timestamp;

use crate::engine::{EngineError, Lock};
use crate::schema::Table;

/// What a database writes in a way of its own. Columns stand behind the [`alias`] of their table.
pub trait Dialect: Send + Sync {
    /// A column as it is read: text, a number of 64 bits, a moment, a flag; NULL if the table lacks it.
    fn read(&self, table: &Table, column: &str) -> String;

    /// A column as it is compared with others of its kind and sorted by: moments by time, texts by bytes.
    fn comparable(&self, table: &Table, column: &str) -> String;

    /// A column as a moment that is read, compared and sorted by; NULL if the table lacks it.
    fn timestamp(&self, table: &Table, column: &str) -> String;

    /// What follows a column that is sorted by, so that the greatest comes first and NULL last.
    fn greatest_first(&self, table: &Table, column: &str) -> &'static str;

    /// FROM and WHERE of the rows of `table` with one of the values that are bound as the list `$1` in
    /// `column`, each looked up through its index.
    fn rows_listed(&self, table: &Table, column: &str) -> String;

    /// The list of texts that is bound as `$1`, as a table `j` with a column `value`.
    fn listed(&self) -> &'static str;

    /// What ends a SELECT of rows of `alias` that are to be locked in ascending order of `key`.
    fn locking(&self, lock: Lock, key: &str, alias: &str) -> String;

    /// Whether a table is there, with its key, as before adoption it need not be.
    fn has(&self, table: &Table) -> bool;
}

/// The alias of a table: its first letter; `h` for the history.
pub fn alias(table: &Table) -> &'static str {
    match table.name {
        name if name == crate::schema::IP_ASN_HISTORY.name => "h",
        name => &name[..1],
    }
}

/// A limit as databases take it.
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
    /// A moment, or NULL.
    Timestamp(Option<Timestamp>),
    /// A list of texts.
    Texts(&'a [String]),
    /// A list of numbers.
    Numbers(&'a [i64]),
}

/// A row of an answer. Columns of adopted tables may be of types that read as another.
pub trait SqlRow: Send {
    /// The engine's errors.
    type Error;

    /// A text.
    fn text(&self, column: usize) -> Result<Option<String>, Self::Error>;

    /// A number.
    fn number(&self, column: usize) -> Result<Option<i64>, Self::Error>;

    /// A moment; `None` also for what is not one.
    fn timestamp(&self, column: usize) -> Result<Option<Timestamp>, Self::Error>;

    /// Whether something holds; NULL does not.
    fn flag(&self, column: usize) -> Result<bool, Self::Error>;
}

/// The rows of a page, and the position of the last of them.
pub type PageOf<T> = (Vec<T>, Option<String>);

/// A transaction that takes statements.
#[async_trait]
pub trait SqlTx: Send {
    /// The engine's errors.
    type Error: EngineError;
    /// Its rows.
    type Row: SqlRow<Error = Self::Error>;
    /// How it writes.
    type Dialect: Dialect;

    /// How it writes, with what it knows of the tables.
    fn dialect(&self) -> &Self::Dialect;

    /// The rows that a statement returns.
    async fn fetch(&mut self, sql: String, args: &[Arg<'_>])
    -> Result<Vec<Self::Row>, Self::Error>;

    /// Shows the rows to `visit`, in memory that does not grow with them.
    async fn scan(
        &mut self,
        sql: String,
        args: &[Arg<'_>],
        visit: &mut (dyn for<'r> FnMut(&'r Self::Row) -> Result<(), Self::Error> + Send),
    ) -> Result<(), Self::Error>;

    /// Runs a statement that returns nothing.
    async fn execute(&mut self, sql: String, args: &[Arg<'_>]) -> Result<(), Self::Error>;

    /// The next rows of `table` in the order of its key, after a position, as
    /// [`Tx::asn_page`](crate::Tx::asn_page) says.
    async fn page(
        &mut self,
        columns: String,
        table: &'static Table,
        after: Option<&str>,
        limit: u64,
    ) -> Result<PageOf<Self::Row>, Self::Error>;
}
