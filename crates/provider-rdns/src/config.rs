//! The settings under `[providers.rdns]`.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipcascade_core::{Settings, SettingsError};
use serde::Deserialize;

/// All settings of the provider.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RdnsConfig {
    /// Resolvers, as `address` or `address:port`; default: those of the system.
    pub servers: Vec<String>,
    /// How long to wait for the answer of a server, in seconds; default 3.
    pub timeout: f64,
    /// How many names may be asked for at once; default 32.
    pub concurrency: usize,
}

impl Default for RdnsConfig {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            timeout: 3.0,
            concurrency: 32,
        }
    }
}

/// Settings that have been checked.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) servers: Vec<SocketAddr>,
    pub(crate) timeout: Duration,
    pub(crate) concurrency: usize,
}

impl Checked {
    /// Reads and checks `settings`.
    pub(crate) fn read(settings: &Settings) -> Result<Self, SettingsError> {
        let config: RdnsConfig = settings.extract()?;
        let invalid = |key: &str, expected: String| {
            SettingsError::invalid(&settings.key(key), format!("expected {expected}"))
        };
        if config.concurrency == 0 {
            return Err(invalid("concurrency", "1 or more, found 0".to_owned()));
        }
        let timeout = Duration::try_from_secs_f64(config.timeout)
            .ok()
            .filter(|timeout| !timeout.is_zero() && *timeout <= Duration::from_secs(86_400))
            .ok_or_else(|| {
                let found = config.timeout;
                invalid(
                    "timeout",
                    format!("seconds above 0 and up to 86400, found {found}"),
                )
            })?;
        let servers = config.servers.iter().map(|text| {
            let address = text.parse::<SocketAddr>();
            address
                .or_else(|_| text.parse::<IpAddr>().map(|ip| SocketAddr::from((ip, 53))))
                .map_err(|_| {
                    let expected =
                        format!("an address such as \"9.9.9.9\" or \"[::1]:53\", found \"{text}\"");
                    invalid("servers", expected)
                })
        });
        Ok(Self {
            servers: servers.collect::<Result<_, _>>()?,
            timeout,
            concurrency: config.concurrency,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_sound_and_shows_the_defaults() {
        let own_table = crate::EXAMPLE.replace("[providers.rdns]", "");
        let settings = Settings::from_toml("providers.rdns", &own_table);
        let mut config: RdnsConfig = settings.extract().unwrap();
        config.servers.clear();
        assert_eq!(config, RdnsConfig::default());
    }
}
