//! Rows in comparable form: unordered, documents by content, without the times at which rows were created and written.

use std::collections::BTreeSet;

use ipcascade_core::clock::Timestamp;
use ipcascade_store_memory::Tables;
use serde_json::Value;

/// Rows of the four tables, as text.
pub(super) type ComparedRows = BTreeSet<String>;

/// The rows of `tables`; times later than `now`, the time of the operations, come from the clock of the store.
pub(super) fn compared(tables: Tables, now: Timestamp) -> ComparedRows {
    let mut rows = ComparedRows::new();
    for mut entry in tables.asns.into_values() {
        entry.document = entry.document.map(sorted);
        rows.insert(format!("{entry:?}"));
    }
    for mut entry in tables.addresses.into_values() {
        entry.row.document = entry.row.document.map(sorted);
        entry.updated_at = None;
        rows.insert(format!("{entry:?}"));
    }
    for mut entry in tables.sessions.into_values() {
        entry.enrichment = entry.enrichment.map(sorted);
        rows.insert(format!("{entry:?}"));
    }
    for (mut key, source) in tables.history {
        key.observed_at = key.observed_at.min(now);
        rows.insert(format!("{:?}", (key, source)));
    }
    rows
}

/// A document with sorted keys.
fn sorted(text: String) -> String {
    match serde_json::from_str::<Value>(&text) {
        Ok(mut value) => {
            value.sort_all_objects();
            value.to_string()
        }
        Err(_) => text,
    }
}
