//! Merges the sources of the configuration, each of which may have keys as they were in earlier versions.

use std::collections::HashSet;

use figment::value::{Dict, Map};
use figment::{Figment, Metadata, Profile, Provider};
use ipcascade_core::old_keys::{OldKey, Translated, both_set, translate};
use ipcascade_core::registry::Registry;
use ipcascade_core::settings::origin_of;

use crate::config::entry::ConfigEntry;
use crate::config::environment::{is_environment, variable};
use crate::report::CliError;

/// The configuration, source by source.
pub(super) struct Sources {
    /// The full name of a plugin's table, and its old keys.
    old_keys: Vec<(String, &'static [OldKey])>,
    pub(super) figment: Figment,
    /// What was translated, for the user.
    pub(super) warnings: Vec<String>,
}

impl Sources {
    pub(super) fn new(registry: &Registry) -> Self {
        let stores = registry.stores();
        let stores = stores.map(|factory| ("store".to_owned(), factory.old_keys));
        let providers = registry.providers();
        let providers =
            providers.map(|factory| (format!("providers.{}", factory.name), factory.old_keys));
        Self {
            old_keys: stores.chain(providers).collect(),
            figment: Figment::new(),
            warnings: Vec::new(),
        }
    }

    /// Adds the environment, which takes precedence over earlier sources.
    ///
    /// # Errors
    ///
    /// If it has a key in two spellings.
    pub(super) fn merge_environment(&mut self, entries: Vec<ConfigEntry>) -> Result<(), CliError> {
        let keys: HashSet<String> = entries.iter().map(|it| it.key().to_owned()).collect();
        for entry in entries {
            let (old, origin) = (entry.key().to_owned(), entry.origin().to_owned());
            let new = self.merge(entry)?;
            if let Some(new) = new.iter().find(|&new| *new != old && keys.contains(new)) {
                return Err(both_set(&old, new).set_in(Some(origin)).into());
            }
        }
        Ok(())
    }

    /// Adds a source, which takes precedence over earlier ones; returns the full names of the keys that were translated, as
    /// they are now.
    ///
    /// # Errors
    ///
    /// If it cannot be read, or has a key in two spellings.
    pub(super) fn merge(&mut self, source: impl Provider) -> Result<Vec<String>, CliError> {
        let metadata = source.metadata();
        let origin = origin_of(&metadata);
        let mut profiles = source.data().map_err(|mut error| {
            error.metadata = Some(metadata.clone());
            error
        })?;
        let mut new_keys = Vec::new();
        for tables in profiles.values_mut() {
            for (table, keys) in &self.old_keys {
                let translated = translate(tables, table, keys, &|key, value| {
                    written(key, value, &metadata)
                });
                let translated = translated.map_err(|error| error.set_in(Some(origin.clone())))?;
                let warnings = translated.iter().map(|it| warning(table, it, &metadata));
                self.warnings.extend(warnings);
                new_keys.extend(translated.iter().map(|it| format!("{table}.{}", it.new)));
            }
        }
        let figment = std::mem::take(&mut self.figment);
        self.figment = figment.merge(Translation { metadata, profiles });
        Ok(new_keys)
    }
}

/// Says how to write a setting now, in the source that has it.
fn warning(table: &str, translated: &Translated, source: &Metadata) -> String {
    let Translated { old, new, value } = translated;
    let origin = origin_of(source);
    let what = match old == new {
        true => "is a number without a unit".to_owned(),
        false => format!("is now `{table}.{new}`"),
    };
    let line = written(&format!("{table}.{new}"), value, source);
    format!("`{table}.{old}` {what}; write `{line}` (set in {origin})")
}

/// How `source` sets `key`, its full name, to `value`.
fn written(key: &str, value: &str, source: &Metadata) -> String {
    match is_environment(source) {
        true => format!("{}={value}", variable(key)),
        false => format!("{} = \"{value}\"", key.rsplit('.').next().unwrap_or(key)),
    }
}

/// A source with new keys; its values keep their origin.
struct Translation {
    metadata: Metadata,
    profiles: Map<Profile, Dict>,
}

impl Provider for Translation {
    fn metadata(&self) -> Metadata {
        self.metadata.clone()
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(self.profiles.clone())
    }
}
