//! Repairs what `verify` reports, in bounded batches, each a transaction: addresses first, then sessions without an
//! address, ASes last, since a step can only break what a later step repairs.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use futures::FutureExt as _;
use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::store::{
    AddressRow, AsnRow, Check, HistoryRow, OnRepair, RepairChange, RepairOptions, RepairProgress,
    RepairReport, SeenRange, StoreError, StoreErrorKind, StoreResult,
};

use crate::asn_rows;
use crate::asn_rows::{ATTEMPTS, WantedAsns};
use crate::counting::add_to_asns;
use crate::deltas::{AsnDeltas, Share};
use crate::engine::{
    Access, AsnColumns, AuditRows as _, CountedAddress, Engine, ReadAsns as _, ReadSessions as _,
    RespellAddresses as _, SessionsOf, Tx, WriteAddresses as _, WriteAsns as _,
};
use crate::locking::{EngineError as _, Lock, Locking};
use crate::plan::{
    AddressRepair, AsnSums, EvidenceTally, Rules, needs_repair, plan_asn, plan_repairs,
    row_for_sessions, seen_of, sources_by_address,
};
use crate::session_count::SessionCount;
use crate::stored::{AuditedAddress, SessionSource, StoredAddress};

const ACTION: &str = "repairing the inventory";

/// The most AS rows that one transaction checks: each is locked while its addresses are counted.
const ASNS_AT_ONCE: u64 = 1000;

/// Repairs the inventory. With `dry_run` the same is planned and nothing is written.
///
/// # Errors
///
/// If the store fails; what was committed before stays.
pub async fn repair<E: Engine>(
    engine: &E,
    options: &RepairOptions<'_>,
    progress: &OnRepair<'_>,
) -> StoreResult<RepairReport> {
    let mut repair = Repair {
        engine,
        options,
        progress,
        report: RepairReport::default(),
        is_stopped: false,
    };
    repair.addresses().await?;
    repair.session_sources().await?;
    repair.asns().await?;
    Ok(repair.report)
}

/// The changes of a batch.
#[derive(Default)]
struct RepairedBatch {
    repaired: BTreeMap<Check, u64>,
    changes: Vec<RepairChange>,
}

impl RepairedBatch {
    fn of(repairs: &[AddressRepair]) -> Self {
        let mut done = Self::default();
        for repair in repairs {
            for check in &repair.repaired {
                done.note(*check, 1);
            }
            done.changes.extend(repair.changes.iter().cloned());
        }
        done
    }

    fn note(&mut self, check: Check, rows: u64) {
        if rows > 0 {
            *self.repaired.entry(check).or_default() += rows;
        }
    }
}

struct Repair<'a, E> {
    engine: &'a E,
    options: &'a RepairOptions<'a>,
    progress: &'a OnRepair<'a>,
    report: RepairReport,
    is_stopped: bool,
}

impl<E: Engine> Repair<'_, E> {
    /// Reports what is committed; returns whether another transaction may begin.
    fn goes_on(&mut self, done: RepairedBatch) -> bool {
        for (check, rows) in done.repaired {
            *self.report.repaired.entry(check).or_default() += rows;
        }
        self.report.kept_values += done.changes.len() as u64;
        let progress = RepairProgress {
            report: &self.report,
            changes: &done.changes,
        };
        self.is_stopped = self.is_stopped || !(self.progress)(progress);
        !self.is_stopped
    }

    async fn addresses(&mut self) -> StoreResult<()> {
        let (engine, options) = (self.engine, self.options);
        let mut after: Option<String> = None;
        let mut held = Vec::new();
        while !self.is_stopped {
            let (suspects, last) = engine
                .run(ACTION, || {
                    next_suspects(engine, options, after.as_deref()).boxed()
                })
                .await?;
            self.repair_addresses(suspects, &mut held).await?;
            // Also for a page without faults, so that a stop takes effect.
            if !self.goes_on(RepairedBatch::default()) || last.is_none() {
                break;
            }
            after = last;
        }
        // Rows that other programs held in the meantime, one by one: a last try.
        while let Some(key) = held.pop().filter(|_| !self.is_stopped) {
            let done = self.repair_one(key).await?;
            self.goes_on(done);
        }
        Ok(())
    }

    /// Repairs address rows in one transaction. If other writers interfere, rows that they hold are deferred, or the
    /// batch is halved; so is a batch with a row that cannot be written.
    async fn repair_addresses(
        &mut self,
        keys: Vec<String>,
        held: &mut Vec<String>,
    ) -> StoreResult<()> {
        let (engine, options) = (self.engine, self.options);
        let mut todo = vec![keys];
        while let Some(keys) = todo.pop() {
            if keys.is_empty() {
                continue;
            }
            let part = engine
                .run(ACTION, || {
                    repair_rows(engine, options, &keys, Access::Yielding).boxed()
                })
                .await;
            let error = match part {
                Ok(part) => match self.goes_on(part) {
                    true => continue,
                    false => break,
                },
                Err(error) => error,
            };
            let is_conflict = error.kind == StoreErrorKind::Conflict;
            if is_conflict && E::LOCKING == Locking::Rows {
                let free = engine
                    .run(ACTION, || free_keys(engine, &keys).boxed())
                    .await?;
                if free.len() < keys.len() {
                    held.extend(keys.into_iter().filter(|key| !free.contains(key)));
                    todo.push(free);
                    continue;
                }
            }
            let may_be_one_row = match error.kind {
                StoreErrorKind::Conflict => E::LOCKING == Locking::Rows,
                kind => kind == StoreErrorKind::Other,
            };
            if !may_be_one_row {
                return Err(error);
            }
            match keys.len() {
                1 => self.note_failure(&error),
                half => {
                    let (first, second) = keys.split_at(half / 2);
                    todo.extend([second.to_vec(), first.to_vec()]);
                }
            }
        }
        Ok(())
    }

    async fn repair_one(&mut self, key: String) -> StoreResult<RepairedBatch> {
        let (engine, options) = (self.engine, self.options);
        let keys = [key];
        let done = engine
            .run(ACTION, || {
                repair_rows(engine, options, &keys, Access::Write).boxed()
            })
            .await;
        match done {
            Err(error)
                if matches!(error.kind, StoreErrorKind::Conflict | StoreErrorKind::Other) =>
            {
                self.note_failure(&error);
                Ok(RepairedBatch::default())
            }
            done => done,
        }
    }

    fn note_failure(&mut self, error: &StoreError) {
        self.report.failed += 1;
        tracing::warn!(%error, "a row is left as it is");
    }

    /// Adds rows for sources of sessions that have none.
    async fn session_sources(&mut self) -> StoreResult<()> {
        let (engine, options) = (self.engine, self.options);
        let mut after: Option<String> = None;
        while !self.is_stopped {
            let (done, last) = engine
                .run(ACTION, || {
                    add_sources(engine, options, after.as_deref()).boxed()
                })
                .await?;
            let is_end = last.is_none();
            after = last;
            if !self.goes_on(done) || is_end {
                break;
            }
        }
        Ok(())
    }

    async fn asns(&mut self) -> StoreResult<()> {
        let (engine, options) = (self.engine, self.options);
        let mut after: Option<String> = None;
        while !self.is_stopped {
            let (done, last) = engine
                .run(ACTION, || {
                    recount_asns(engine, options, after.as_deref()).boxed()
                })
                .await?;
            let is_end = last.is_none();
            after = last;
            if !self.goes_on(done) || is_end {
                break;
            }
        }
        Ok(())
    }
}

fn rules<'a>(
    options: &RepairOptions<'a>,
    holds: &'a (dyn Fn(Asn) -> bool + Send + Sync),
) -> Rules<'a> {
    Rules {
        policy: options.policy,
        holds,
        now: options.now,
    }
}

const fn access(options: &RepairOptions<'_>) -> Access {
    match options.dry_run {
        true => Access::Snapshot,
        false => Access::Write,
    }
}

const fn lock(options: &RepairOptions<'_>) -> Lock {
    match options.dry_run {
        true => Lock::No,
        false => Lock::Yes,
    }
}

/// The keys of the next addresses that need a repair, with the position up to which rows were checked.
async fn next_suspects<E: Engine>(
    engine: &E,
    options: &RepairOptions<'_>,
    after: Option<&str>,
) -> Result<(Vec<String>, Option<String>), E::Error> {
    let mut tx = engine.begin(Access::Snapshot).await?;
    let (page, last) = tx.audited_page(after, options.batch_size.max(1)).await?;
    let holds = |asn| engine.holds(asn);
    let rules = rules(options, &holds);
    let suspects = page
        .into_iter()
        .filter(|stored| needs_repair(stored, &rules))
        .map(|stored| stored.row.key);
    Ok((suspects.collect(), last))
}

/// Repairs the rows with these keys, together with other rows of the same addresses.
async fn repair_rows<E: Engine>(
    engine: &E,
    options: &RepairOptions<'_>,
    keys: &[String],
    access: Access,
) -> Result<RepairedBatch, E::Error> {
    let canonical = keys
        .iter()
        .filter_map(|key| Some(key.parse::<Address>().ok()?.to_string()));
    let keys: BTreeSet<String> = keys.iter().cloned().chain(canonical).collect();
    let keys: Vec<String> = keys.into_iter().collect();
    let holds = |asn| engine.holds(asn);
    let rules = rules(options, &holds);
    let access = match options.dry_run {
        true => Access::Snapshot,
        false => access,
    };
    let (mut made, mut asns_made_for) = (BTreeSet::new(), 0);
    for _ in 0..ATTEMPTS {
        let mut tx = engine.begin(access).await?;
        if !options.dry_run {
            lock_sessions_of::<E>(&mut tx, keys.iter().filter(|key| !is_canonical(key))).await?;
        }
        let rows = tx.audited(&keys, lock(options)).await?;
        let repairs = plan_repairs(&rows, &rules);
        let mut done = RepairedBatch::of(&repairs);
        if options.dry_run {
            return Ok(done);
        }
        let mut deltas = deltas(&rows, &repairs);
        let wanted = wanted(&repairs, &deltas, &rules);
        let ready = asn_rows::ensure(engine, tx, &wanted, options.now, &mut made).await?;
        let Some(mut tx) = ready else {
            // From then on they are no longer faults.
            let missing = done.repaired.get(&Check::AsnRowMissing);
            asns_made_for += missing.copied().unwrap_or_default();
            continue;
        };
        done.note(Check::AsnRowMissing, asns_made_for);
        write(&mut tx, &repairs, &mut deltas, options).await?;
        add_to_asns(&mut tx, &deltas, options.now).await?;
        tx.commit().await?;
        return Ok(done);
    }
    Err(E::Error::overtaken())
}

fn is_canonical(key: &str) -> bool {
    let address = key.parse::<Address>();
    address.is_ok_and(|address| address.to_string() == key)
}

/// Locks the sessions that are from `sources`, before any address.
async fn lock_sessions_of<E: Engine>(
    tx: &mut E::Tx,
    sources: impl Iterator<Item = &String>,
) -> Result<(), E::Error> {
    let sources: BTreeSet<String> = sources.cloned().collect();
    if sources.is_empty() || E::LOCKING == Locking::Database {
        return Ok(());
    }
    let sources: Vec<String> = sources.into_iter().collect();
    let ids = tx.session_ids(&sources, SessionsOf::All).await?;
    tx.sessions(&ids, Lock::Yes).await?;
    Ok(())
}

/// The repaired row of an address replaces all rows of that address.
fn deltas(rows: &[AuditedAddress], repairs: &[AddressRepair]) -> AsnDeltas {
    let mut deltas = AsnDeltas::default();
    let rows: HashMap<&str, &StoredAddress> = rows
        .iter()
        .map(|stored| (stored.row.key.as_str(), &stored.row))
        .collect();
    for repair in repairs.iter().filter(|repair| repair.is_changed) {
        let canonical = repair.row.address.to_string();
        for odd in &repair.odd_keys {
            deltas.replace(rows.get(odd.as_str()).map(|&row| row.into()), None);
        }
        let before = rows.get(canonical.as_str()).map(|&row| row.into());
        let after = Share::of_row(&repair.row, repair.sessions);
        deltas.replace(before, Some(after));
    }
    deltas
}

/// Those of `keys` whose rows no other transaction holds.
async fn free_keys<E: Engine>(engine: &E, keys: &[String]) -> Result<Vec<String>, E::Error> {
    let mut tx = engine.begin(Access::Write).await?;
    tx.free_addresses(keys).await
}

/// The AS rows that repaired addresses refer to, or leave, in the form in which they are created if missing.
fn wanted(repairs: &[AddressRepair], deltas: &AsnDeltas, rules: &Rules<'_>) -> WantedAsns {
    let mut asns: BTreeMap<Asn, (SeenRange, EvidenceTally)> = BTreeMap::new();
    for repair in repairs {
        let row = &repair.row;
        let Some(asn) = row.current_asn.filter(|&asn| (rules.holds)(asn)) else {
            continue;
        };
        let seen = SeenRange {
            first: row.first_seen,
            last: row.last_seen,
        };
        let (span, tally) = asns
            .entry(asn)
            .or_insert_with(|| (seen, EvidenceTally::default()));
        *span = span.and(seen);
        tally.add(rules.policy.asn_evidence(asn, row.address, &row.enrichment));
    }
    let mut wanted: WantedAsns = deltas.rows(rules.now).map(|row| (row.asn, row)).collect();
    wanted.extend(asns.into_iter().map(|(asn, (seen, tally))| {
        let mut row = AsnRow::new(asn, seen.first);
        row.last_seen = seen.last;
        row.absorb(&tally.best(rules.policy), rules.policy, false);
        (asn, row)
    }));
    wanted
}

async fn write<T: Tx>(
    tx: &mut T,
    repairs: &[AddressRepair],
    deltas: &mut AsnDeltas,
    options: &RepairOptions<'_>,
) -> Result<(), T::Error> {
    let mut kept = Vec::new();
    let mut respelled = Vec::new();
    for repair in repairs {
        let canonical = repair.row.address.to_string();
        let mut has_canonical = repair.has_canonical;
        for odd in &repair.odd_keys {
            if has_canonical {
                // Columns of other programs are removed with the row.
                if let Some(whole) = tx.whole_address(odd).await? {
                    kept.push(RepairChange {
                        check: Check::AddressSpelling,
                        key: odd.clone(),
                        before: whole,
                        after: canonical.clone().into(),
                    });
                }
                tx.merge_address(odd, &canonical).await?;
            } else {
                tx.rename_address(odd, &canonical).await?;
                has_canonical = true;
            }
        }
        kept.extend(repair.changes.iter().cloned());
        if !repair.odd_keys.is_empty() {
            respelled.push(canonical);
        }
    }
    // Sessions may have had the canonical spelling before their address did.
    respelled.sort_unstable();
    let now = tx.audited(&respelled, Lock::No).await?;
    let rows_now: HashMap<String, u64> = now
        .into_iter()
        .map(|stored| (stored.row.key, stored.session_rows))
        .collect();
    let mut changed = Vec::new();
    for repair in repairs.iter().filter(|repair| repair.is_changed) {
        let rows = rows_now.get(&repair.row.address.to_string());
        let sessions = rows.map_or(repair.sessions, |&rows| repair.sessions.repaired(rows));
        let share = |sessions| Some(Share::of_row(&repair.row, sessions));
        deltas.replace(share(repair.sessions), share(sessions));
        changed.push(CountedAddress {
            row: &repair.row,
            sessions: Some(sessions),
        });
    }
    tx.update_addresses(&changed, options.now).await?;
    let history: Vec<&HistoryRow> = repairs
        .iter()
        .filter_map(|repair| repair.history.as_ref())
        .collect();
    tx.insert_history(&history).await?;
    tx.log_repairs(&kept, options.now).await
}

/// Adds address rows for the next sources of sessions that have none, or moves their sessions to the row of the same
/// address.
async fn add_sources<E: Engine>(
    engine: &E,
    options: &RepairOptions<'_>,
    after: Option<&str>,
) -> Result<(RepairedBatch, Option<String>), E::Error> {
    let mut made = BTreeSet::new();
    for _ in 0..ATTEMPTS {
        let mut tx = engine.begin(access(options)).await?;
        let sources = tx.orphan_sources(after, options.batch_size.max(1)).await?;
        let mut done = RepairedBatch::default();
        let Some(last) = sources.last().map(|source| source.key.clone()) else {
            return Ok((done, None));
        };
        let by_address = sources_by_address(&sources);
        let sessions = by_address.values().flatten().map(|source| source.sessions);
        done.note(Check::SessionAddressMissing, sessions.sum());
        if options.dry_run {
            return Ok((done, Some(last)));
        }
        let moved = || by_address.values().flatten().map(|source| &source.key);
        lock_sessions_of::<E>(&mut tx, moved().filter(|key| !is_canonical(key))).await?;
        let mut keys: Vec<String> = by_address.keys().map(ToString::to_string).collect();
        keys.sort_unstable();
        let before = tx.audited(&keys, Lock::Yes).await?;
        let (mut rows, mut deltas) = with_sources(&by_address, &before, options);
        let wanted = deltas.rows(options.now).map(|row| (row.asn, row)).collect();
        let ready = asn_rows::ensure(engine, tx, &wanted, options.now, &mut made).await?;
        let Some(mut tx) = ready else { continue };
        let there: BTreeSet<&str> = before
            .iter()
            .map(|stored| stored.row.key.as_str())
            .collect();
        let is_new = |(row, _): &&(AddressRow, SessionCount)| {
            !there.contains(row.address.to_string().as_str())
        };
        // The rows come first, for sessions to refer to.
        let new: Vec<_> = rows.iter().filter(is_new).collect();
        tx.insert_addresses(&counted(&new), options.now).await?;
        for (address, sources) in &by_address {
            let canonical = address.to_string();
            for source in sources.iter().filter(|source| source.key != canonical) {
                tx.merge_address(&source.key, &canonical).await?;
            }
        }
        // More may have come before they were locked.
        let stored = tx.session_rows(&keys).await?;
        for (row, sessions) in &mut rows {
            let stored = stored.get(&row.address.to_string()).copied();
            let right = stored.map_or(*sessions, |stored| sessions.repaired(stored));
            let share = |sessions| Some(Share::of_row(row, sessions));
            deltas.replace(share(*sessions), share(right));
            *sessions = right;
        }
        tx.update_addresses(&counted(&rows.iter().collect::<Vec<_>>()), options.now)
            .await?;
        add_to_asns(&mut tx, &deltas, options.now).await?;
        tx.commit().await?;
        return Ok((done, Some(last)));
    }
    Err(E::Error::overtaken())
}

fn counted<'r>(rows: &[&'r (AddressRow, SessionCount)]) -> Vec<CountedAddress<'r>> {
    let counted = |&(row, sessions): &&'r (AddressRow, SessionCount)| CountedAddress {
        row,
        sessions: Some(*sessions),
    };
    rows.iter().map(counted).collect()
}

/// The rows of addresses that get sessions, in ascending order of their keys, with the changes of the counts. The
/// program that wrote a row counted what was stored then: what is stored now counts.
fn with_sources(
    by_address: &BTreeMap<Address, Vec<&SessionSource>>,
    before: &[AuditedAddress],
    options: &RepairOptions<'_>,
) -> (Vec<(AddressRow, SessionCount)>, AsnDeltas) {
    let stored: HashMap<&str, &AuditedAddress> = before
        .iter()
        .map(|stored| (stored.row.key.as_str(), stored))
        .collect();
    let mut deltas = AsnDeltas::default();
    let mut rows = BTreeMap::new();
    for (&address, sources) in by_address {
        let key = address.to_string();
        let coming = sources.iter().map(|source| source.sessions).sum::<u64>();
        let seen = seen_of(sources);
        let stored = stored.get(key.as_str());
        let Some((mut row, stored)) = stored.and_then(|s| Some((s.row.decode()?.0, s))) else {
            let row = row_for_sessions(address, seen, options.now);
            let sessions = SessionCount::of_rows(coming);
            deltas.replace(None, Some(Share::of_row(&row, sessions)));
            rows.insert(key, (row, sessions));
            continue;
        };
        if let Some(seen) = seen {
            let seen = stored.row.seen().map_or(seen, |known| known.and(seen));
            (row.first_seen, row.last_seen) = (seen.first, seen.last);
        }
        let sessions = stored.row.sessions.repaired(stored.session_rows + coming);
        let share = Share::of_row(&row, sessions);
        deltas.replace(Some(Share::from(&stored.row)), Some(share));
        rows.insert(key, (row, sessions));
    }
    (rows.into_values().collect(), deltas)
}

/// Recounts the addresses of the next ASes.
async fn recount_asns<E: Engine>(
    engine: &E,
    options: &RepairOptions<'_>,
    after: Option<&str>,
) -> Result<(RepairedBatch, Option<String>), E::Error> {
    let mut done = RepairedBatch::default();
    let limit = options.batch_size.clamp(1, ASNS_AT_ONCE);
    let mut tx = engine.begin(access(options)).await?;
    let (page, Some(last)) = tx.asn_page(after, limit).await? else {
        return Ok((done, None));
    };
    let numbers: Vec<i64> = page.iter().map(|stored| stored.number).collect();
    let locked = tx.asns(&numbers, lock(options)).await?;
    let sums = tx.asn_sums(&numbers).await?;
    let mut wrong = Vec::new();
    for stored in &locked {
        let none = AsnSums::default();
        let sums = sums.get(&stored.number).unwrap_or(&none);
        if let Some((row, checks)) = plan_asn(stored, sums) {
            wrong.push(row);
            for check in checks {
                done.note(check, 1);
            }
        }
    }
    if !options.dry_run {
        tx.update_asns(&wrong, AsnColumns::Statistics, options.now)
            .await?;
        tx.commit().await?;
    }
    Ok((done, Some(last)))
}
