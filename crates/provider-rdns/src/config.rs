//! The settings under `[providers.rdns]`.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use ipcascade_core::settings::{Settings, SettingsError};
use ipcascade_dns::{check_concurrency, seconds, servers};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::declaration::TTL_DAYS;

/// All settings of the provider.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RdnsConfig {
    /// Resolvers, as `address` or `address:port`; without any, the operating system's.
    pub servers: Vec<String>,
    /// How long to wait for a server's answer.
    #[schemars(extend("x-unit" = "seconds", "exclusiveMinimum" = 0, "maximum" = 86_400))]
    pub timeout: f64,
    /// How many names may be looked up at once.
    #[schemars(range(min = 1))]
    pub concurrency: usize,
    /// How many days an answer lasts.
    #[schemars(extend("x-unit" = "days", "default" = TTL_DAYS))]
    pub ttl_days: Option<NonZeroU32>,
    /// How many days "not found" lasts.
    #[schemars(extend("x-unit" = "days", "default" = 1))]
    pub not_found_ttl_days: Option<u32>,
}

impl Default for RdnsConfig {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            timeout: 3.0,
            concurrency: 256,
            ttl_days: None,
            not_found_ttl_days: None,
        }
    }
}

/// Settings that have been checked.
#[derive(Debug)]
pub(crate) struct CheckedConfig {
    pub(crate) servers: Vec<SocketAddr>,
    pub(crate) timeout: Duration,
    pub(crate) concurrency: usize,
    pub(crate) ttl_days: Option<NonZeroU32>,
    pub(crate) not_found_ttl_days: Option<u32>,
}

impl CheckedConfig {
    /// Reads and checks `settings`.
    pub(crate) fn read(settings: &Settings) -> Result<Self, SettingsError> {
        let config: RdnsConfig = settings.extract()?;
        check_concurrency(settings, "concurrency", config.concurrency)?;
        Ok(Self {
            servers: servers(settings, "servers", &config.servers)?,
            timeout: seconds(settings, "timeout", config.timeout)?,
            concurrency: config.concurrency,
            ttl_days: config.ttl_days,
            not_found_ttl_days: config.not_found_ttl_days,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_sound_and_shows_the_defaults() {
        let own_table = crate::declaration::EXAMPLE.replace("[providers.rdns]", "");
        let settings = Settings::from_toml("providers.rdns", &own_table);
        let mut config: RdnsConfig = settings.extract().unwrap();
        config.servers.clear();
        assert_eq!(config, RdnsConfig::default());
    }
}
