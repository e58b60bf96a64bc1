//! The settings, `[providers.greynoise]`.

use std::path::PathBuf;
use std::time::Duration;

use ipcascade_core::{Paced, RateLimit, Settings, SettingsError};
use reqwest::Url;
use secrecy::SecretString;
use serde::Deserialize;

use crate::key;

/// The service answers requests for more addresses than this with an error.
const LARGEST_BATCH: usize = 10_000;

/// How GreyNoise is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Without a key like `Community`; with one like `Multi`, and if the key's plan turns out not to
    /// include that, like `Community` for the rest of the run.
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

#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) mode: Mode,
    pub(crate) base_url: String,
    #[serde(deserialize_with = "key::deserialize")]
    pub(crate) api_key: Option<SecretString>,
    pub(crate) api_key_file: Option<PathBuf>,
    pub(crate) file: Option<PathBuf>,
    pub(crate) ttl_days: Option<u32>,
    pub(crate) not_found_ttl_days: Option<u32>,
    batch_size: usize,
    concurrency: Option<usize>,
    timeout_seconds: u64,
    rate_limit: Pace,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Pace {
    per_second: f64,
    burst: u32,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            per_second: 5.0,
            burst: 5,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            mode: Mode::Auto,
            base_url: "https://api.greynoise.io".to_owned(),
            api_key: None,
            api_key_file: None,
            ttl_days: None,
            not_found_ttl_days: None,
            file: None,
            batch_size: 1000,
            concurrency: None,
            timeout_seconds: 20,
            rate_limit: Pace::default(),
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
        if !(1..=3600).contains(&config.timeout_seconds) {
            return refuse("timeout_seconds", "expected 1 to 3600 seconds");
        }
        if config.ttl_days == Some(0) {
            return refuse("ttl_days", "expected at least 1 day");
        }
        let pace = config.rate_limit;
        if !(pace.per_second.is_finite() && pace.per_second > 0.0) {
            return refuse("rate_limit.per_second", "expected a number above 0");
        }
        if pace.burst == 0 {
            return refuse("rate_limit.burst", "expected at least 1");
        }
        Ok(config)
    }

    /// The address of the service; paths are joined to it, so it ends with a slash.
    pub(crate) fn base_url(&self, settings: &Settings) -> Result<Url, SettingsError> {
        let invalid = |problem: &str| {
            SettingsError::invalid(
                &settings.key("base_url"),
                format!("expected a URL such as `https://api.greynoise.io`: {problem}"),
            )
        };
        let slashed = format!("{}/", self.base_url.trim_end_matches('/'));
        let url = Url::parse(&slashed).map_err(|error| invalid(&error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
            return Err(invalid("its scheme must be https (or http)"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(invalid("it must not hold a user name or password"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(invalid("it must not have a query or fragment"));
        }
        Ok(url)
    }

    pub(crate) const fn batch_size(&self) -> usize {
        self.batch_size
    }

    /// Requests at once. One by default, so that the first "quota spent" is the last.
    pub(crate) fn concurrency(&self) -> usize {
        self.concurrency.unwrap_or(1)
    }

    pub(crate) const fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout_seconds)
    }

    /// The rate, which all processes share: the service counts by key or by the machine's address.
    pub(crate) const fn rate_limit(&self) -> RateLimit {
        RateLimit {
            per_second: self.rate_limit.per_second,
            burst: self.rate_limit.burst,
            shared: true,
            paced: Paced::Requests,
        }
    }
}
