//! Statements that read sessions.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;

use crate::engine::{ReadSessions, SessionsOf};
use crate::locking::Lock;
use crate::schema::SESSION_SUMMARIES;
use crate::sql::columns::{of_documented, of_session};
use crate::sql::dialect::{Arg, Dialect as _, SqlRow as _, SqlTx, at_most};
use crate::sql::keyed_rows::{all, by_key};
use crate::stored_rows::{DocumentedSession, SessionSource, StoredSession, count};

#[async_trait]
impl<C: SqlTx> ReadSessions for C {
    async fn sessions(
        &mut self,
        keys: &[String],
        lock: Lock,
    ) -> Result<Vec<StoredSession>, C::Error> {
        let columns = of_session(self.dialect());
        let sql = by_key(&columns, SESSION_SUMMARIES, self.dialect(), lock);
        let rows = self.fetch(sql, &[Arg::Texts(keys)]).await?;
        all::<C, _>(&rows)
    }

    async fn documented_sessions(
        &mut self,
        keys: &[String],
    ) -> Result<Vec<DocumentedSession>, C::Error> {
        let columns = of_documented(self.dialect());
        let sql = by_key(&columns, SESSION_SUMMARIES, self.dialect(), Lock::No);
        let rows = self.fetch(sql, &[Arg::Texts(keys)]).await?;
        all::<C, _>(&rows)
    }

    async fn session_ids(
        &mut self,
        sources: &[String],
        of: SessionsOf,
    ) -> Result<Vec<String>, C::Error> {
        let dialect = self.dialect();
        let condition = match of {
            SessionsOf::All => "",
            SessionsOf::WithoutSnapshot => " AND s.enrichment_at IS NULL",
        };
        let sql = format!(
            "SELECT {} FROM {} CROSS JOIN session_summaries s WHERE s.source_ip = j.value{condition}",
            dialect.read(SESSION_SUMMARIES, "session_id"),
            dialect.listed()
        );
        let mut ids = BTreeSet::new();
        for row in self.fetch(sql, &[Arg::Texts(sources)]).await? {
            ids.extend(row.text(0)?);
        }
        Ok(ids.into_iter().collect())
    }

    async fn session_rows(
        &mut self,
        sources: &[String],
    ) -> Result<BTreeMap<String, u64>, C::Error> {
        let sql = format!(
            "SELECT source, session_rows FROM (SELECT j.value AS source, \
             (SELECT count(*) FROM session_summaries s WHERE s.source_ip = j.value) AS session_rows \
             FROM {}) AS c WHERE session_rows > 0",
            self.dialect().listed()
        );
        let rows = self.fetch(sql, &[Arg::Texts(sources)]).await?;
        let of = |row: &C::Row| Ok((row.text(0)?.unwrap_or_default(), count(row.number(1)?)));
        rows.iter().map(of).collect()
    }

    async fn orphan_sources(
        &mut self,
        after: Option<&str>,
        limit: u64,
    ) -> Result<Vec<SessionSource>, C::Error> {
        let dialect = self.dialect();
        let of = |column| dialect.timestamp(SESSION_SUMMARIES, column);
        let sql = format!(
            "SELECT {}, count(*), min({}), max({}) FROM session_summaries s \
             WHERE s.source_ip > $1 AND NOT EXISTS \
             (SELECT 1 FROM ip_inventory i WHERE i.ip_address = s.source_ip) \
             GROUP BY s.source_ip ORDER BY s.source_ip LIMIT {}",
            dialect.read(SESSION_SUMMARIES, "source_ip"),
            of("first_event_at"),
            of("last_event_at"),
            at_most(limit)
        );
        let after = Arg::Text(Some(after.unwrap_or_default()));
        let rows = self.fetch(sql, &[after]).await?;
        let source = |row: &C::Row| {
            Ok(SessionSource {
                key: row.text(0)?.unwrap_or_default(),
                sessions: count(row.number(1)?),
                first: row.timestamp(2)?,
                last: row.timestamp(3)?,
            })
        };
        rows.iter().map(source).collect()
    }
}
