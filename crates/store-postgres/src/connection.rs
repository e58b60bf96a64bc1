//! The connection of a transaction, which sends statements.

use std::fmt;
use std::ops::{Deref, DerefMut};

use futures::future::BoxFuture;
use futures::stream::BoxStream;
use sqlx::postgres::{PgArguments, PgCopyIn, PgQueryResult, PgRow, PgStatement, PgTypeInfo};
use sqlx::{Either, Execute, Executor, PgConnection, Postgres, SqlStr};

use crate::error::EngineResult;
use crate::server_sessions::InUse;

pub(crate) type BoxedError = Box<dyn std::error::Error + Send + Sync>;

/// A transaction, which is rolled back unless it is committed.
pub(crate) struct Transaction {
    connection: Connection,
    _in_use: InUse,
}

/// The connection of a transaction: what statements are sent through.
pub(crate) struct Connection(pub(crate) sqlx::Transaction<'static, Postgres>);

impl Transaction {
    pub(crate) const fn of(connection: Connection, in_use: InUse) -> Self {
        Self {
            connection,
            _in_use: in_use,
        }
    }

    pub(crate) async fn commit(self) -> Result<(), sqlx::Error> {
        self.connection.0.commit().await
    }

    pub(crate) async fn rollback(self) -> Result<(), sqlx::Error> {
        self.connection.0.rollback().await
    }
}

impl Deref for Transaction {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }
}

impl Connection {
    /// Begins to copy rows into a table.
    pub(crate) async fn copy_in(
        &mut self,
        statement: &str,
    ) -> Result<PgCopyIn<&mut PgConnection>, sqlx::Error> {
        self.0.copy_in_raw(statement).await
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection")
    }
}

/// Removes the time-out of statements in a transaction.
pub(crate) async fn no_time_limit(transaction: &mut Transaction) -> EngineResult<()> {
    sqlx::query("SELECT set_config('statement_timeout', '0', true)")
        .execute(&mut **transaction)
        .await?;
    Ok(())
}

/// A statement without a name, which the next one replaces. The driver names every other statement, even without a
/// cache, and in the session behind a pooler the name may already be taken.
struct Unnamed<E>(E);

impl<'q, E: Execute<'q, Postgres>> Execute<'q, Postgres> for Unnamed<E> {
    fn sql(self) -> SqlStr {
        self.0.sql()
    }

    fn statement(&self) -> Option<&PgStatement> {
        self.0.statement()
    }

    fn take_arguments(&mut self) -> Result<Option<PgArguments>, BoxedError> {
        self.0.take_arguments()
    }

    fn persistent(&self) -> bool {
        false
    }
}

impl<'c> Executor<'c> for &'c mut Connection {
    type Database = Postgres;

    fn fetch_many<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxStream<'e, Result<Either<PgQueryResult, PgRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        (&mut *self.0).fetch_many(Unnamed(query))
    }

    fn fetch_optional<'e, 'q: 'e, E>(
        self,
        query: E,
    ) -> BoxFuture<'e, Result<Option<PgRow>, sqlx::Error>>
    where
        'c: 'e,
        E: 'q + Execute<'q, Postgres>,
    {
        (&mut *self.0).fetch_optional(Unnamed(query))
    }

    fn prepare_with<'e>(
        self,
        _: SqlStr,
        _: &'e [PgTypeInfo],
    ) -> BoxFuture<'e, Result<PgStatement, sqlx::Error>>
    where
        'c: 'e,
    {
        Box::pin(async { Err(refusal()) })
    }
}

/// The error for operations that the driver implements with named statements.
fn refusal() -> sqlx::Error {
    sqlx::Error::Protocol("a statement that is prepared ahead outlives its transaction".to_owned())
}
