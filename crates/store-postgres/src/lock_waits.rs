//! Reports waiting for the locks of other sessions, which is otherwise silent: what is waited for, and who holds it.

use std::pin::pin;
use std::sync::PoisonError;
use std::time::Duration;

use futures::future::{Either, select};

use crate::engine::PgEngine;
use crate::error::EngineResult;

/// Between two looks whether a session of ours waits. Shorter waits are not worth a line.
const LOOK: Duration = Duration::from_secs(3);

/// A session of ours that waits, with the first that it waits for.
const WAITS: &str = "
    SELECT l.locktype, coalesce(l.relation, t.relation)::regclass::text,
           b.pid, b.usename::text, b.application_name, b.state
    FROM pg_stat_activity w
    CROSS JOIN LATERAL unnest(pg_blocking_pids(w.pid)) AS h (pid)
    JOIN pg_locks l ON l.pid = w.pid AND NOT l.granted
    LEFT JOIN pg_locks t ON t.pid = w.pid AND t.locktype = 'tuple' AND t.granted
    LEFT JOIN pg_stat_activity b ON b.pid = h.pid
    WHERE w.pid = ANY ($1) AND h.pid <> ALL ($1)
    ORDER BY w.pid, h.pid LIMIT 1";

type Wait = (
    Option<String>,
    Option<String>,
    Option<i32>,
    Option<String>,
    Option<String>,
    Option<String>,
);

/// Who holds a lock, in words.
pub(crate) fn holder(
    pid: i32,
    role: Option<&str>,
    application: Option<&str>,
    state: Option<&str>,
) -> String {
    let application = application.filter(|name| !name.is_empty());
    let role = role.map(|role| format!("role {role}"));
    let facts: Vec<String> = [
        application.map(str::to_owned),
        role,
        state.map(str::to_owned),
    ]
    .into_iter()
    .flatten()
    .collect();
    match facts.is_empty() {
        true => format!("process {pid}"),
        false => format!("process {pid} ({})", facts.join(", ")),
    }
}

impl PgEngine {
    /// Does what may have to wait for others, and reports it if that takes long.
    pub(crate) async fn reporting_waits<T>(&self, operation: impl Future<Output = T>) -> T {
        match select(pin!(operation), pin!(self.watch())).await {
            Either::Left((done, _)) => done,
            Either::Right((never, _)) => match never {},
        }
    }

    async fn watch(&self) -> std::convert::Infallible {
        loop {
            tokio::time::sleep(LOOK).await;
            match self.wait_in_words().await {
                Ok(Some(words)) if self.is_news(&words) => tracing::warn!("{words}"),
                Ok(_) => {}
                Err(fault) => tracing::debug!("what is waited for is not known: {fault}"),
            }
        }
    }

    /// What a session of ours waits for, if one does.
    async fn wait_in_words(&self) -> EngineResult<Option<String>> {
        let pids = self.sessions.pids();
        if pids.is_empty() {
            return Ok(None);
        }
        let mut transaction = self.begin().await?;
        let wait: Option<Wait> = sqlx::query_as(WAITS)
            .bind(pids)
            .fetch_optional(&mut *transaction)
            .await?;
        transaction.rollback().await?;
        Ok(wait.map(|(kind, table, pid, role, application, state)| {
            let what = match (kind.as_deref(), table) {
                (Some("relation"), Some(table)) => format!("the table {table}"),
                (Some("advisory"), _) => "the turn to change the schema".to_owned(),
                (_, Some(table)) => format!("a row of {table}"),
                (_, None) => "a row".to_owned(),
            };
            let holder = match pid {
                Some(pid) => holder(
                    pid,
                    role.as_deref(),
                    application.as_deref(),
                    state.as_deref(),
                ),
                None => "a session that is gone, or a prepared transaction,".to_owned(),
            };
            format!("waiting for {what}, which {holder} holds")
        }))
    }

    /// Whether something else was reported last: several sessions may wait for the same.
    fn is_news(&self, words: &str) -> bool {
        let mut last = self
            .last_words
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let is_news = *last != words;
        words.clone_into(&mut last);
        is_news
    }
}
