//! Finds out which row a statement has waited for until it timed out.

use sqlx::AssertSqlSafe;
use sqlx::postgres::PgDatabaseError;

use crate::engine::PgEngine;
use crate::error::{EngineResult, Fault};
use crate::lock_waits::holder;

const LOCK_NOT_AVAILABLE: &str = "55P03";

/// The key of a row, and the session that holds it: process, role, application and state.
type HeldRow = (
    String,
    Option<i32>,
    Option<String>,
    Option<String>,
    Option<String>,
);

/// A row, as the server names it: a place in a table.
#[derive(Debug, PartialEq, Eq)]
struct TupleId {
    table: String,
    tuple: String,
}

impl TupleId {
    fn of(fault: &Fault) -> Option<Self> {
        let Fault::Database(error) = fault else {
            return None;
        };
        let error = error.as_database_error()?;
        let error = error.try_downcast_ref::<PgDatabaseError>()?;
        match error.code() == LOCK_NOT_AVAILABLE {
            true => Self::read(error.r#where()?),
            false => None,
        }
    }

    /// Reads the context of an error, such as `while locking tuple (0,1) in relation "ip_inventory"`,
    /// in any language that has the same order and ends with the table.
    fn read(context: &str) -> Option<Self> {
        let line = context.lines().next()?;
        let (_, rest) = line.split_once('(')?;
        let (tuple, rest) = rest.split_once(')')?;
        let (block, item) = tuple.split_once(',')?;
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let mut words = rest
            .rsplit(char::is_whitespace)
            .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric() && c != '_'));
        let table = words.find(|word| !word.is_empty())?;
        (is_number(block) && is_number(item)).then(|| Self {
            table: table.to_owned(),
            tuple: format!("({tuple})"),
        })
    }

    fn key(&self) -> Option<&'static str> {
        match self.table.as_str() {
            "asn_inventory" => Some("'AS' || asn_number"),
            "ip_inventory" => Some("ip_address::text"),
            "session_summaries" => Some("session_id::text"),
            _ => None,
        }
    }
}

impl PgEngine {
    /// The row that the statement waited for, in words, if it failed because of waiting.
    pub(crate) async fn row_waited_for(&self, fault: &Fault) -> Option<String> {
        let place = TupleId::of(fault)?;
        let table = &place.table;
        Some(match self.read_key(&place).await {
            Ok(Some((key, Some(holder)))) => {
                format!("the row {key} of {table}, which {holder} holds")
            }
            Ok(Some((key, None))) => format!("the row {key} of {table}"),
            Ok(None) | Err(_) => format!("a row of {table}"),
        })
    }

    /// The key of the row, and who has locked it: the session of the transaction that the row is marked with.
    async fn read_key(&self, place: &TupleId) -> EngineResult<Option<(String, Option<String>)>> {
        let Some(key) = place.key() else {
            return Ok(None);
        };
        let table = &place.table;
        let mut transaction = self.begin().await?;
        let sql = format!(
            "SELECT {key}, a.pid, a.usename::text, a.application_name, a.state
             FROM {table} r
             LEFT JOIN pg_locks l ON l.locktype = 'transactionid' AND l.granted AND l.transactionid = r.xmax
             LEFT JOIN pg_stat_activity a ON a.pid = l.pid
             WHERE r.ctid = $1::text::tid"
        );
        let found: Option<HeldRow> = sqlx::query_as(AssertSqlSafe(sql))
            .bind(&place.tuple)
            .fetch_optional(&mut *transaction)
            .await?;
        transaction.rollback().await?;
        Ok(found.map(|(key, pid, role, application, state)| {
            let (role, application) = (role.as_deref(), application.as_deref());
            let holder = pid.map(|pid| holder(pid, role, application, state.as_deref()));
            (key, holder)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_context_of_an_error_names_the_row() {
        let place = |table: &str, tuple: &str| {
            Some(TupleId {
                table: table.to_owned(),
                tuple: tuple.to_owned(),
            })
        };
        for (context, expected) in [
            (
                "while locking tuple (0,1) in relation \"ip_inventory\"",
                place("ip_inventory", "(0,1)"),
            ),
            (
                "beim Sperren von Tupel (12,34) in Relation »asn_inventory«\nSQL-Anweisung »x«",
                place("asn_inventory", "(12,34)"),
            ),
            ("SQL function f(integer, text) \"x\"", None),
            ("", None),
        ] {
            assert_eq!(TupleId::read(context), expected, "{context}");
        }
    }
}
