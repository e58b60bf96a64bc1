//! Plans indexes of values in sections, which are made on request.

use ipcascade_core::store::{
    MigrateOptions, MigrationStep, StoreError, StoreErrorKind, StoreResult,
};
use ipcascade_store::schema::IP_INVENTORY;
use ipcascade_store::value_index::index_name;

use crate::catalog::Catalog;
use crate::ddl::step;
use crate::new_index::NewIndex;
use crate::value_index::{Documents, PREFIX, value};

/// From this table size on, they are built concurrently: each row's document is read.
const SLOW_INDEX: u64 = 1 << 20;

/// The indexes that are to be made, each with its description.
pub(crate) fn made(
    catalog: &Catalog,
    options: &MigrateOptions,
    online_from: u64,
) -> StoreResult<Vec<(String, NewIndex)>> {
    let kind = catalog.kind(IP_INVENTORY.name, "enrichment");
    let documents = Documents::of(kind.unwrap_or("jsonb"), catalog.is_utf8);
    let mut made = Vec::new();
    for &key in &options.indexes {
        let name = index_name(PREFIX, key)?;
        let value = value(key, "enrichment", documents).ok_or_else(no_json)?;
        if !catalog.valid_indexes.contains(&name) {
            let over = format!("({value}) WHERE {value} IS NOT NULL");
            let online_from = online_from.min(SLOW_INDEX);
            let index = NewIndex::new(catalog, &name, IP_INVENTORY.name, &over, online_from);
            made.push((format!("Index of values of {key}"), index));
        }
    }
    Ok(made)
}

/// The steps that drop indexes.
pub(crate) fn dropped(
    catalog: &Catalog,
    options: &MigrateOptions,
) -> StoreResult<Vec<MigrationStep>> {
    let mut steps = Vec::new();
    for &key in &options.dropped_indexes {
        let name = index_name(PREFIX, key)?;
        let is_there = catalog.valid_indexes.contains(&name);
        if is_there || catalog.invalid_indexes.contains(&name) {
            let description = format!("Drop the index of values of {key}");
            steps.push(step(description, format!("DROP INDEX {name}")));
        }
    }
    Ok(steps)
}

fn no_json() -> StoreError {
    let reason = "the documents of addresses are not of type jsonb, nor json in a database in UTF8";
    StoreError::new(StoreErrorKind::Schema, reason)
        .remedy("ALTER TABLE ip_inventory ALTER enrichment TYPE jsonb USING enrichment::jsonb")
}
