//! The rows of a list.

use futures::stream::{self, BoxStream, StreamExt as _};
use ipcascade_store::listing::{Listing, StoredRow};
use ipcascade_store::sql::row_of;
use sqlx::{AssertSqlSafe, SqlitePool};

use crate::bulk_read::Unhurried;
use crate::columns::TableColumns;
use crate::error::Fault;
use crate::statement::{AnyRow, bound};

/// Streams the rows of a list.
pub(crate) fn rows<'p>(
    pool: &'p SqlitePool,
    columns: &TableColumns,
    listing: &Listing,
) -> BoxStream<'p, Result<StoredRow, Fault>> {
    let (sql, args) = listing.sql(columns);
    let arguments = match bound(&args) {
        Ok(arguments) => arguments,
        Err(fault) => return stream::iter([Err(fault)]).boxed(),
    };
    let (table, is_whole) = (listing.table, listing.is_whole);
    let rows = Unhurried::new(sqlx::query_with(AssertSqlSafe(sql), arguments).fetch(pool));
    rows.map(move |row| row_of(table, is_whole, &AnyRow(row?)))
        .boxed()
}
