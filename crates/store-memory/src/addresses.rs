//! Addresses and their history: read, written, and under other keys.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use ipcascade_core::asn::Asn;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::{HistoryRow, SectionKey};
use ipcascade_store::DOCUMENT_VERSION;
use ipcascade_store::deltas::Share;
use ipcascade_store::engine::{
    CountListed, CountedAddress, ReadAddressHeads, ReadAddressKeys, ReadAddresses,
    ReadSectionValues, RespellAddresses, Touched, WriteAddresses,
};
use ipcascade_store::listing::{Listing, StoredRow};
use ipcascade_store::locking::Lock;
use ipcascade_store::session_count::SessionCount;
use ipcascade_store::stored_rows::{StoredAddress, StoredHistory};

use crate::error::{EngineResult, Fault};
use crate::tables::{AddressEntry, HistoryKey};
use crate::transaction::MemoryTx;

#[async_trait]
impl ReadAddresses for MemoryTx {
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
}

#[async_trait]
impl WriteAddresses for MemoryTx {
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

    async fn insert_history(&mut self, rows: &[&HistoryRow]) -> EngineResult<()> {
        let tables = self.write()?;
        for row in rows {
            let attribution = tables.history.entry(HistoryKey::from(*row));
            attribution.or_insert_with(|| row.verification_source.clone());
        }
        Ok(())
    }
}

#[async_trait]
impl ReadAddressHeads for MemoryTx {
    async fn address_heads(&mut self, under: &str) -> EngineResult<Option<Vec<String>>> {
        let keys = self.tables.addresses.keys();
        let heads = keys.filter_map(|key| {
            let rest = key.strip_prefix(under)?;
            let behind = rest.trim_start_matches(|c: char| c.is_ascii_hexdigit());
            let is_separated = behind.starts_with(['.', ':']);
            let length = key.len() - behind.len() + 1;
            Some(if is_separated { &key[..length] } else { key })
        });
        let heads: BTreeSet<&str> = heads.collect();
        Ok(Some(heads.into_iter().map(str::to_owned).collect()))
    }
}

#[async_trait]
impl ReadAddressKeys for MemoryTx {
    async fn has_many(&mut self, _: &Listing) -> EngineResult<bool> {
        Ok(true)
    }

    async fn scan_address_keys(
        &mut self,
        listing: &Listing,
        visit: &mut (dyn for<'r> FnMut(&'r str) + Send),
    ) -> EngineResult<()> {
        for row in self.tables.list(listing) {
            if let StoredRow::Address(row) = row {
                visit(&row.key);
            }
        }
        Ok(())
    }
}

/// Nothing is read in order.
#[async_trait]
impl CountListed for MemoryTx {
    async fn listed_among_first(&mut self, _: &Listing, _: u64, _: u64) -> EngineResult<u64> {
        Ok(u64::MAX)
    }
}

/// There are no indexes.
#[async_trait]
impl ReadSectionValues for MemoryTx {
    async fn section_indexes(&mut self) -> EngineResult<BTreeSet<String>> {
        Ok(BTreeSet::new())
    }

    async fn section_values(&mut self, _: SectionKey, _: u64) -> EngineResult<Vec<String>> {
        Ok(Vec::new())
    }

    async fn addresses_with(
        &mut self,
        _: SectionKey,
        _: &[String],
        _: u64,
    ) -> EngineResult<Vec<String>> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl RespellAddresses for MemoryTx {
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
