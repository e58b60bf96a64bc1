//! The settings of `[store]` that concern SQLite.

use std::time::Duration;

use ipcascade_core::settings::{Settings, SettingsError};
use ipcascade_core::store::{StoreError, StoreErrorKind};
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The default settings.
const DEFAULT: Config = Config {
    busy_timeout_seconds: 60,
    readers: 4,
    cache_mib: 32,
};

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
        DEFAULT
    }
}

/// The table as it is in the configuration.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettingsTable {
    // The caller has read this already.
    /// Where the inventory is: a path, or `sqlite://` and a path; without it, a file in the user's data folder.
    #[serde(rename = "url")]
    #[schemars(with = "Option<String>", example = &"sqlite://inventory.db")]
    _url: Option<IgnoredAny>,
    /// How long to wait for another process that is writing.
    #[schemars(
        range(max = 86_400),
        extend("x-unit" = "seconds", "default" = DEFAULT.busy_timeout_seconds)
    )]
    busy_timeout_seconds: Option<u64>,
    /// How many connections read at a time.
    #[schemars(range(min = 1, max = 64), extend("default" = DEFAULT.readers))]
    readers: Option<u32>,
    /// How much of the database the writing connection caches; reading ones cache less.
    #[schemars(range(min = 1, max = 16_384), extend("x-unit" = "MiB", "default" = DEFAULT.cache_mib))]
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
