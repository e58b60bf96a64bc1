//! Recording a batch: one transaction, a fixed number of statements whatever the size.
//!
//! Rows are locked in one order: autonomous systems ascending, then addresses, then sessions. What
//! becomes of them is planned from rows read before the locks, so that nothing is locked that is
//! not needed; if the locked rows turn out to be others, the plan is made again from those.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use ipcascade_core::bookkeeping::{Plan, plan};
use ipcascade_core::{Address, AddressRow, AddressUpdate, Asn, AsnRow, Batch, WriteReport};
use sqlx::{AssertSqlSafe, Row as _};

use crate::errors::{Fault, Outcome};
use crate::record_rows::{insert_asns, write_addresses, write_asns, write_history};
use crate::record_sessions::write_sessions;
use crate::rows::{ADDRESS_COLUMNS, ASN_COLUMNS, RawAddress, asn_row};
use crate::shape::Shape;
use crate::store::PgStore;
use crate::transaction::Connection;

/// The rows of a batch's addresses, with the versions that they were read in.
struct Before {
    rows: HashMap<Address, AddressRow>,
    /// The AS numbers that they point at, whether those are valid or not.
    asns: BTreeSet<i64>,
    versions: BTreeMap<String, String>,
}

/// The rows of the autonomous systems that a batch touches.
pub(crate) struct LockedAsns {
    pub(crate) rows: HashMap<Asn, AsnRow>,
    pub(crate) created: BTreeSet<Asn>,
    numbers: BTreeSet<i64>,
}

impl PgStore {
    pub(crate) async fn record_once(&self, batch: &Batch<'_>) -> Outcome<WriteReport> {
        if batch.updates.is_empty() {
            return Ok(WriteReport::default());
        }
        let updates = without_nul(batch.updates);
        let batch = Batch {
            updates: &updates,
            ..*batch
        };
        let shape = self.shape();
        let texts: BTreeSet<String> = updates.iter().map(|u| u.address.to_string()).collect();
        let texts: Vec<String> = texts.into_iter().collect();

        let mut transaction = self.begin().await?;
        // Plans that were made while the tables were small must not read the whole of them later.
        sqlx::query("SELECT set_config('enable_seqscan', 'off', true)")
            .execute(&mut *transaction)
            .await?;
        let mut before = read_before(&mut transaction, &texts).await?;
        let mut planned = plan_batch(&batch, &before.rows, &shape);
        let asns = lock_asns(&mut transaction, &batch, &planned, &before, &shape).await?;
        if lock_addresses(&mut transaction, &texts).await? != before.versions {
            before = read_before(&mut transaction, &texts).await?;
            planned = plan_batch(&batch, &before.rows, &shape);
            let needed = numbers(&planned, &before);
            if !needed.is_subset(&asns.numbers) {
                return Err(Fault::Overtaken);
            }
        }
        let mut report = WriteReport {
            asns_new: asns.created.len() as u64,
            ..WriteReport::default()
        };
        write_addresses(&mut transaction, &planned, batch.now, &shape, &mut report).await?;
        write_history(&mut transaction, &planned).await?;
        write_asns(
            &mut transaction,
            &batch,
            &planned,
            asns,
            &shape,
            &mut report,
        )
        .await?;
        write_sessions(&mut transaction, &planned, batch.now, &shape, &mut report).await?;
        transaction.commit().await?;
        Ok(report)
    }
}

async fn read_before(connection: &mut Connection, texts: &[String]) -> Outcome<Before> {
    let sql = format!(
        "SELECT {ADDRESS_COLUMNS}, i.xmin::text FROM ip_inventory i WHERE i.ip_address = ANY ($1)"
    );
    let found = sqlx::query(AssertSqlSafe(sql))
        .bind(texts)
        .fetch_all(connection)
        .await?;
    let mut before = Before {
        rows: HashMap::with_capacity(found.len()),
        asns: BTreeSet::new(),
        versions: BTreeMap::new(),
    };
    for row in &found {
        let raw = RawAddress::read(row)?;
        before.asns.extend(raw.current_asn);
        before.versions.insert(raw.text.clone(), row.try_get(8)?);
        before
            .rows
            .extend(raw.into_row().map(|row| (row.address, row)));
    }
    Ok(before)
}

/// Locks the rows that are there, and says in which versions.
pub(crate) async fn lock_addresses(
    connection: &mut Connection,
    texts: &[String],
) -> Outcome<BTreeMap<String, String>> {
    let locked = sqlx::query_as(
        "SELECT i.ip_address::text, i.xmin::text FROM ip_inventory i
         WHERE i.ip_address = ANY ($1) ORDER BY i.ip_address FOR NO KEY UPDATE",
    )
    .bind(texts)
    .fetch_all(connection)
    .await?;
    Ok(locked.into_iter().collect())
}

/// The plan, with what the columns cannot hold taken out of it.
fn plan_batch(batch: &Batch<'_>, before: &HashMap<Address, AddressRow>, shape: &Shape) -> Plan {
    let mut planned = plan(batch, before);
    let is_too_wide = |asn: &Option<Asn>| asn.is_some_and(|asn| !shape.holds(asn));
    let mut kept_out = 0_u64;
    for address in &mut planned.addresses {
        if is_too_wide(&address.row.current_asn) {
            let before = before.get(&address.row.address);
            address.row.current_asn = None;
            address.history = None;
            address.is_changed = before != Some(&address.row);
            kept_out += 1;
        }
        address.country = address.country.take().and_then(|country| {
            let country = country.trim();
            let is_code = country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase());
            is_code.then(|| country.to_owned())
        });
    }
    planned.asns.retain(|&asn, _| shape.holds(asn));
    if kept_out > 0 {
        tracing::warn!(
            addresses = kept_out,
            "left without an AS: its number does not fit the INTEGER columns of this database; \
             `ipcascade migrate --widen-asn` makes room"
        );
    }
    planned
}

/// The numbers of the systems that a batch touches.
fn numbers(planned: &Plan, before: &Before) -> BTreeSet<i64> {
    let mut numbers = before.asns.clone();
    numbers.extend(planned.asns.keys().map(|&asn| i64::from(asn)));
    numbers
}

/// Sees to it that every system has its row, and locks the rows in ascending order.
async fn lock_asns(
    connection: &mut Connection,
    batch: &Batch<'_>,
    planned: &Plan,
    before: &Before,
    shape: &Shape,
) -> Outcome<LockedAsns> {
    let numbers = numbers(planned, before);
    let rows: Vec<AsnRow> = planned
        .asns
        .iter()
        .map(|(&asn, planned)| {
            let mut row = AsnRow::new(asn, planned.seen.first);
            row.last_seen = planned.seen.last;
            row.absorb(&planned.evidence, batch.policy, false);
            row
        })
        .collect();
    let created = insert_asns(connection, &rows, batch.now, shape).await?;
    let list: Vec<i64> = numbers.iter().copied().collect();
    Ok(LockedAsns {
        rows: lock_asn_rows(connection, &list).await?,
        created,
        numbers,
    })
}

/// Locks rows of autonomous systems in ascending order.
pub(crate) async fn lock_asn_rows(
    connection: &mut Connection,
    numbers: &[i64],
) -> Outcome<HashMap<Asn, AsnRow>> {
    let sql = format!(
        "SELECT {ASN_COLUMNS} FROM asn_inventory a WHERE a.asn_number = ANY ($1)
         ORDER BY a.asn_number FOR NO KEY UPDATE"
    );
    let locked = sqlx::query(AssertSqlSafe(sql))
        .bind(numbers)
        .fetch_all(connection)
        .await?;
    let mut rows = HashMap::with_capacity(locked.len());
    for row in &locked {
        rows.extend(asn_row(row)?.map(|row| (row.asn, row)));
    }
    Ok(rows)
}

/// The updates without U+0000, which no column can hold. (Documents lose theirs when written.)
fn without_nul(updates: &[AddressUpdate]) -> Cow<'_, [AddressUpdate]> {
    let has_nul = |text: &str| text.contains('\0');
    let is_clean = updates
        .iter()
        .flat_map(|update| &update.sessions)
        .all(|session| !has_nul(&session.id) && !session.sensor.as_deref().is_some_and(has_nul));
    if is_clean {
        return Cow::Borrowed(updates);
    }
    let mut updates = updates.to_vec();
    for session in updates.iter_mut().flat_map(|update| &mut update.sessions) {
        session.id.retain(|c| c != '\0');
        if let Some(sensor) = &mut session.sensor {
            sensor.retain(|c| c != '\0');
        }
    }
    Cow::Owned(updates)
}
