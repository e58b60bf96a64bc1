//! AS rows: read and written.

use std::collections::BTreeSet;
use std::collections::btree_map::Entry;

use async_trait::async_trait;
use ipcascade_core::asn::Asn;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::{AsnRecord, AsnRow};
use ipcascade_store::engine::{AsnColumns, ReadAsns, WriteAsns};
use ipcascade_store::locking::Lock;
use ipcascade_store::stored_rows::{StoredAsn, stored};
use serde_json::Value;

use crate::error::EngineResult;
use crate::pages::page;
use crate::transaction::MemoryTx;

#[async_trait]
impl ReadAsns for MemoryTx {
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
}

#[async_trait]
impl WriteAsns for MemoryTx {
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
