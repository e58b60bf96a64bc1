//! The rows of a list, read from a cursor on the server so that memory stays bounded.

use std::collections::VecDeque;

use futures::stream::{self, BoxStream, StreamExt as _};
use ipcascade_store::listing::{Listing, StoredRow};
use ipcascade_store::sql::row_of;
use sqlx::postgres::{PgArguments, PgRow};

use crate::connection::Transaction;
use crate::cursor::{CHUNK, RowCursor};
use crate::engine::PgEngine;
use crate::error::EngineResult;
use crate::statement::{CastRow, bound};

/// Streams the rows of a list.
pub(crate) fn rows<'e>(
    engine: &'e PgEngine,
    listing: &Listing,
) -> BoxStream<'e, EngineResult<StoredRow>> {
    // Text in PostgreSQL contains no zero byte.
    if listing.has_zero_byte() {
        return stream::empty().boxed();
    }
    let (table, is_whole) = (listing.table, listing.is_whole);
    let (sql, args) = listing.sql(&*engine.columns());
    let begin = match bound(&args) {
        Ok(arguments) => ListPosition::Begin {
            sql,
            arguments,
            is_whole,
        },
        Err(fault) => return stream::iter([Err(fault)]).boxed(),
    };
    let rows = stream::try_unfold(begin, move |reading| reading.next(engine));
    rows.map(move |row| row_of(table, is_whole, &CastRow(row?)))
        .boxed()
}

/// The position in a list.
enum ListPosition {
    Begin {
        sql: String,
        arguments: PgArguments,
        is_whole: bool,
    },
    GoOn {
        transaction: Transaction,
        cursor: RowCursor,
        rows: VecDeque<PgRow>,
        is_exhausted: bool,
    },
}

impl ListPosition {
    /// The next row, and how to continue after it.
    async fn next(self, engine: &PgEngine) -> EngineResult<Option<(PgRow, Self)>> {
        let (mut transaction, cursor, mut rows, mut is_exhausted) = match self {
            Self::Begin {
                sql,
                arguments,
                is_whole,
            } => {
                let mut transaction = engine.begin_snapshot(&[]).await?;
                if is_whole {
                    // By default a cursor is planned to return its first rows quickly.
                    sqlx::query("SELECT set_config('cursor_tuple_fraction', '1', true)")
                        .execute(&mut *transaction)
                        .await?;
                }
                let cursor = RowCursor::open(&mut transaction, &sql, arguments).await?;
                (transaction, cursor, VecDeque::new(), false)
            }
            Self::GoOn {
                transaction,
                cursor,
                rows,
                is_exhausted,
            } => (transaction, cursor, rows, is_exhausted),
        };
        if rows.is_empty() && !is_exhausted {
            rows = cursor.fetch(&mut transaction).await?.into();
            is_exhausted = rows.len() < CHUNK;
        }
        let Some(row) = rows.pop_front() else {
            transaction.rollback().await?;
            return Ok(None);
        };
        let rest = Self::GoOn {
            transaction,
            cursor,
            rows,
            is_exhausted,
        };
        Ok(Some((row, rest)))
    }
}
