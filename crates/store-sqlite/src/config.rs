//! The settings of `[store]` that concern SQLite.

use std::time::Duration;

use ipcascade_core::settings::{Settings, SettingsError};
use ipcascade_core::store::{StoreError, StoreErrorKind};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The settings of `[store]` that concern SQLite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// How long to wait for another process that is writing.
    pub busy_timeout_seconds: u64,
    /// How many connections read at a time.
    pub readers: u32,
    /// How much of the database the writing connection caches, in MiB; reading ones cache less.
    pub cache_mib: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            busy_timeout_seconds: 60,
            readers: 4,
            cache_mib: 32,
        }
    }
}

/// The table as it is in the configuration.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SettingsTable {
    /// The caller has read this already.
    #[serde(rename = "url")]
    _url: Option<IgnoredAny>,
    busy_timeout_seconds: Option<u64>,
    readers: Option<u32>,
    cache_mib: Option<u32>,
}

impl Config {
    /// Reads and checks the settings.
    ///
    /// # Errors
    ///
    /// On an unknown key or an invalid value.
    pub fn read(settings: &Settings) -> Result<Self, StoreError> {
        let unusable = |error: SettingsError| {
            StoreError::caused(StoreErrorKind::Other, error.to_string(), error)
        };
        let table: SettingsTable = settings.extract().map_err(unusable)?;
        let default = Self::default();
        let config = Self {
            busy_timeout_seconds: table
                .busy_timeout_seconds
                .unwrap_or(default.busy_timeout_seconds),
            readers: table.readers.unwrap_or(default.readers),
            cache_mib: table.cache_mib.unwrap_or(default.cache_mib),
        };
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
