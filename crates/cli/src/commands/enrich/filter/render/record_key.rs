//! The member of a JSON record that the results go into.

use memchr::memmem::Finder;
use serde_json::Value;

/// The key under which NDJSON records get the results, unless the command line says otherwise.
pub(in crate::commands::enrich::filter) const KEY: &str = "enrichment";

/// The member of a JSON record that the results go into.
#[derive(Debug)]
pub(in crate::commands::enrich::filter) struct RecordKey {
    /// As JSON.
    pub(super) quoted: String,
    pub(super) finder: Finder<'static>,
    pub(super) name: String,
    /// Whether an existing member with that name is replaced.
    pub(super) is_replaced: bool,
}

impl RecordKey {
    pub(in crate::commands::enrich::filter) fn new(name: &str, is_replaced: bool) -> Self {
        let quoted = Value::from(name).to_string();
        Self {
            finder: Finder::new(&quoted).into_owned(),
            quoted,
            name: name.to_owned(),
            is_replaced,
        }
    }

    /// Its name for people.
    pub(in crate::commands::enrich::filter) fn shown(&self) -> &str {
        &self.quoted
    }
}
