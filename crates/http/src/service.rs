//! Describes a service.

use chrono::TimeDelta;
use ipcascade_core::provider_name::ProviderName;
use ipcascade_core::setting_duration::{NotFoundTtl, RequestTimeout, Ttl};

/// A service, as its documentation describes it.
#[derive(Clone, Copy, Debug)]
pub struct Service {
    /// The name of the provider.
    pub name: ProviderName,
    /// The name of the service in messages.
    pub title: &'static str,
    /// Its base URL, unless the settings say otherwise.
    pub base_url: &'static str,
    /// How it takes keys, if it takes any.
    pub key: Option<KeyUse>,
    /// What to do when a key's plan does not allow a call.
    pub beyond_plan: &'static str,
    /// Its rate limit, unless the settings say otherwise.
    pub pace: Pace,
    /// The number of concurrent requests, likewise.
    pub concurrency: usize,
    /// The time-out of a request, likewise.
    pub timeout: RequestTimeout,
    /// How long an answer lasts, likewise.
    pub ttl: Ttl,
    /// How long "not found" lasts, likewise.
    pub not_found_ttl: NotFoundTtl,
    /// Whether its quota is unlikely to suffice for all addresses.
    pub scarce: bool,
    /// How long it is left alone after a refusal (429) that names no time.
    pub pause: Pause,
    /// The header of a refusal that names the time at which the quota resets, in lower case.
    pub reset_header: Option<&'static str>,
    /// Whether it is only asked about IPv4 addresses.
    pub ipv4_only: bool,
}

/// How long a service is left alone.
#[derive(Clone, Copy, Debug)]
pub enum Pause {
    /// For this long.
    For(TimeDelta),
    /// Until midnight UTC, when the quota resets.
    UntilMidnight,
}

/// How a service takes keys.
#[derive(Clone, Copy, Debug)]
pub struct KeyUse {
    /// The header, in lower case.
    pub header: &'static str,
    /// What precedes the key in the header, including a space after a word: `Bearer `.
    pub prefix: &'static str,
    /// The environment variable that the service's own tools read.
    pub variable: &'static str,
    /// Whether the service cannot be used without a key.
    pub is_needed: bool,
}

impl Service {
    /// A base for services without a key: one request at a time, one a second; answers last a week.
    pub const WITHOUT_KEY: Self = Self {
        name: ProviderName::new(""),
        title: "",
        base_url: "",
        key: None,
        beyond_plan: "choose another plan",
        pace: Pace {
            per_second: 1.0,
            burst: 1,
        },
        concurrency: 1,
        timeout: RequestTimeout::from_secs(20),
        ttl: Ttl::from_days(7),
        not_found_ttl: NotFoundTtl::from_days(1),
        scarce: false,
        pause: Pause::For(TimeDelta::hours(1)),
        reset_header: None,
        ipv4_only: false,
    };
}

/// The rate limit of a service.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Requests a second, above 0.
    pub per_second: f64,
    /// How many requests may be sent at once after a pause, at least 1.
    pub burst: u32,
}
