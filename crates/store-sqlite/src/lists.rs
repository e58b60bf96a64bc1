//! The rows of a list.

use futures::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use ipcascade_store::engine::RowBlock;
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

/// How many rows a block has.
const ROWS_OF_A_BLOCK: usize = 1000;

/// The rows of a list of addresses, in blocks.
pub(crate) fn blocks<'p>(
    pool: &'p SqlitePool,
    columns: &TableColumns,
    listing: &Listing,
) -> BoxStream<'p, Result<RowBlock, Fault>> {
    let rows = rows(pool, columns, listing).try_filter_map(async |row| match row {
        StoredRow::Address(row) => Ok(Some(row)),
        _ => Ok(None),
    });
    let blocks = rows.try_chunks(ROWS_OF_A_BLOCK);
    blocks
        .map_ok(|rows| RowBlock::new(move || rows))
        .map_err(|error| error.1)
        .boxed()
}
