//! Getting a connection where the server has fewer than the pool may open.

use std::pin::pin;
use std::time::Duration;

use futures::future::{Either, select};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgConnection, Postgres};
use sqlx::{Connection as _, SqlSafeStr as _};

use crate::config::Config;
use crate::engine::PgEngine;
use crate::error::{EngineResult, Fault, code_of};

/// Between two looks whether one of our own connections has become free; each time longer, since what is given up for it
/// may be nearly there.
const FIRST_LOOK: Duration = Duration::from_millis(50);
const LONGEST_LOOK: Duration = Duration::from_secs(1);
/// For how long at most the server is asked why there is no connection.
const REASON: Duration = Duration::from_secs(5);
/// Waiting for longer than this is worth a line.
const REPORT_AFTER: Duration = Duration::from_secs(2);

/// What a server says that has no connection to spare, and one that does not take any yet.
const TOO_MANY: &str = "53300";
const NOT_YET: &str = "57P03";

/// Whether the server may have a connection in a moment.
fn is_full(error: &sqlx::Error) -> bool {
    matches!(code_of(error).as_deref(), Some(TOO_MANY | NOT_YET))
}

/// Makes a connection beside the pool; waits while the server has none to spare, up to `store.connect_timeout`. A server
/// that does not answer at all is a `PoolTimedOut`.
pub(crate) async fn connect(
    options: &PgConnectOptions,
    config: &Config,
) -> Result<PgConnection, sqlx::Error> {
    let begun = tokio::time::Instant::now();
    let end = begun + config.connect_timeout();
    let (mut pause, mut has_warned, mut refusal) = (FIRST_LOOK, false, None);
    loop {
        let connecting = tokio::time::timeout_at(end, PgConnection::connect_with(options));
        let error = match connecting.await {
            Ok(Err(error)) if is_full(&error) => error,
            Ok(connected) => return connected,
            Err(_) => return Err(refusal.unwrap_or(sqlx::Error::PoolTimedOut)),
        };
        if begun.elapsed() + pause > config.connect_timeout() {
            return Err(error);
        }
        if begun.elapsed() > REPORT_AFTER && !std::mem::replace(&mut has_warned, true) {
            tracing::warn!(%error, "waiting for a connection to the server");
        }
        refusal = Some(error);
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_LOOK);
    }
}

impl PgEngine {
    /// Begins a transaction on a connection of the pool.
    pub(crate) async fn begun(
        &self,
        statement: &'static str,
    ) -> EngineResult<sqlx::Transaction<'static, Postgres>> {
        let connection =
            match tokio::time::timeout(self.config.connect_timeout(), self.connection()).await {
                Ok(Err(sqlx::Error::PoolTimedOut)) | Err(_) => {
                    return Err(Fault::NoConnection(self.why_there_is_none().await));
                }
                Ok(connection) => connection?,
            };
        Ok(sqlx::Transaction::begin(connection, Some(statement.into_sql_str())).await?)
    }

    /// A connection of the pool. The pool waits for a new one as long as it may be open, even when one that is open
    /// becomes free, and where there are no more that is never: then it is asked again.
    async fn connection(&self) -> Result<PoolConnection<Postgres>, sqlx::Error> {
        let mut look = FIRST_LOOK;
        loop {
            let acquiring = pin!(self.pool.acquire());
            let freed = pin!(self.one_is_free(&mut look));
            match select(acquiring, freed).await {
                Either::Left((acquired, _)) => return acquired,
                Either::Right(((), _)) => {}
            }
        }
    }

    /// Waits until a connection of the pool is not in use.
    async fn one_is_free(&self, look: &mut Duration) {
        loop {
            tokio::time::sleep(*look).await;
            *look = (*look * 2).min(LONGEST_LOOK);
            if self.pool.num_idle() > 0 {
                return;
            }
        }
    }

    /// The server's own words, if it refuses one more connection: the pool only says that it gave up.
    async fn why_there_is_none(&self) -> sqlx::Error {
        let options = self.pool.connect_options();
        let asking = PgConnection::connect_with(&options);
        match tokio::time::timeout(REASON, asking).await {
            Ok(Ok(connection)) => {
                drop(connection.close().await);
                sqlx::Error::PoolTimedOut
            }
            Ok(Err(error)) => error,
            Err(_) => sqlx::Error::PoolTimedOut,
        }
    }
}
