//! The settings, `[providers.greynoise]`.

use std::num::NonZeroU32;
use std::path::PathBuf;

use ipcascade_core::settings::{Settings, SettingsError};
use ipcascade_http::{PaceSettings, deserialize_key};
use secrecy::SecretString;
use serde::Deserialize;

use crate::declaration::SERVICE;

/// The service refuses requests for more addresses than this.
const LARGEST_BATCH: usize = 10_000;

/// How GreyNoise is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Without a key like `Community`; with one like `Multi`, and if the key's plan turns out not to include that, like
    /// `Community` for the rest of the run.
    #[default]
    Auto,
    /// The community call: free, a few addresses a day or week, one address at a time.
    Community,
    /// The full record, one address at a time.
    Single,
    /// Only noise, riot and classification, one address at a time.
    Quick,
    /// The full record, many addresses at a time.
    Multi,
    /// From a Psychic file, without sending anything.
    Psychic,
}

/// Whether the settings use a file instead of the service.
pub(crate) fn is_offline(settings: &Settings) -> bool {
    Config::read(settings).is_ok_and(|config| config.mode == Mode::Psychic)
}

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) mode: Mode,
    pub(crate) base_url: String,
    #[serde(deserialize_with = "deserialize_key")]
    pub(crate) api_key: Option<SecretString>,
    pub(crate) api_key_file: Option<PathBuf>,
    pub(crate) file: Option<PathBuf>,
    pub(crate) ttl_days: Option<NonZeroU32>,
    pub(crate) not_found_ttl_days: Option<u32>,
    batch_size: usize,
    concurrency: Option<usize>,
    pub(crate) timeout_seconds: u64,
    pub(crate) rate_limit: PaceSettings,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            mode: Mode::Auto,
            base_url: SERVICE.base_url.to_owned(),
            api_key: None,
            api_key_file: None,
            ttl_days: None,
            not_found_ttl_days: None,
            file: None,
            batch_size: 1000,
            concurrency: None,
            timeout_seconds: SERVICE.timeout_seconds,
            rate_limit: PaceSettings::default(),
        }
    }
}

impl Config {
    pub(crate) fn read(settings: &Settings) -> Result<Self, SettingsError> {
        let config: Self = settings.extract()?;
        let refuse =
            |key: &str, expected: &str| Err(SettingsError::invalid(&settings.key(key), expected));
        if !(1..=LARGEST_BATCH).contains(&config.batch_size) {
            return refuse("batch_size", "expected 1 to 10000 addresses");
        }
        if config.concurrency == Some(0) {
            return refuse("concurrency", "expected at least 1");
        }
        Ok(config)
    }

    pub(crate) const fn batch_size(&self) -> usize {
        self.batch_size
    }

    /// Concurrent requests. One by default, so that the first "quota spent" is the last.
    pub(crate) fn concurrency(&self) -> usize {
        self.concurrency.unwrap_or(1)
    }
}
