//! The settings of `[store]` that concern SQLite.

use std::time::Duration;

use ipcascade_core::old_keys::OldKey;
use ipcascade_core::setting_duration::SettingDuration;
use ipcascade_core::setting_size::SettingSize;
use ipcascade_core::settings::{Settings, SettingsError};
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// How long to wait for another process that is writing: up to a day.
pub type BusyTimeout = SettingDuration<0, 86_400_000>;
/// How much of the database is cached: 1 MiB to 16 GiB.
pub type CacheSize = SettingSize<{ 1 << 20 }, { 16 << 30 }>;

/// The default settings.
const DEFAULT: Config = Config {
    busy_timeout: BusyTimeout::from_secs(60),
    readers: 4,
    cache: CacheSize::from_mib(32),
};

/// The keys as they were in earlier versions.
pub(crate) const OLD_KEYS: &[OldKey] = &[
    OldKey::seconds("busy_timeout_seconds", "busy_timeout"),
    OldKey::mebibytes("cache_mib", "cache"),
];

/// The settings of `[store]` that concern SQLite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// How long to wait for another process that is writing.
    pub busy_timeout: BusyTimeout,
    /// How many connections read at a time.
    pub readers: u32,
    /// How much of the database the writing connection caches; reading ones cache less.
    pub cache: CacheSize,
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
    #[schemars(extend("default" = DEFAULT.busy_timeout))]
    busy_timeout: Option<BusyTimeout>,
    /// How many connections read at a time.
    #[schemars(range(min = 1, max = 64), extend("default" = DEFAULT.readers))]
    readers: Option<u32>,
    /// How much of the database the writing connection caches; reading ones cache less.
    #[schemars(extend("default" = DEFAULT.cache))]
    cache: Option<CacheSize>,
}

impl Config {
    /// Reads and checks the settings.
    ///
    /// # Errors
    ///
    /// On an unknown key or an invalid value.
    pub fn read(settings: &Settings) -> Result<Self, SettingsError> {
        let table: SettingsTable = settings.extract()?;
        let default = Self::default();
        let config = Self {
            busy_timeout: table.busy_timeout.unwrap_or(default.busy_timeout),
            readers: table.readers.unwrap_or(default.readers),
            cache: table.cache.unwrap_or(default.cache),
        };
        if !(1..=64).contains(&config.readers) {
            return Err(settings.invalid("readers", "expected 1 to 64"));
        }
        Ok(config)
    }

    pub(crate) const fn busy_timeout(&self) -> Duration {
        self.busy_timeout.get()
    }
}
