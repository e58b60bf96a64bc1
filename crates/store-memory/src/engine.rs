//! The tables as an engine: one writer at a time, which works on a copy; readers keep the tables as they were when they
//! began.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::Arc;

use async_trait::async_trait;
use futures::future::BoxFuture;
use futures::stream::{self, BoxStream};
use ipcascade_core::asn::Asn;
use ipcascade_core::clock::{Clock, Timestamp, rfc3339};
use ipcascade_core::store::{
    AsnRecord, AsnRow, CopyMark, DueQuery, HistoryRow, MigrateOptions, MigrationStep, RepairChange,
    SessionRow, StoreError, StoreErrorKind, StoreResult, Totals,
};
use ipcascade_store::DOCUMENT_VERSION;
use ipcascade_store::EngineError;
use ipcascade_store::deltas::{Counting, Share};
use ipcascade_store::engine::{
    Access, AsnColumns, Candidates, CountedAddress, Engine, Lease, SessionSnapshot, SessionsOf,
    Touched, Tx, WriteMark,
};
use ipcascade_store::listing::{Listing, StoredRow};
use ipcascade_store::locking::{Lock, Locking};
use ipcascade_store::plan::AsnSums;
use ipcascade_store::session_count::SessionCount;
use ipcascade_store::stored::{
    AuditedAddress, DocumentedSession, SessionSource, StoredAddress, StoredAsn, StoredHistory,
    StoredProvider, StoredSession, stored,
};
use serde_json::{Value, json};

use crate::shared::{MemoryEngine, Writing};
use crate::tables::{AddressEntry, HistoryKey, RepairEntry, SessionEntry, Tables};

/// Errors inside an operation.
#[derive(Debug)]
pub enum Fault {
    /// A row exists that did not exist before, which the lock rules out.
    Overtaken,
    /// An error that is already worded.
    Worded(StoreError),
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Worded(error)
    }
}

impl EngineError for Fault {
    fn overtaken() -> Self {
        Self::Overtaken
    }
}

type EngineResult<T> = Result<T, Fault>;

#[async_trait]
impl Engine for MemoryEngine {
    type Error = Fault;
    type Tx = MemoryTx;

    const LOCKING: Locking = Locking::Database;

    async fn begin(&self, access: Access) -> EngineResult<MemoryTx> {
        let writing = match access {
            Access::Snapshot | Access::Page => None,
            Access::Write | Access::Yielding | Access::Coordinate => {
                Some(self.begin_writing().await)
            }
        };
        Ok(MemoryTx {
            tables: self.tables(),
            writing,
        })
    }

    async fn write_mark(&self) -> EngineResult<Option<WriteMark>> {
        Ok(Some(mark(&self.tables())))
    }

    fn holds(&self, _asn: Asn) -> bool {
        true
    }

    fn describe(&self) -> String {
        "memory".to_owned()
    }

    async fn close(&self) {}

    /// Maps need no migration.
    async fn pending_migrations(&self, _: &MigrateOptions) -> StoreResult<Vec<MigrationStep>> {
        Ok(Vec::new())
    }

    async fn migrate(&self, _: &MigrateOptions) -> StoreResult<Vec<MigrationStep>> {
        Ok(Vec::new())
    }

    fn rows(&self, listing: &Listing) -> BoxStream<'_, EngineResult<StoredRow>> {
        let rows = self.tables().list(listing);
        Box::pin(stream::iter(rows.into_iter().map(Ok)))
    }

    fn explain(&self, action: &str, fault: Fault) -> StoreError {
        let error = match fault {
            Fault::Worded(error) => error,
            Fault::Overtaken => StoreError::overtaken(),
        };
        error.within(action.to_owned(), self.describe())
    }

    async fn run<'a, T, F>(&self, action: &str, mut operation: F) -> StoreResult<T>
    where
        T: Send,
        F: FnMut() -> BoxFuture<'a, EngineResult<T>> + Send,
    {
        let outcome = operation().await;
        outcome.map_err(|fault| self.explain(action, fault))
    }
}

const fn mark(tables: &Tables) -> WriteMark {
    WriteMark {
        others: 0,
        own: tables.commits,
    }
}

/// A transaction.
#[derive(Debug)]
pub struct MemoryTx {
    /// Shared with the store until the first write.
    tables: Arc<Tables>,
    writing: Option<Writing>,
}

impl MemoryTx {
    /// The tables to write to.
    fn write(&mut self) -> EngineResult<&mut Tables> {
        match &self.writing {
            Some(_) => Ok(Arc::make_mut(&mut self.tables)),
            None => {
                let message = "what was begun to read cannot write";
                Err(StoreError::new(StoreErrorKind::Denied, message).into())
            }
        }
    }
}

#[async_trait]
impl Tx for MemoryTx {
    type Error = Fault;

    async fn commit(self) -> EngineResult<()> {
        if let Some(writing) = self.writing {
            writing.commit(self.tables);
        }
        Ok(())
    }

    fn counting(&self) -> Counting {
        Counting::ByOperation
    }

    fn sessions_have_addresses(&self) -> bool {
        false
    }

    async fn write_mark(&mut self) -> EngineResult<Option<WriteMark>> {
        Ok(Some(mark(&self.tables)))
    }

    async fn addresses(
        &mut self,
        keys: &[String],
        _lock: Lock,
    ) -> EngineResult<Vec<StoredAddress>> {
        let found = keys.iter().filter_map(|key| self.tables.addresses.get(key));
        Ok(found.map(|entry| entry.row.clone()).collect())
    }

    async fn shares(
        &mut self,
        keys: &[String],
        _lock: Lock,
    ) -> EngineResult<BTreeMap<String, Share>> {
        let found = keys.iter().filter_map(|key| self.tables.addresses.get(key));
        let shares = found.map(|entry| (entry.row.key.clone(), Share::from(&entry.row)));
        Ok(shares.collect())
    }

    async fn free_addresses(&mut self, keys: &[String]) -> EngineResult<Vec<String>> {
        Ok(keys.to_vec())
    }

    async fn audited(&mut self, keys: &[String], _lock: Lock) -> EngineResult<Vec<AuditedAddress>> {
        let tables = &self.tables;
        let found = keys.iter().filter_map(|key| tables.addresses.get(key));
        let audited = found.map(|entry| tables.audited(entry, tables.session_rows(&entry.row.key)));
        Ok(audited.collect())
    }

    async fn audited_page(
        &mut self,
        after: Option<&str>,
        limit: u64,
    ) -> EngineResult<(Vec<AuditedAddress>, Option<String>)> {
        let tables = &self.tables;
        let rows = tables.all_session_rows();
        let (page, last) = page(&tables.addresses, after.map(str::to_owned), limit);
        let rows_of = |entry: &AddressEntry| rows.get(entry.row.key.as_str()).copied();
        let audited = page
            .into_iter()
            .map(|entry| tables.audited(entry, rows_of(entry).unwrap_or(0)));
        Ok((audited.collect(), last))
    }

    async fn scan_addresses(
        &mut self,
        visit: &mut (dyn FnMut(AuditedAddress) + Send),
    ) -> EngineResult<()> {
        let rows = self.tables.all_session_rows();
        for (key, entry) in &self.tables.addresses {
            let session_rows = rows.get(key.as_str()).copied().unwrap_or(0);
            visit(self.tables.audited(entry, session_rows));
        }
        Ok(())
    }

    async fn scan_addresses_of(
        &mut self,
        asns: &[Asn],
        visit: &mut (dyn FnMut(StoredAddress) + Send),
    ) -> EngineResult<()> {
        let numbers: BTreeSet<i64> = asns.iter().map(|&asn| asn.into()).collect();
        for entry in self.tables.addresses.values() {
            if entry
                .row
                .current_asn
                .is_some_and(|number| numbers.contains(&number))
            {
                visit(entry.row.clone());
            }
        }
        Ok(())
    }

    async fn origins(
        &mut self,
        since: Option<Timestamp>,
        new_first: bool,
    ) -> EngineResult<Vec<(i64, u64)>> {
        let mut origins: BTreeMap<i64, (u64, bool)> = BTreeMap::new();
        for entry in self.tables.addresses.values() {
            let Some(number) = entry.row.current_asn else {
                continue;
            };
            let newest = entry.updated_at.max(entry.row.enrichment_updated_at);
            let (addresses, is_wanted) = origins.entry(number).or_default();
            *addresses += 1;
            *is_wanted |= since.is_none() || newest >= since;
        }
        let mut origins: Vec<(i64, u64)> = origins
            .into_iter()
            .filter(|(_, (_, is_wanted))| *is_wanted)
            .map(|(number, (addresses, _))| (number, addresses))
            .collect();
        if new_first {
            origins.sort_by_key(|(number, _)| self.tables.asns.contains_key(number));
        }
        Ok(origins)
    }

    async fn existing_asns(&mut self, numbers: &[i64]) -> EngineResult<BTreeSet<i64>> {
        let numbers = numbers.iter().copied();
        let has_row = |number: &i64| self.tables.asns.contains_key(number);
        Ok(numbers.filter(has_row).collect())
    }

    async fn asns(&mut self, numbers: &[i64], _lock: Lock) -> EngineResult<Vec<StoredAsn>> {
        let found = numbers
            .iter()
            .filter_map(|number| self.tables.asns.get(number));
        Ok(found.cloned().collect())
    }

    async fn asn_page(
        &mut self,
        after: Option<&str>,
        limit: u64,
    ) -> EngineResult<(Vec<StoredAsn>, Option<String>)> {
        let after = after.and_then(|number| number.parse().ok());
        let (page, last) = page(&self.tables.asns, after, limit);
        Ok((page.into_iter().cloned().collect(), last))
    }

    async fn asn_sums(&mut self, numbers: &[i64]) -> EngineResult<BTreeMap<i64, AsnSums>> {
        let mut sums: BTreeMap<i64, AsnSums> = numbers
            .iter()
            .map(|&number| (number, AsnSums::default()))
            .collect();
        for entry in self.tables.addresses.values() {
            let number = entry.row.current_asn;
            if let Some(sums) = number.and_then(|number| sums.get_mut(&number)) {
                sums.add(entry.row.sessions.total, entry.row.seen());
            }
        }
        Ok(sums)
    }

    async fn totals(&mut self) -> EngineResult<Totals> {
        let mut addresses = self.tables.addresses.values();
        let is_unattributed = |entry: &&AddressEntry| entry.row.current_asn.is_none();
        Ok(Totals {
            asns: self.tables.asns.len() as u64,
            addresses: addresses.len() as u64,
            unattributed: addresses.by_ref().filter(is_unattributed).count() as u64,
            sessions: self.tables.sessions.len() as u64,
        })
    }

    async fn session_total(&mut self) -> EngineResult<u64> {
        Ok(self.tables.sessions.len() as u64)
    }

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

    async fn history(&mut self, keys: &[String]) -> EngineResult<Vec<StoredHistory>> {
        let attributions = keys.iter().flat_map(|key| self.tables.history_of(key));
        let rows = attributions.map(|(key, source)| StoredHistory {
            key: key.address.clone(),
            number: Some(key.number),
            observed_at: Some(key.observed_at),
            verification_source: source.clone(),
        });
        Ok(rows.collect())
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

    async fn insert_asns(
        &mut self,
        rows: &[AsnRow],
        now: Timestamp,
    ) -> EngineResult<BTreeSet<Asn>> {
        let tables = self.write()?;
        let mut added = BTreeSet::new();
        for row in rows {
            if let Entry::Vacant(place) = tables.asns.entry(row.asn.into()) {
                place.insert(new_asn(row, now));
                added.insert(row.asn);
            }
        }
        Ok(added)
    }

    async fn update_asns(
        &mut self,
        rows: &[AsnRow],
        columns: AsnColumns,
        now: Timestamp,
    ) -> EngineResult<()> {
        let tables = self.write()?;
        for row in rows {
            let Some(entry) = tables.asns.get_mut(&row.asn.into()) else {
                continue;
            };
            let written = new_asn(row, now);
            if columns != AsnColumns::Statistics {
                entry.organization_name = written.organization_name;
                entry.organization_country = written.organization_country;
                entry.rir_registry = written.rir_registry;
                entry.asn_type = written.asn_type;
                entry.is_known_hosting = written.is_known_hosting;
                entry.is_known_vpn = written.is_known_vpn;
                entry.document = written.document;
                entry.enrichment_updated_at = Some(now);
            }
            if columns != AsnColumns::Metadata {
                entry.unique_ip_count = written.unique_ip_count;
                entry.total_session_count = written.total_session_count;
                entry.first_seen = written.first_seen;
                entry.last_seen = written.last_seen;
            }
        }
        Ok(())
    }

    async fn count_asns(&mut self, rows: &[StoredAsn], _now: Timestamp) -> EngineResult<()> {
        let tables = self.write()?;
        for row in rows {
            if let Some(entry) = tables.asns.get_mut(&row.number) {
                entry.unique_ip_count = row.unique_ip_count;
                entry.total_session_count = row.total_session_count;
                entry.first_seen = row.first_seen;
                entry.last_seen = row.last_seen;
            }
        }
        Ok(())
    }

    async fn write_asn_records(
        &mut self,
        records: &[AsnRecord],
        now: Timestamp,
    ) -> EngineResult<()> {
        let tables = self.write()?;
        for record in records {
            if let Some(entry) = tables.asns.get_mut(&record.row.asn.into()) {
                *entry = StoredAsn {
                    unique_ip_count: entry.unique_ip_count,
                    total_session_count: entry.total_session_count,
                    enrichment_updated_at: record.enrichment_updated_at,
                    ..new_asn(&record.row, now)
                };
            }
        }
        Ok(())
    }

    async fn insert_addresses(
        &mut self,
        rows: &[CountedAddress<'_>],
        now: Timestamp,
    ) -> EngineResult<()> {
        let tables = self.write()?;
        for counted in rows {
            let key = counted.row.address.to_string();
            if tables.addresses.contains_key(&key) {
                return Err(Fault::Overtaken);
            }
            let mut entry = AddressEntry::default();
            entry.row.key.clone_from(&key);
            entry.row.sessions = SessionCount::of_rows(0);
            write_address(&mut entry, *counted, now);
            tables.addresses.insert(key, entry);
        }
        Ok(())
    }

    async fn update_addresses(
        &mut self,
        rows: &[CountedAddress<'_>],
        now: Timestamp,
    ) -> EngineResult<()> {
        let tables = self.write()?;
        for counted in rows {
            let key = counted.row.address.to_string();
            if let Some(entry) = tables.addresses.get_mut(&key) {
                write_address(entry, *counted, now);
            }
        }
        Ok(())
    }

    async fn touch_addresses(&mut self, touched: &[Touched], now: Timestamp) -> EngineResult<()> {
        let tables = self.write()?;
        for touched in touched {
            let Some(entry) = tables.addresses.get_mut(&touched.key) else {
                continue;
            };
            if let Some(seen) = touched.seen {
                entry.row.first_seen = Some(seen.first);
                entry.row.last_seen = Some(seen.last);
                entry.updated_at = Some(now);
            }
            entry.row.sessions = touched.sessions.unwrap_or(entry.row.sessions);
        }
        Ok(())
    }

    async fn write_versions(&mut self, versions: &[(String, String)]) -> EngineResult<()> {
        let tables = self.write()?;
        for (key, version) in versions {
            if let Some(entry) = tables.addresses.get_mut(key) {
                entry.row.enrichment_version = Some(version.clone());
            }
        }
        Ok(())
    }

    async fn rename_address(&mut self, from: &str, to: &str) -> EngineResult<()> {
        let tables = self.write()?;
        if let Some(mut entry) = tables.addresses.remove(from) {
            to.clone_into(&mut entry.row.key);
            tables.addresses.insert(to.to_owned(), entry);
        }
        tables.give_what_refers(from, to);
        Ok(())
    }

    async fn merge_address(&mut self, from: &str, to: &str) -> EngineResult<()> {
        let tables = self.write()?;
        tables.give_what_refers(from, to);
        tables.addresses.remove(from);
        Ok(())
    }

    async fn whole_address(&mut self, key: &str) -> EngineResult<Option<Value>> {
        Ok(self.tables.addresses.get(key).map(whole))
    }

    async fn insert_history(&mut self, rows: &[&HistoryRow]) -> EngineResult<()> {
        let tables = self.write()?;
        for row in rows {
            let attribution = tables.history.entry(HistoryKey::from(*row));
            attribution.or_insert_with(|| row.verification_source.clone());
        }
        Ok(())
    }

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

    async fn candidates(&mut self, candidates: Candidates<'_>) -> EngineResult<Vec<StoredAddress>> {
        Ok(self.tables.candidates(candidates))
    }

    async fn scan_due(
        &mut self,
        due: &DueQuery<'_>,
        visit: &mut (dyn for<'k> FnMut(&'k str) + Send),
    ) -> EngineResult<()> {
        for row in self.tables.due(due) {
            visit(&row.key);
        }
        Ok(())
    }

    async fn lease(
        &mut self,
        keys: &[String],
        lease: Lease<'_>,
        now: Timestamp,
    ) -> EngineResult<BTreeSet<String>> {
        Ok(self.write()?.lease(keys, lease, now))
    }

    async fn end_leases(&mut self, owner: &str, keys: &[String]) -> EngineResult<()> {
        self.write()?.end_leases(owner, keys);
        Ok(())
    }

    async fn end_leases_until(&mut self, now: Timestamp) -> EngineResult<()> {
        self.write()?
            .leases
            .retain(|_, lease| lease.expires_at > now);
        Ok(())
    }

    async fn provider(&mut self, name: &str, _lock: Lock) -> EngineResult<StoredProvider> {
        let stored = self.tables.providers.get(name);
        Ok(stored.cloned().unwrap_or_default())
    }

    async fn provider_names(&mut self) -> EngineResult<Vec<String>> {
        Ok(self.tables.providers.keys().cloned().collect())
    }

    async fn write_provider(&mut self, name: &str, provider: &StoredProvider) -> EngineResult<()> {
        let providers = &mut self.write()?.providers;
        providers.insert(name.to_owned(), provider.clone());
        Ok(())
    }

    async fn clock(&mut self) -> EngineResult<Timestamp> {
        Ok(Clock::system().now())
    }

    async fn log_repairs(&mut self, changes: &[RepairChange], now: Timestamp) -> EngineResult<()> {
        let kept = changes.iter().map(|change| RepairEntry {
            repaired_at: now,
            change: change.clone(),
        });
        self.write()?.repairs.extend(kept);
        Ok(())
    }

    async fn copy_marks(&mut self) -> EngineResult<Vec<CopyMark>> {
        Ok(self.tables.copies.values().cloned().collect())
    }

    async fn write_copy_mark(&mut self, mark: &CopyMark, _now: Timestamp) -> EngineResult<()> {
        let copies = &mut self.write()?.copies;
        copies.insert(mark.source.clone(), mark.clone());
        Ok(())
    }
}

/// The next rows of a table after a key, and the last of their keys.
fn page<K: Ord + ToString, T>(
    table: &BTreeMap<K, T>,
    after: Option<K>,
    limit: u64,
) -> (Vec<&T>, Option<String>) {
    let from = after.map_or(Bound::Unbounded, Bound::Excluded);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let rows: Vec<(&K, &T)> = table.range((from, Bound::Unbounded)).take(limit).collect();
    let last = rows.last().map(|(key, _)| key.to_string());
    (rows.into_iter().map(|(_, row)| row).collect(), last)
}

/// An AS row as it is stored.
fn new_asn(row: &AsnRow, now: Timestamp) -> StoredAsn {
    StoredAsn {
        number: row.asn.into(),
        organization_name: row.organization_name.clone(),
        organization_country: row.organization_country.clone(),
        rir_registry: row.rir_registry.clone(),
        asn_type: row.asn_type.clone(),
        is_known_hosting: row.is_known_hosting,
        is_known_vpn: row.is_known_vpn,
        first_seen: Some(row.first_seen),
        last_seen: Some(row.last_seen),
        unique_ip_count: Some(stored(row.unique_ip_count)),
        total_session_count: Some(stored(row.total_session_count)),
        document: Some(Value::Object(row.enrichment.clone()).to_string()),
        enrichment_updated_at: (!row.enrichment.is_empty()).then_some(now),
    }
}

/// Writes a row, and the numbers of its sessions if there are any.
fn write_address(entry: &mut AddressEntry, counted: CountedAddress<'_>, now: Timestamp) {
    let CountedAddress { row, sessions } = counted;
    entry.row.current_asn = row.current_asn.map(i64::from);
    entry.row.asn_last_verified = row.asn_last_verified;
    entry.row.first_seen = Some(row.first_seen);
    entry.row.last_seen = Some(row.last_seen);
    entry.row.sessions = sessions.unwrap_or(entry.row.sessions);
    entry.row.document = Some(row.enrichment.to_json());
    entry.row.enrichment_updated_at = row.enrichment_updated_at;
    entry.row.enrichment_version = Some(DOCUMENT_VERSION.to_owned());
    entry.updated_at = Some(now);
}

/// A row with every column.
fn whole(entry: &AddressEntry) -> Value {
    let AddressEntry { row, updated_at } = entry;
    let timestamp = |at: Option<Timestamp>| at.map(rfc3339);
    json!({
        "ip_address": row.key,
        "current_asn": row.current_asn,
        "asn_last_verified": timestamp(row.asn_last_verified),
        "first_seen": timestamp(row.first_seen),
        "last_seen": timestamp(row.last_seen),
        "session_count": row.sessions.total,
        "session_rows": row.sessions.rows,
        "sessions_without_row": row.sessions.without_row,
        "enrichment": row.document,
        "enrichment_updated_at": timestamp(row.enrichment_updated_at),
        "enrichment_version": row.enrichment_version,
        "updated_at": timestamp(*updated_at),
    })
}
