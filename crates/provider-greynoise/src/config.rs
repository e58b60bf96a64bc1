//! The settings, `[providers.greynoise]`.

use std::path::PathBuf;

use ipcascade_core::setting_duration::{NotFoundTtl, RequestTimeout, Ttl};
use ipcascade_core::settings::{Settings, SettingsError};
use ipcascade_core::settings_schema;
use ipcascade_http::{PaceSettings, deserialize_key};
use schemars::{JsonSchema, Schema};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::declaration::SERVICE;

/// The service refuses requests for more addresses than this.
const LARGEST_BATCH: usize = 10_000;

/// How GreyNoise is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Without a key like `community`; with one like `multi`, and if the key's plan turns out not to include that, like
    /// `community` for the rest of the run.
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

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    /// Which call of the service is used.
    pub(crate) mode: Mode,
    /// The URL of the service.
    pub(crate) base_url: String,
    /// The key; a file or the environment variable keeps it out of the configuration.
    #[serde(deserialize_with = "deserialize_key")]
    #[schemars(with = "Option<String>")]
    pub(crate) api_key: Option<SecretString>,
    /// The file that has the key.
    pub(crate) api_key_file: Option<PathBuf>,
    /// The Psychic file, for the mode `psychic`.
    pub(crate) file: Option<PathBuf>,
    /// How long an answer lasts.
    pub(crate) ttl: Option<Ttl>,
    /// How long "not found" lasts.
    pub(crate) not_found_ttl: Option<NotFoundTtl>,
    /// How many addresses a request has, in the modes `multi` and `auto` with a key.
    #[schemars(range(min = 1, max = LARGEST_BATCH))]
    batch_size: usize,
    /// How many requests are made at once.
    #[schemars(range(min = 1))]
    concurrency: Option<usize>,
    /// The time-out of a request.
    pub(crate) timeout: RequestTimeout,
    /// The rate limit, which all processes on a store share.
    pub(crate) rate_limit: PaceSettings,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            mode: Mode::Auto,
            base_url: SERVICE.base_url.to_owned(),
            api_key: None,
            api_key_file: None,
            ttl: None,
            not_found_ttl: None,
            file: None,
            batch_size: 1000,
            concurrency: None,
            timeout: SERVICE.timeout,
            rate_limit: PaceSettings::default(),
        }
    }
}

/// Returns the schema of the settings.
pub(crate) fn schema() -> Schema {
    SERVICE.complete_schema(settings_schema::of::<Config>())
}

impl Config {
    pub(crate) fn read(settings: &Settings) -> Result<Self, SettingsError> {
        let config: Self = settings.extract()?;
        if !(1..=LARGEST_BATCH).contains(&config.batch_size) {
            return Err(settings.invalid("batch_size", "expected 1 to 10000 addresses"));
        }
        if config.concurrency == Some(0) {
            return Err(settings.invalid("concurrency", "expected 1 or more"));
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
