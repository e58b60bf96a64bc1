//! Sessions: read and written.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::SessionRow;
use ipcascade_store::engine::{ReadSessions, SessionSnapshot, SessionsOf, WriteSessions};
use ipcascade_store::locking::Lock;
use ipcascade_store::stored_rows::{DocumentedSession, SessionSource, StoredSession};

use crate::error::{EngineResult, Fault};
use crate::tables::SessionEntry;
use crate::transaction::MemoryTx;

#[async_trait]
impl ReadSessions for MemoryTx {
    async fn sessions(&mut self, keys: &[String], _lock: Lock) -> EngineResult<Vec<StoredSession>> {
        let found = keys.iter().filter_map(|key| self.tables.sessions.get(key));
        Ok(found.map(SessionEntry::row).collect())
    }

    async fn documented_sessions(
        &mut self,
        keys: &[String],
    ) -> EngineResult<Vec<DocumentedSession>> {
        let sessions = keys.iter().filter_map(|key| self.tables.sessions.get(key));
        Ok(sessions.map(SessionEntry::documented).collect())
    }

    async fn session_ids(
        &mut self,
        sources: &[String],
        of: SessionsOf,
    ) -> EngineResult<Vec<String>> {
        let sources: BTreeSet<&str> = sources.iter().map(String::as_str).collect();
        let is_meant = |entry: &&SessionEntry| {
            let source = entry.source_ip.as_deref();
            source.is_some_and(|source| sources.contains(source))
                && (of == SessionsOf::All || entry.enrichment_at.is_none())
        };
        let sessions = self.tables.sessions.values().filter(is_meant);
        Ok(sessions.map(|entry| entry.session_id.clone()).collect())
    }

    async fn session_rows(&mut self, sources: &[String]) -> EngineResult<BTreeMap<String, u64>> {
        let rows = self.tables.all_session_rows();
        let rows_of = |source: &String| Some((source.clone(), *rows.get(source.as_str())?));
        Ok(sources.iter().filter_map(rows_of).collect())
    }

    async fn orphan_sources(
        &mut self,
        after: Option<&str>,
        limit: u64,
    ) -> EngineResult<Vec<SessionSource>> {
        let mut sources: BTreeMap<&str, SessionSource> = BTreeMap::new();
        for entry in self.tables.sessions.values() {
            let Some(key) = entry.source_ip.as_deref() else {
                continue;
            };
            if self.tables.addresses.contains_key(key) || after.is_some_and(|after| key <= after) {
                continue;
            }
            let source = sources.entry(key).or_insert_with(|| SessionSource {
                key: key.to_owned(),
                sessions: 0,
                first: None,
                last: None,
            });
            source.sessions += 1;
            source.first = source.first.into_iter().chain(entry.first_event_at).min();
            source.last = source.last.max(entry.last_event_at);
        }
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(sources.into_values().take(limit).collect())
    }
}

#[async_trait]
impl WriteSessions for MemoryTx {
    async fn insert_sessions(&mut self, rows: &[&SessionRow]) -> EngineResult<()> {
        let tables = self.write()?;
        for row in rows {
            if tables.sessions.contains_key(&row.session_id) {
                return Err(Fault::Overtaken);
            }
            let entry = SessionEntry::from(*row);
            tables.sessions.insert(row.session_id.clone(), entry);
        }
        Ok(())
    }

    async fn update_sessions(&mut self, rows: &[&SessionRow], _now: Timestamp) -> EngineResult<()> {
        let tables = self.write()?;
        for row in rows {
            if let Some(entry) = tables.sessions.get_mut(&row.session_id) {
                entry.write(row);
            }
        }
        Ok(())
    }

    async fn write_session_documents(
        &mut self,
        documents: &[(String, Option<String>)],
    ) -> EngineResult<()> {
        let tables = self.write()?;
        for (id, document) in documents {
            if let Some(entry) = tables.sessions.get_mut(id) {
                entry.enrichment.clone_from(document);
            }
        }
        Ok(())
    }

    async fn take_snapshots(
        &mut self,
        snapshots: &[SessionSnapshot],
        now: Timestamp,
    ) -> EngineResult<()> {
        let sources = snapshots.iter();
        let snapshots: BTreeMap<&str, &SessionSnapshot> = sources
            .map(|snapshot| (snapshot.source.as_str(), snapshot))
            .collect();
        for entry in self.write()?.sessions.values_mut() {
            let source = entry.source_ip.as_deref();
            let snapshot = source.and_then(|source| snapshots.get(source));
            if let Some(snapshot) = snapshot.filter(|_| entry.enrichment_at.is_none()) {
                let asn = snapshot.asn.map(i64::from);
                entry.snapshot_asn = entry.snapshot_asn.or(asn);
                let country = entry.snapshot_country.take();
                entry.snapshot_country =
                    country.or_else(|| snapshot.country.map(|code| code.to_string()));
                entry.enrichment_at = Some(now);
            }
        }
        Ok(())
    }
}
