//! Recording a batch in one transaction.

use std::collections::HashMap;

use ipcascade_core::bookkeeping::{Plan, PlannedAddress, plan, plan_sessions, session_keys};
use ipcascade_core::{
    Address, AddressRow, Asn, AsnRow, Batch, HistoryRow, SessionRow, Timestamp, WriteReport,
};
use serde_json::{Map, Value, json};
use sqlx::{AssertSqlSafe, SqliteConnection};

use crate::bulk::{Insert, json_list};
use crate::moment;
use crate::rows::{
    ADDRESS_COLUMNS, ASN_COLUMNS, SESSION_COLUMNS, address_row, asn_row, session_row, stored,
};
use crate::schema::Present;

const ASN_OWN: &[&str] = &[
    "asn_number",
    "organization_name",
    "organization_country",
    "rir_registry",
    "asn_type",
    "is_known_hosting",
    "is_known_vpn",
    "first_seen",
    "last_seen",
    "unique_ip_count",
    "total_session_count",
    "enrichment",
    "enrichment_updated_at",
    "created_at",
    "updated_at",
];
const ADDRESS_OWN: &[&str] = &[
    "ip_address",
    "current_asn",
    "asn_last_verified",
    "first_seen",
    "last_seen",
    "session_count",
    "enrichment",
    "enrichment_updated_at",
    "enrichment_version",
    "created_at",
    "updated_at",
];
const SESSION_OWN: &[&str] = &[
    "session_id",
    "source_ip",
    "sensor",
    "first_event_at",
    "last_event_at",
    "event_count",
    "snapshot_asn",
    "snapshot_country",
    "enrichment_at",
];
const HISTORY_OWN: &[&str] = &[
    "ip_address",
    "asn_number",
    "observed_at",
    "verification_source",
];

/// The version of the documents' form, which deployed readers know.
pub(crate) const DOCUMENT_VERSION: &str = "2.2";

/// How many sessions get their snapshot with one statement.
const SNAPSHOTS: i64 = 10_000;

/// Columns of adopted tables that are none of ours but must be given a value.
#[derive(Clone, Debug, Default)]
pub(crate) struct ForeignColumns {
    asns: Vec<(String, &'static str)>,
    addresses: Vec<(String, &'static str)>,
    sessions: Vec<(String, &'static str)>,
    history: Vec<(String, &'static str)>,
    sessions_have_updated_at: bool,
    absent_of_addresses: Vec<&'static str>,
}

impl ForeignColumns {
    /// Those of the tables that are there.
    pub(crate) fn of(present: &Present) -> Self {
        Self {
            asns: present.foreign_columns("asn_inventory", ASN_OWN),
            addresses: present.foreign_columns("ip_inventory", ADDRESS_OWN),
            sessions: present.foreign_columns("session_summaries", SESSION_OWN),
            history: present.foreign_columns("ip_asn_history", HISTORY_OWN),
            sessions_have_updated_at: present.has_column("session_summaries", "updated_at"),
            absent_of_addresses: ADDRESS_OWN
                .iter()
                .copied()
                .filter(|column| !present.has_column("ip_inventory", column))
                .collect(),
        }
    }

    /// Columns of ours that `ip_inventory` lacks, in a database that was not adopted yet.
    pub(crate) fn absent_of_addresses(&self) -> &[&'static str] {
        &self.absent_of_addresses
    }

    /// Those of `ip_inventory`, each with SQL for its value.
    pub(crate) fn addresses(&self) -> &[(String, &'static str)] {
        &self.addresses
    }

    /// Whether a session's document must be something.
    pub(crate) fn sessions_need_documents(&self) -> bool {
        self.sessions.iter().any(|(name, _)| name == "enrichment")
    }

    /// Those of `ip_asn_history`, each with SQL for its value.
    pub(crate) fn history(&self) -> &[(String, &'static str)] {
        &self.history
    }
}

/// Records `batch` with `connection`, which has begun to write.
pub(crate) async fn record(
    connection: &mut SqliteConnection,
    foreign: &ForeignColumns,
    batch: &Batch<'_>,
) -> Result<WriteReport, sqlx::Error> {
    let mut report = WriteReport::default();
    if batch.updates.is_empty() {
        return Ok(report);
    }
    let existing = addresses(
        connection,
        batch.updates.iter().map(|update| update.address),
    )
    .await?;
    let mut plan = plan(batch, &existing);
    drop(existing);
    clean_sessions(&mut plan.addresses);
    write_asns(connection, foreign, batch, &plan, &mut report).await?;
    write_addresses(connection, foreign, &plan.addresses, batch.now, &mut report).await?;
    write_history(connection, foreign, &plan.addresses).await?;
    write_sessions(connection, foreign, &plan.addresses, batch.now, &mut report).await?;
    take_snapshots(connection, foreign, &plan.addresses, batch.now).await?;
    Ok(report)
}

/// The rows of `wanted` that are there.
pub(crate) async fn addresses(
    connection: &mut SqliteConnection,
    wanted: impl Iterator<Item = Address>,
) -> Result<HashMap<Address, AddressRow>, sqlx::Error> {
    let sql = format!(
        "SELECT {ADDRESS_COLUMNS} FROM json_each(?1) j CROSS JOIN ip_inventory i ON i.ip_address = j.value"
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(json_list(wanted))
        .fetch_all(connection)
        .await?;
    let mut found = HashMap::with_capacity(rows.len());
    for row in &rows {
        if let Some(row) = address_row(row)? {
            found.insert(row.address, row);
        }
    }
    Ok(found)
}

/// The rows of `wanted` that are there.
pub(crate) async fn asns(
    connection: &mut SqliteConnection,
    wanted: impl Iterator<Item = Asn>,
) -> Result<HashMap<Asn, AsnRow>, sqlx::Error> {
    let sql = format!(
        "SELECT {ASN_COLUMNS} FROM json_each(?1) j CROSS JOIN asn_inventory a ON a.asn_number = j.value"
    );
    let numbers: Vec<Asn> = wanted.collect();
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(json!(numbers).to_string())
        .fetch_all(connection)
        .await?;
    let mut found = HashMap::with_capacity(rows.len());
    for row in &rows {
        if let Some(row) = asn_row(row)? {
            found.insert(row.asn, row);
        }
    }
    Ok(found)
}

/// Takes U+0000, which PostgreSQL cannot hold, out of ids and names, before they become keys.
fn clean_sessions(addresses: &mut [PlannedAddress]) {
    for session in addresses
        .iter_mut()
        .flat_map(|planned| &mut planned.sessions)
    {
        session.id.retain(|c| c != '\0');
        if let Some(sensor) = &mut session.sensor {
            sensor.retain(|c| c != '\0');
        }
    }
}

async fn write_asns(
    connection: &mut SqliteConnection,
    foreign: &ForeignColumns,
    batch: &Batch<'_>,
    plan: &Plan,
    report: &mut WriteReport,
) -> Result<(), sqlx::Error> {
    let existing = asns(connection, plan.asns.keys().copied()).await?;
    let (mut new, mut changed) = (Vec::new(), Vec::new());
    for (&asn, planned) in &plan.asns {
        match existing.get(&asn) {
            Some(row) => {
                let mut row = row.clone();
                if row.absorb(&planned.evidence, batch.policy, false) {
                    changed.push(row);
                }
            }
            None => {
                let mut row = AsnRow::new(asn, planned.seen.first);
                row.last_seen = planned.seen.last;
                row.absorb(&planned.evidence, batch.policy, false);
                new.push(row);
            }
        }
    }
    report.asns_new += insert_asns(connection, foreign, &new, batch.now).await?;
    report.asns_updated += update_metadata(connection, &changed, batch.now).await?;
    Ok(())
}

/// Inserts rows of autonomous systems that are not there; triggers count their addresses, but for a
/// backfill, which has counted them.
pub(crate) async fn insert_asns(
    connection: &mut SqliteConnection,
    foreign: &ForeignColumns,
    rows: &[AsnRow],
    now: Timestamp,
) -> Result<u64, sqlx::Error> {
    let now = moment::text(now);
    Insert {
        into: "INSERT INTO asn_inventory",
        columns: ASN_OWN,
        constant: &foreign.asns,
        tail: "ON CONFLICT DO NOTHING",
    }
    .run(connection, rows, |query, row| {
        let updated = (!row.enrichment.is_empty()).then(|| now.clone());
        query
            .bind(i64::from(row.asn))
            .bind(row.organization_name.clone())
            .bind(row.organization_country.clone())
            .bind(row.rir_registry.clone())
            .bind(row.asn_type.clone())
            .bind(row.is_known_hosting)
            .bind(row.is_known_vpn)
            .bind(moment::text(row.first_seen))
            .bind(moment::text(row.last_seen))
            .bind(stored(row.unique_ip_count))
            .bind(stored(row.total_session_count))
            .bind(Value::Object(row.enrichment.clone()).to_string())
            .bind(updated)
            .bind(now.clone())
            .bind(now.clone())
    })
    .await
}

/// Writes the metadata of autonomous systems that are there.
pub(crate) async fn update_metadata(
    connection: &mut SqliteConnection,
    rows: &[AsnRow],
    now: Timestamp,
) -> Result<u64, sqlx::Error> {
    if rows.is_empty() {
        return Ok(0);
    }
    let list: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!([
                row.asn,
                row.organization_name,
                row.organization_country,
                row.rir_registry,
                Value::Object(row.enrichment.clone()).to_string(),
            ])
        })
        .collect();
    let done = sqlx::query(
        "UPDATE asn_inventory SET organization_name = j.name, organization_country = j.country, \
         rir_registry = j.registry, enrichment = j.enrichment, enrichment_updated_at = ?2, updated_at = ?2 \
         FROM (SELECT value ->> 0 AS asn, value ->> 1 AS name, value ->> 2 AS country, \
         value ->> 3 AS registry, value ->> 4 AS enrichment FROM json_each(?1)) AS j \
         WHERE asn_number = j.asn",
    )
    .bind(Value::Array(list).to_string())
    .bind(moment::text(now))
    .execute(connection)
    .await?;
    Ok(done.rows_affected())
}

async fn write_addresses(
    connection: &mut SqliteConnection,
    foreign: &ForeignColumns,
    addresses: &[PlannedAddress],
    now: Timestamp,
    report: &mut WriteReport,
) -> Result<(), sqlx::Error> {
    let rows: Vec<&PlannedAddress> = addresses
        .iter()
        .filter(|planned| planned.is_new || planned.is_changed)
        .collect();
    for planned in &rows {
        report.addresses_new += u64::from(planned.is_new);
        report.addresses_updated += u64::from(!planned.is_new);
        report.addresses_moved += u64::from(planned.has_moved());
    }
    let rows: Vec<_> = rows
        .into_iter()
        .map(|planned| (&planned.row, DOCUMENT_VERSION))
        .collect();
    upsert_addresses(connection, foreign, &rows, now).await
}

/// Writes addresses, each with the version of its document's form, over what is there.
pub(crate) async fn upsert_addresses(
    connection: &mut SqliteConnection,
    foreign: &ForeignColumns,
    rows: &[(&AddressRow, &str)],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let now = moment::text(now);
    // `session_count` is never set here: triggers own it.
    Insert {
        into: "INSERT INTO ip_inventory",
        columns: ADDRESS_OWN,
        constant: &foreign.addresses,
        tail: "ON CONFLICT (ip_address) DO UPDATE SET current_asn = excluded.current_asn, \
               asn_last_verified = excluded.asn_last_verified, first_seen = excluded.first_seen, \
               last_seen = excluded.last_seen, enrichment = excluded.enrichment, \
               enrichment_updated_at = excluded.enrichment_updated_at, \
               enrichment_version = excluded.enrichment_version, updated_at = excluded.updated_at",
    }
    .run(connection, rows, |query, &(row, version)| {
        query
            .bind(row.address.to_string())
            .bind(row.current_asn.map(i64::from))
            .bind(row.asn_last_verified.map(moment::text))
            .bind(moment::text(row.first_seen))
            .bind(moment::text(row.last_seen))
            .bind(0_i64)
            .bind(row.enrichment.to_json())
            .bind(row.enrichment_updated_at.map(moment::text))
            .bind(version.to_owned())
            .bind(now.clone())
            .bind(now.clone())
    })
    .await?;
    Ok(())
}

async fn write_history(
    connection: &mut SqliteConnection,
    foreign: &ForeignColumns,
    addresses: &[PlannedAddress],
) -> Result<(), sqlx::Error> {
    let rows: Vec<_> = addresses
        .iter()
        .filter_map(|planned| planned.history.as_ref())
        .collect();
    insert_history(connection, foreign, &rows).await
}

/// Adds attributions that are not there.
pub(crate) async fn insert_history(
    connection: &mut SqliteConnection,
    foreign: &ForeignColumns,
    rows: &[&HistoryRow],
) -> Result<(), sqlx::Error> {
    Insert {
        into: "INSERT INTO ip_asn_history",
        columns: HISTORY_OWN,
        constant: &foreign.history,
        tail: "ON CONFLICT DO NOTHING",
    }
    .run(connection, rows, |query, row| {
        query
            .bind(row.address.to_string())
            .bind(i64::from(row.asn))
            .bind(moment::text(row.observed_at))
            .bind(row.verification_source.clone())
    })
    .await?;
    Ok(())
}

async fn write_sessions(
    connection: &mut SqliteConnection,
    foreign: &ForeignColumns,
    addresses: &[PlannedAddress],
    now: Timestamp,
    report: &mut WriteReport,
) -> Result<(), sqlx::Error> {
    let keys = session_keys(addresses);
    if keys.is_empty() {
        return Ok(());
    }
    let existing = sessions(connection, &keys).await?;
    let planned = plan_sessions(addresses, existing, now);
    for session in &planned {
        report.sessions_new += u64::from(session.is_new);
        report.sessions_updated += u64::from(!session.is_new);
    }
    let rows: Vec<_> = planned.iter().map(|session| &session.row).collect();
    upsert_sessions(connection, foreign, &rows, now).await
}

/// Writes sessions over what is there.
pub(crate) async fn upsert_sessions(
    connection: &mut SqliteConnection,
    foreign: &ForeignColumns,
    rows: &[&SessionRow],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let mut tail = "ON CONFLICT (session_id) DO UPDATE SET source_ip = excluded.source_ip, \
         sensor = excluded.sensor, first_event_at = excluded.first_event_at, \
         last_event_at = excluded.last_event_at, event_count = excluded.event_count, \
         snapshot_asn = excluded.snapshot_asn, snapshot_country = excluded.snapshot_country, \
         enrichment_at = excluded.enrichment_at"
        .to_owned();
    let touch = format!(", updated_at = '{}'", moment::text(now));
    if foreign.sessions_have_updated_at {
        tail.push_str(&touch);
    }
    Insert {
        into: "INSERT INTO session_summaries",
        columns: SESSION_OWN,
        constant: &foreign.sessions,
        tail: &tail,
    }
    .run(connection, rows, |query, row| {
        query
            .bind(row.session_id.clone())
            .bind(row.source_ip.map(|address| address.to_string()))
            .bind(row.sensor.clone())
            .bind(row.first_event_at.map(moment::text))
            .bind(row.last_event_at.map(moment::text))
            .bind(stored(row.event_count))
            .bind(row.snapshot_asn.map(i64::from))
            .bind(row.snapshot_country.clone())
            .bind(row.enrichment_at.map(moment::text))
    })
    .await?;
    Ok(())
}

async fn sessions(
    connection: &mut SqliteConnection,
    keys: &[String],
) -> Result<HashMap<String, SessionRow>, sqlx::Error> {
    let sql = format!(
        "SELECT {SESSION_COLUMNS} FROM json_each(?1) j CROSS JOIN session_summaries s ON s.session_id = j.value"
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(json!(keys).to_string())
        .fetch_all(connection)
        .await?;
    let mut found = HashMap::with_capacity(rows.len());
    for row in &rows {
        let row = session_row(row)?;
        found.insert(row.session_id.clone(), row);
    }
    Ok(found)
}

/// Gives older sessions of addresses that have their first answers now a snapshot.
async fn take_snapshots(
    connection: &mut SqliteConnection,
    foreign: &ForeignColumns,
    addresses: &[PlannedAddress],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let mut snapshots = Map::new();
    for planned in addresses.iter().filter(|planned| planned.takes_snapshots) {
        let snapshot = json!([planned.row.current_asn, planned.country]);
        snapshots.insert(planned.row.address.to_string(), snapshot);
    }
    if snapshots.is_empty() {
        return Ok(());
    }
    let snapshots = Value::Object(snapshots).to_string();
    let touch = match foreign.sessions_have_updated_at {
        true => ", updated_at = ?2",
        false => "",
    };
    // Found first and written by their row ids: in one statement the planner might begin with all
    // sessions instead of those of the batch.
    let write = format!(
        "UPDATE session_summaries SET snapshot_asn = coalesce(snapshot_asn, j.value ->> 1), \
         snapshot_country = coalesce(snapshot_country, j.value ->> 2), enrichment_at = ?2{touch} \
         FROM json_each(?1) j WHERE session_summaries.rowid = j.value ->> 0"
    );
    loop {
        let rows: Vec<String> = sqlx::query_scalar(
            "SELECT json_array(s.rowid, e.value ->> 0, e.value ->> 1) \
             FROM json_each(?1) e CROSS JOIN session_summaries s ON s.source_ip = e.key \
             WHERE s.enrichment_at IS NULL LIMIT ?2",
        )
        .bind(&snapshots)
        .bind(SNAPSHOTS)
        .fetch_all(&mut *connection)
        .await?;
        if rows.is_empty() {
            return Ok(());
        }
        sqlx::query(AssertSqlSafe(write.clone()))
            .bind(format!("[{}]", rows.join(",")))
            .bind(moment::text(now))
            .execute(&mut *connection)
            .await?;
    }
}
