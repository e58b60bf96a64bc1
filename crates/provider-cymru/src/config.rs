//! The settings under `[providers.cymru]`.

use std::net::SocketAddr;

use ipcascade_core::capabilities::{RateLimit, RateUnit};
use ipcascade_core::setting_duration::{NotFoundTtl, SettingDuration, Timeout, Ttl};
use ipcascade_core::settings::{Settings, SettingsError};
use ipcascade_dns::{check_concurrency, servers};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::declaration::{NOT_FOUND_TTL, TTL};

/// Team Cymru asks for no more lines than this in one session.
const LONGEST_SESSION: usize = 10_000;
/// The name of the service's DNS zone.
const SUFFIX: &str = "asn.cymru.com";

/// How long the service may be left alone between two sessions: up to an hour.
pub(crate) type SessionPause = SettingDuration<0, 3_600_000>;

/// How Team Cymru is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// A few addresses over DNS, many in one bulk whois session; if one transport fails, the other one is asked.
    #[default]
    Auto,
    /// DNS only.
    Dns,
    /// Bulk whois only.
    Whois,
}

/// All settings of the provider.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CymruConfig {
    /// Which transport to use.
    pub mode: Mode,
    /// Whether to ask for the upstream peers of IPv4 origins too (one more DNS question for each /24).
    pub peers: bool,
    /// How many answers (one for each /24 or /48) to keep in memory.
    pub cache_entries: u64,
    /// How long an answer lasts.
    #[schemars(extend("default" = TTL))]
    pub ttl: Option<Ttl>,
    /// How long "not found" lasts.
    #[schemars(extend("default" = NOT_FOUND_TTL))]
    pub not_found_ttl: Option<NotFoundTtl>,
    /// Settings for DNS.
    pub dns: DnsConfig,
    /// Settings for whois.
    pub whois: WhoisConfig,
}

impl Default for CymruConfig {
    fn default() -> Self {
        Self {
            mode: Mode::Auto,
            peers: false,
            cache_entries: 65_536,
            ttl: None,
            not_found_ttl: None,
            dns: DnsConfig::default(),
            whois: WhoisConfig::default(),
        }
    }
}

/// The settings under `[providers.cymru.dns]`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DnsConfig {
    /// Resolvers, as `address` or `address:port`; without any, the operating system's.
    pub servers: Vec<String>,
    /// How long to wait for a server's answer.
    pub timeout: Timeout,
    /// How many questions may be pending at once.
    #[schemars(range(min = 1))]
    pub concurrency: usize,
    /// The rate limit of questions; without it, as fast as `concurrency` allows: the resolver is the user's own, and
    /// Team Cymru names no figure for DNS.
    pub rate_limit: Option<PaceConfig>,
    /// The zone to query.
    pub suffix: String,
}

/// The settings under `[providers.cymru.dns.rate_limit]`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PaceConfig {
    /// Questions per second, whatever batch they belong to.
    #[schemars(extend("x-unit" = "questions per second", "exclusiveMinimum" = 0))]
    pub per_second: f64,
    /// How many may be sent at once after a pause.
    #[schemars(range(min = 1))]
    pub burst: u32,
}

impl Default for PaceConfig {
    fn default() -> Self {
        Self {
            per_second: 200.0,
            burst: 50,
        }
    }
}

impl Default for DnsConfig {
    fn default() -> Self {
        Self {
            servers: Vec::new(),
            timeout: Timeout::from_secs(3),
            concurrency: 32,
            rate_limit: None,
            suffix: SUFFIX.to_owned(),
        }
    }
}

/// The settings under `[providers.cymru.whois]`.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WhoisConfig {
    /// `host:port` of the bulk service.
    pub address: String,
    /// In mode `auto`, fewer lines than this are not worth a session and go over DNS.
    pub threshold: usize,
    /// The most lines of one session.
    #[schemars(range(min = 1, max = LONGEST_SESSION))]
    pub chunk: usize,
    /// How long to leave the service alone between two sessions.
    pub pause: SessionPause,
    /// How long to wait for the connection, and for each line.
    pub timeout: Timeout,
    /// The time-out of a whole session.
    pub session_timeout: Timeout,
}

impl Default for WhoisConfig {
    fn default() -> Self {
        Self {
            address: "whois.cymru.com:43".to_owned(),
            threshold: 300,
            chunk: LONGEST_SESSION,
            pause: SessionPause::from_secs(1),
            timeout: Timeout::from_secs(20),
            session_timeout: Timeout::from_secs(300),
        }
    }
}

/// Settings that have been checked.
#[derive(Clone, Debug)]
pub(crate) struct CheckedConfig {
    pub(crate) config: CymruConfig,
    pub(crate) servers: Vec<SocketAddr>,
}

impl CheckedConfig {
    /// The rate limit of DNS: for this process, since the resolver has no accounts.
    pub(crate) fn rate_limit(&self) -> Option<RateLimit> {
        let PaceConfig { per_second, burst } = self.config.dns.rate_limit?;
        Some(RateLimit {
            per_second,
            burst,
            shared: false,
            rate_unit: RateUnit::Requests,
        })
    }

    /// Reads and checks `settings`.
    pub(crate) fn read(settings: &Settings) -> Result<Self, SettingsError> {
        let config: CymruConfig = settings.extract()?;
        check_concurrency(settings, "dns.concurrency", config.dns.concurrency)?;
        if !(1..=LONGEST_SESSION).contains(&config.whois.chunk) {
            let expected = format!("expected 1 to {LONGEST_SESSION}");
            return Err(settings.invalid("whois.chunk", expected));
        }
        let PaceConfig { per_second, burst } = config.dns.rate_limit.unwrap_or_default();
        if burst == 0 {
            return Err(settings.invalid("dns.rate_limit.burst", "expected 1 or more"));
        }
        if !(per_second.is_finite() && per_second > 0.0) {
            let key = "dns.rate_limit.per_second";
            return Err(settings.invalid(key, "expected a number above 0"));
        }
        if config.dns.suffix.trim_matches('.').is_empty() {
            return Err(settings.invalid("dns.suffix", "expected the name of a zone"));
        }
        if config.mode == Mode::Whois && config.peers {
            let problem = "peers are available over DNS only; set `mode` to \"auto\" or \"dns\"";
            return Err(settings.refused("peers", problem));
        }
        check_host_and_port(settings, &config.whois.address)?;
        Ok(Self {
            servers: servers(settings, "dns.servers", &config.dns.servers)?,
            config,
        })
    }
}

fn check_host_and_port(settings: &Settings, text: &str) -> Result<(), SettingsError> {
    let is_sound = text
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok_and(|p| p > 0));
    if is_sound {
        return Ok(());
    }
    let expected = "expected host and port such as \"whois.cymru.com:43\"";
    Err(settings.invalid("whois.address", expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<CheckedConfig, SettingsError> {
        CheckedConfig::read(&Settings::from_toml("providers.cymru", text))
    }

    fn problem(text: &str) -> String {
        read(text).unwrap_err().to_string()
    }

    #[test]
    fn nothing_has_to_be_set() {
        let checked = CheckedConfig::read(&Settings::empty("providers.cymru")).unwrap();
        assert_eq!(checked.config, CymruConfig::default());
        assert!(checked.servers.is_empty());
    }

    #[test]
    fn the_example_is_sound_and_shows_the_defaults() {
        let own_table = crate::declaration::EXAMPLE
            .replace("[providers.cymru]", "")
            .replace("providers.cymru.", "");
        let mut config = read(&own_table).unwrap().config;
        config.dns.servers.clear();
        assert_eq!(config, CymruConfig::default());
    }

    #[test]
    fn servers_are_read_with_and_without_port() {
        let text = "[dns]\nservers = [\"127.0.0.1:5353\", \"9.9.9.9\", \"::1\", \"[::1]:54\"]";
        let servers: Vec<String> = read(text)
            .unwrap()
            .servers
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            servers,
            ["127.0.0.1:5353", "9.9.9.9:53", "[::1]:53", "[::1]:54"]
        );
    }

    #[test]
    fn problems_name_the_key_and_what_was_expected() {
        for (text, key) in [
            ("mode = \"http\"", "`providers.cymru.mode` is \"http\""),
            ("speed = 1", "unknown key `providers.cymru.speed`"),
            (
                "[dns]\nservers = [\"resolver\"]",
                "`providers.cymru.dns.servers`",
            ),
            ("[dns]\ntimeout = \"0s\"", "`providers.cymru.dns.timeout`"),
            ("[dns]\ntimeout = \"2d\"", "`providers.cymru.dns.timeout`"),
            (
                "[dns]\nconcurrency = 0",
                "`providers.cymru.dns.concurrency`",
            ),
            (
                "[dns]\nrate_limit = { per_second = 0.0 }",
                "`providers.cymru.dns.rate_limit.per_second`",
            ),
            (
                "[dns]\nrate_limit = { burst = 0 }",
                "`providers.cymru.dns.rate_limit.burst`",
            ),
            ("[dns]\nsuffix = \".\"", "`providers.cymru.dns.suffix`"),
            ("[whois]\nchunk = 0", "`providers.cymru.whois.chunk`"),
            ("[whois]\nchunk = 10001", "`providers.cymru.whois.chunk`"),
            ("[whois]\npause = \"2h\"", "`providers.cymru.whois.pause`"),
            (
                "[whois]\nsession_timeout = 300",
                "`providers.cymru.whois.session_timeout`",
            ),
            (
                "[whois]\naddress = \"whois.cymru.com\"",
                "`providers.cymru.whois.address`",
            ),
            ("mode = \"whois\"\npeers = true", "`providers.cymru.peers`"),
        ] {
            assert!(problem(text).contains(key), "{text}: {}", problem(text));
        }
    }
}
