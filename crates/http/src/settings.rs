//! The settings that all services have in common.

use std::path::PathBuf;
use std::time::Duration;

use ipcascade_core::capabilities::{RateLimit, RateUnit};
use ipcascade_core::old_keys::OldKey;
use ipcascade_core::setting_duration::{NotFoundTtl, RequestTimeout, Ttl};
use ipcascade_core::settings::{Settings, SettingsError};
use reqwest::Url;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;

use crate::key;
use crate::service::Service;

/// The rate limit in the settings, under `rate_limit`.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PaceSettings {
    /// Requests per second.
    #[schemars(extend("x-unit" = "requests per second", "exclusiveMinimum" = 0))]
    per_second: Option<f64>,
    /// How many requests may be sent at once after a pause.
    #[schemars(range(min = 1))]
    burst: Option<u32>,
}

impl PaceSettings {
    /// The rate limit, which all processes on a store share: services count by key or by source address. Unset values
    /// are those of `service`.
    ///
    /// # Errors
    ///
    /// If it would let nothing through.
    pub fn limit(self, settings: &Settings, service: &Service) -> Result<RateLimit, SettingsError> {
        let per_second = self.per_second.unwrap_or(service.pace.per_second);
        let burst = self.burst.unwrap_or(service.pace.burst);
        if !(per_second.is_finite() && per_second > 0.0) {
            return Err(settings.invalid("rate_limit.per_second", "expected a number above 0"));
        }
        if burst == 0 {
            return Err(settings.invalid("rate_limit.burst", "expected 1 or more"));
        }
        Ok(RateLimit {
            per_second,
            burst,
            shared: true,
            rate_unit: RateUnit::Requests,
        })
    }
}

/// Reads the URL of a service, set under `base_url`; paths are joined to it, so it ends with a slash.
///
/// # Errors
///
/// If it is not a plain `https` or `http` URL.
pub fn base_url(settings: &Settings, url: &str, service: &Service) -> Result<Url, SettingsError> {
    let invalid = |problem: &str| {
        let example = service.base_url;
        let expected = format!("expected a URL such as `{example}`: {problem}");
        settings.refused("base_url", expected)
    };
    let slashed = format!("{}/", url.trim_end_matches('/'));
    let url = Url::parse(&slashed).map_err(|error| invalid(&error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(invalid("its scheme must be https (or http)"));
    }
    // A password with a separator in it looks like a path.
    let is_split = slashed.contains(['@', '\\']);
    if is_split || !url.username().is_empty() || url.password().is_some() {
        return Err(invalid("it must not hold a user name or password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(invalid("it must not have a query or fragment"));
    }
    Ok(url)
}

/// The keys of [`Common`] as they were in earlier versions.
pub const OLD_KEYS: &[OldKey] = &[
    OldKey::TTL,
    OldKey::NOT_FOUND_TTL,
    OldKey::seconds("timeout_seconds", "timeout"),
];

/// The settings that all services have in common.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Common {
    /// The URL of the service.
    base_url: Option<String>,
    /// The key; a file or the environment variable keeps it out of the configuration.
    #[serde(deserialize_with = "key::deserialize_key")]
    #[schemars(with = "Option<String>")]
    pub(crate) api_key: Option<SecretString>,
    /// The file that has the key.
    pub(crate) api_key_file: Option<PathBuf>,
    /// How long an answer lasts.
    pub(crate) ttl: Option<Ttl>,
    /// How long "not found" lasts.
    pub(crate) not_found_ttl: Option<NotFoundTtl>,
    /// How many requests are made at once.
    #[schemars(range(min = 1))]
    concurrency: Option<usize>,
    /// The time-out of a request.
    timeout: Option<RequestTimeout>,
    /// The rate limit, which all processes on a store share.
    rate_limit: PaceSettings,
}

impl Common {
    const KEYS: [&str; 6] = [
        "base_url",
        "concurrency",
        "not_found_ttl",
        "rate_limit",
        "timeout",
        "ttl",
    ];
    const KEYS_OF_KEYS: [&str; 2] = ["api_key", "api_key_file"];

    /// Reads the settings of `service`, which may have keys of its `own` in addition.
    ///
    /// # Errors
    ///
    /// On any other key, and on a value of the wrong type.
    pub fn read(
        settings: &Settings,
        service: &Service,
        own: &[&str],
    ) -> Result<Self, SettingsError> {
        let mut known = [&Self::KEYS[..], own].concat();
        if service.key.is_some() {
            known.extend(Self::KEYS_OF_KEYS);
        }
        known.sort_unstable();
        settings.refuse_others(&known)?;
        settings.extract()
    }

    pub(crate) fn base_url(
        &self,
        settings: &Settings,
        service: &Service,
    ) -> Result<Url, SettingsError> {
        let url = self.base_url.as_deref().unwrap_or(service.base_url);
        base_url(settings, url, service)
    }

    pub(crate) fn timeout(&self, service: &Service) -> Duration {
        self.timeout.unwrap_or(service.timeout).get()
    }

    pub(crate) fn limit(
        &self,
        settings: &Settings,
        service: &Service,
    ) -> Result<RateLimit, SettingsError> {
        self.rate_limit.limit(settings, service)
    }

    pub(crate) fn concurrency(
        &self,
        settings: &Settings,
        service: &Service,
    ) -> Result<usize, SettingsError> {
        match self.concurrency.unwrap_or(service.concurrency) {
            0 => Err(settings.invalid("concurrency", "expected 1 or more")),
            concurrency => Ok(concurrency),
        }
    }
}
