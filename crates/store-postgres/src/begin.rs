//! Begins transactions: the only way in which statements reach the server.
//!
//! Nothing outlives a transaction, because behind a pooler the server's session soon belongs to another program:
//! settings are local to the transaction, locks end with it, and no statement gets a name.

use ipcascade_core::store::{StoreError, StoreErrorKind};
use sqlx::{AssertSqlSafe, Row as _};

use crate::connection::{Connection, Transaction};
use crate::engine::PgEngine;
use crate::error::{EngineResult, Fault, code_of};

/// The answer of a standby to a transaction that is to write.
const NOT_SUPPORTED: &str = "0A000";

/// Replication sessions fire no triggers: ours must.
const FIRE_TRIGGERS: &str = "CASE WHEN current_setting('session_replication_role') = 'replica'
    THEN set_config('session_replication_role', 'origin', true) END";

impl PgEngine {
    /// Begins a transaction that sees what others have committed before each statement. It is read-only, unless the
    /// store is open for writing.
    pub(crate) async fn begin(&self) -> EngineResult<Transaction> {
        self.begin_with_settings(&[]).await
    }

    /// The same with additional settings, each a call of `set_config`.
    pub(crate) async fn begin_with_settings(&self, settings: &[&str]) -> EngineResult<Transaction> {
        let statement = match self.mode.writes() {
            true => "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
            false => "BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY",
        };
        self.begin_with(statement, settings).await
    }

    /// Begins a read-only transaction on one snapshot of the database; `settings` are additional calls of `set_config`.
    pub(crate) async fn begin_snapshot(&self, settings: &[&str]) -> EngineResult<Transaction> {
        let statement = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        self.begin_with(statement, settings).await
    }

    /// Two messages to the server. In one, a setting that fails would leave a transaction behind that the driver is
    /// unaware of, and that the next one would find.
    async fn begin_with(
        &self,
        statement: &'static str,
        settings: &[&str],
    ) -> EngineResult<Transaction> {
        let begun = self.begun(statement).await;
        let inner = begun.map_err(|fault| self.beginning_refused(fault))?;
        let mut connection = Connection(inner);
        let pid = sqlx::raw_sql(AssertSqlSafe(self.local_settings(settings)))
            .fetch_one(&mut connection)
            .await
            .and_then(|row| row.try_get("pid"))
            .map_err(|error| self.settings_refused(error))?;
        Ok(Transaction::of(connection, self.sessions.enter(pid)))
    }

    /// The statement that makes the settings of a transaction.
    fn local_settings(&self, more: &[&str]) -> String {
        let mut settings = vec![
            ("TimeZone", "UTC".to_owned()),
            ("client_min_messages", "warning".to_owned()),
            // Compiling a statement takes a tenth of a second; the planner, which has no statistics of a growing table,
            // chooses it even to find a few rows by key.
            ("jit", "off".to_owned()),
            ("statement_timeout", self.config.statement_timeout()),
            ("lock_timeout", self.config.lock_timeout()),
            // Rows that become hidden are then an error, and are not left out.
            ("row_security", "off".to_owned()),
        ];
        settings.extend(
            self.search_path()
                .map(|path| ("search_path", path.to_owned())),
        );
        let mut calls: Vec<String> = settings
            .into_iter()
            .map(|(name, value)| format!("set_config('{name}', {}, true)", literal(&value)))
            .collect();
        if self.mode.writes() {
            calls.push(FIRE_TRIGGERS.to_owned());
        }
        calls.extend(more.iter().map(|&call| call.to_owned()));
        format!("SELECT pg_backend_pid() AS pid, {}", calls.join(", "))
    }

    fn beginning_refused(&self, fault: Fault) -> Fault {
        match &fault {
            Fault::Database(error) if code_of(error).as_deref() == Some(NOT_SUPPORTED) => {}
            _ => return fault,
        }
        let reason = "the server is a standby, which can only be read";
        Fault::Worded(
            StoreError::new(StoreErrorKind::Denied, reason).remedy("use the URL of the primary"),
        )
    }

    fn settings_refused(&self, error: sqlx::Error) -> Fault {
        let fault = Fault::Database(error);
        if fault.kind() != StoreErrorKind::Denied || !self.mode.writes() {
            return fault;
        }
        let reason = format!(
            "`session_replication_role` is `replica` there, so that no trigger fires and nothing is counted, and this \
             role may not change that ({fault})"
        );
        Fault::Worded(
            StoreError::new(StoreErrorKind::Denied, reason)
                .remedy("reset it: ALTER DATABASE or ALTER ROLE … RESET session_replication_role"),
        )
    }
}

/// Text as an SQL literal, whatever `standard_conforming_strings` is.
fn literal(text: &str) -> String {
    let quoted = text.replace('\\', "\\\\").replace('\'', "''");
    format!("E'{quoted}'")
}
