//! The settings of `[store]`.

use std::time::Duration;

use ipcascade_core::old_keys::OldKey;
use ipcascade_core::setting_duration::SettingDuration;
use ipcascade_core::setting_size::SettingSize;
use ipcascade_core::settings::{Settings, SettingsError};
use schemars::JsonSchema;
use serde::Deserialize;

/// A time-out. Beyond 23 days, the server's own settings overflow.
type ServerTimeout = SettingDuration<0, 1_987_200_000>;

/// The keys as they were in earlier versions.
pub(crate) const OLD_KEYS: &[OldKey] = &[
    OldKey::seconds("connect_timeout", "connect_timeout"),
    OldKey::seconds("statement_timeout", "statement_timeout"),
    OldKey::seconds("lock_timeout", "lock_timeout"),
    OldKey::mebibytes("online_index_mib", "online_index_from"),
];

/// `[store]` for a PostgreSQL database.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    // Read by the program, and listed here so that it is not an unknown key.
    /// Where the inventory is: a URL, or the parameters of PostgreSQL.
    #[serde(rename = "url")]
    #[schemars(with = "Option<String>", example = &"postgresql://me@db.example/inventory")]
    _url: Option<serde::de::IgnoredAny>,
    /// The maximum number of connections.
    #[schemars(range(min = 1))]
    pub(crate) max_connections: u32,
    /// How long to wait for a connection.
    connect_timeout: ServerTimeout,
    /// The time-out of a statement; 0: no limit.
    statement_timeout: ServerTimeout,
    /// How long to wait for a row or table that another session has locked; 0: no limit.
    lock_timeout: ServerTimeout,
    /// The size from which a table's indexes are built concurrently, which takes longer.
    online_index_from: SettingSize<0, { u64::MAX }>,
    /// How often a call is retried after a lost connection or a deadlock; after a lock time-out, at most once. No try
    /// begins later than `lock_timeout` plus `statement_timeout` after the first (a limit of 0 counts as its default
    /// here).
    pub(crate) retries: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            _url: None,
            max_connections: 8,
            connect_timeout: ServerTimeout::from_secs(30),
            statement_timeout: ServerTimeout::from_secs(600),
            lock_timeout: ServerTimeout::from_secs(60),
            online_index_from: SettingSize::from_mib(64),
            retries: 8,
        }
    }
}

impl Config {
    pub(crate) fn read(settings: &Settings) -> Result<Self, SettingsError> {
        let config: Self = settings.extract()?;
        if config.max_connections == 0 {
            return Err(settings.invalid("max_connections", "expected 1 or more"));
        }
        Ok(config)
    }

    /// The size in octets from which a table's indexes are built concurrently.
    pub(crate) const fn online_index_from(&self) -> u64 {
        self.online_index_from.octets()
    }

    pub(crate) fn connect_timeout(&self) -> Duration {
        self.connect_timeout.get()
    }

    /// How long after its beginning an operation is still retried.
    pub(crate) fn retry_limit(&self) -> Duration {
        let statement = or_default(self.statement_timeout, Self::default().statement_timeout);
        self.lock_patience() + statement
    }

    /// The total time to wait for rows that others hold, where the wait is done in parts.
    pub(crate) fn lock_patience(&self) -> Duration {
        or_default(self.lock_timeout, Self::default().lock_timeout)
    }

    /// The time-out of statements as a server setting.
    pub(crate) fn statement_timeout(&self) -> String {
        milliseconds(self.statement_timeout)
    }

    /// The time-out of locks as a server setting.
    pub(crate) fn lock_timeout(&self) -> String {
        milliseconds(self.lock_timeout)
    }
}

/// A limit of 0 counts as its default.
fn or_default(limit: ServerTimeout, default: ServerTimeout) -> Duration {
    let limit = limit.get();
    if limit.is_zero() {
        default.get()
    } else {
        limit
    }
}

fn milliseconds(limit: ServerTimeout) -> String {
    limit.get().as_millis().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_have_defaults_and_say_what_is_wrong() {
        let read = |text| Config::read(&Settings::from_toml("store", text));
        let config = read("url = \"postgres://h/d\"\nlock_timeout = \"2500ms\"").unwrap();
        assert_eq!(config.lock_timeout(), "2500");
        assert_eq!(config.retries, Config::default().retries);
        assert_eq!(config.retry_limit(), Duration::from_millis(602_500));
        for (text, key) in [
            ("max_connections = 0", "store.max_connections"),
            ("lock_timeout = \"1000d\"", "store.lock_timeout"),
            ("colour = 1", "store.colour"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(key), "{error}");
        }
    }
}
