//! Long lists, read from a cursor on the server so that memory stays bounded.

use std::collections::VecDeque;

use futures::stream::{self, BoxStream, StreamExt as _};
use ipcascade_core::StoreResult;
use sqlx::postgres::PgRow;
use sqlx::{Postgres, QueryBuilder};

use crate::errors::Outcome;
use crate::store::PgStore;
use crate::transaction::Transaction;

/// Rows fetched at once.
const CHUNK: usize = 2000;

/// An open cursor; it ends with its transaction.
pub(crate) struct Cursor;

impl Cursor {
    /// What a query must begin with to become the cursor.
    pub(crate) const DECLARE: &str = "DECLARE ipcascade_rows NO SCROLL CURSOR FOR ";

    /// Opens the cursor that `query` declares; binds are those of the query.
    pub(crate) async fn open(
        transaction: &mut Transaction,
        mut query: QueryBuilder<Postgres>,
    ) -> Outcome<Self> {
        query
            .build()
            .persistent(false)
            .execute(&mut **transaction)
            .await?;
        Ok(Self)
    }

    /// The next rows; none when all are read.
    pub(crate) async fn fetch(&self, transaction: &mut Transaction) -> Outcome<Vec<PgRow>> {
        const { assert!(CHUNK == 2000) };
        let rows = sqlx::query("FETCH 2000 FROM ipcascade_rows")
            .persistent(false)
            .fetch_all(&mut **transaction)
            .await?;
        Ok(rows)
    }

    /// Ends the cursor, so that the transaction can open another.
    pub(crate) async fn close(self, transaction: &mut Transaction) -> Outcome<()> {
        sqlx::query("CLOSE ipcascade_rows")
            .persistent(false)
            .execute(&mut **transaction)
            .await?;
        Ok(())
    }
}

enum Listing<T> {
    Begin(QueryBuilder<Postgres>),
    Read {
        transaction: Transaction,
        cursor: Cursor,
        rows: VecDeque<T>,
        is_exhausted: bool,
    },
}

impl PgStore {
    /// Streams what `query` (which begins with [`Cursor::DECLARE`]) selects; rows of which `read`
    /// makes nothing are left out.
    pub(crate) fn list<T: Send + 'static>(
        &self,
        action: &'static str,
        query: QueryBuilder<Postgres>,
        read: impl Fn(&PgRow) -> Result<Option<T>, sqlx::Error> + Send + Sync + 'static,
    ) -> BoxStream<'_, StoreResult<T>> {
        let read = std::sync::Arc::new(read);
        stream::try_unfold(Listing::Begin(query), move |listing| {
            let read = std::sync::Arc::clone(&read);
            async move {
                self.next_listed(listing, &*read)
                    .await
                    .map_err(|fault| self.error(fault, action))
            }
        })
        .boxed()
    }

    async fn next_listed<T>(
        &self,
        listing: Listing<T>,
        read: &(impl Fn(&PgRow) -> Result<Option<T>, sqlx::Error> + Sync),
    ) -> Outcome<Option<(T, Listing<T>)>> {
        let (mut transaction, cursor, mut rows, mut is_exhausted) = match listing {
            Listing::Begin(query) => {
                let mut transaction = self.begin().await?;
                let cursor = Cursor::open(&mut transaction, query).await?;
                (transaction, cursor, VecDeque::new(), false)
            }
            Listing::Read {
                transaction,
                cursor,
                rows,
                is_exhausted,
            } => (transaction, cursor, rows, is_exhausted),
        };
        while rows.is_empty() && !is_exhausted {
            let chunk = cursor.fetch(&mut transaction).await?;
            is_exhausted = chunk.len() < CHUNK;
            for row in &chunk {
                rows.extend(read(row)?);
            }
        }
        let Some(row) = rows.pop_front() else {
            transaction.rollback().await?;
            return Ok(None);
        };
        let rest = Listing::Read {
            transaction,
            cursor,
            rows,
            is_exhausted,
        };
        Ok(Some((row, rest)))
    }
}
