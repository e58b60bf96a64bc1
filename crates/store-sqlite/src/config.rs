//! The settings of `[store]` that concern SQLite.

use std::time::Duration;

use ipcascade_core::{Settings, SettingsError, StoreError, StoreErrorKind};
use serde::Deserialize;

/// The settings of `[store]`, as far as SQLite is concerned.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the store is; whoever opens it has read this already.
    #[serde(rename = "url")]
    _url: Option<String>,
    /// How long to wait for another process that is writing.
    pub busy_timeout_seconds: u64,
    /// How many connections read at a time.
    pub readers: u32,
    /// How much of the database each connection keeps in memory, in MiB.
    pub cache_mib: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            _url: None,
            busy_timeout_seconds: 60,
            readers: 4,
            cache_mib: 64,
        }
    }
}

impl Config {
    /// Reads and checks the settings.
    ///
    /// # Errors
    ///
    /// On an unknown key or a value that cannot be used.
    pub fn read(settings: &Settings) -> Result<Self, StoreError> {
        let unusable = |error: SettingsError| {
            StoreError::caused(StoreErrorKind::Other, error.to_string(), error)
        };
        let config: Self = settings.extract().map_err(unusable)?;
        if !(1..=64).contains(&config.readers) {
            let problem = format!("is {}: expected 1 to 64", config.readers);
            return Err(unusable(SettingsError::invalid(
                &settings.key("readers"),
                problem,
            )));
        }
        if !(1..=16_384).contains(&config.cache_mib) {
            let problem = format!("is {}: expected 1 to 16384", config.cache_mib);
            return Err(unusable(SettingsError::invalid(
                &settings.key("cache_mib"),
                problem,
            )));
        }
        if config.busy_timeout_seconds > 86_400 {
            let problem = format!("is {}: expected 0 to 86400", config.busy_timeout_seconds);
            let key = settings.key("busy_timeout_seconds");
            return Err(unusable(SettingsError::invalid(&key, problem)));
        }
        Ok(config)
    }

    pub(crate) const fn busy_timeout(&self) -> Duration {
        Duration::from_secs(self.busy_timeout_seconds)
    }
}
