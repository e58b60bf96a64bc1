//! Repairs address rows: each with the other rows of the same address, in one transaction.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::store::{AsnRow, Check, RepairOptions, SeenRange};

use crate::asn_rows;
use crate::asn_rows::{ATTEMPTS, WantedAsns};
use crate::counting::add_to_asns;
use crate::deltas::{AsnDeltas, Share};
use crate::engine::{Access, AuditRows as _, Engine, Tx as _};
use crate::locking::EngineError as _;
use crate::plan::{AddressRepair, EvidenceTally, Rules, needs_repair, plan_repairs};
use crate::repair::locking_mode::lock;
use crate::repair::repaired_batch::RepairedBatch;
use crate::repair::session_locks::{is_canonical, lock_sessions_of};
use crate::repair::write_addresses::write;
use crate::stored_rows::{AuditedAddress, StoredAddress};

/// The keys of the next addresses that need a repair, with the position up to which rows were checked.
pub(super) async fn next_suspects<E: Engine>(
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
pub(super) async fn repair_rows<E: Engine>(
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
pub(super) async fn free_keys<E: Engine>(
    engine: &E,
    keys: &[String],
) -> Result<Vec<String>, E::Error> {
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
