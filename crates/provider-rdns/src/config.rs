//! The settings under `[providers.rdns]`.

use std::net::SocketAddr;

use ipcascade_core::setting_duration::{NotFoundTtl, Timeout, Ttl};
use ipcascade_core::settings::{Settings, SettingsError};
use ipcascade_dns::{check_concurrency, servers};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::declaration::{NOT_FOUND_TTL, TTL};

/// All settings of the provider.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RdnsConfig {
    /// Resolvers, as `address` or `address:port`; without any, the operating system's.
    pub servers: Vec<String>,
    /// How long to wait for a server's answer.
    pub timeout: Timeout,
    /// How many names may be looked up at once.
    #[schemars(range(min = 1))]
    pub concurrency: usize,
    /// How long an answer lasts.
    #[schemars(extend("default" = TTL))]
    pub ttl: Option<Ttl>,
    /// How long "not found" lasts.
    #[schemars(extend("default" = NOT_FOUND_TTL))]
    pub not_found_ttl: Option<NotFoundTtl>,
}

impl Default for RdnsConfig {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            timeout: Timeout::from_secs(3),
            concurrency: 256,
            ttl: None,
            not_found_ttl: None,
        }
    }
}

/// Settings that have been checked.
#[derive(Debug)]
pub(crate) struct CheckedConfig {
    pub(crate) config: RdnsConfig,
    pub(crate) servers: Vec<SocketAddr>,
}

impl CheckedConfig {
    /// Reads and checks `settings`.
    pub(crate) fn read(settings: &Settings) -> Result<Self, SettingsError> {
        let config: RdnsConfig = settings.extract()?;
        check_concurrency(settings, "concurrency", config.concurrency)?;
        Ok(Self {
            servers: servers(settings, "servers", &config.servers)?,
            config,
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
