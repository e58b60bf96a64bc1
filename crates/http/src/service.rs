//! Describes a service.

use chrono::TimeDelta;
use ipcascade_core::provider_name::ProviderName;

use crate::Pace;

/// A service, as its documentation describes it.
#[derive(Clone, Copy, Debug)]
pub struct Service {
    /// The provider.
    pub name: ProviderName,
    /// What the service is called, for messages.
    pub title: &'static str,
    /// Where it is, unless the settings say otherwise.
    pub base_url: &'static str,
    /// How it takes keys, if it does.
    pub key: Option<KeyUse>,
    /// What to do when a key's plan does not allow a call.
    pub beyond_plan: &'static str,
    /// How fast it may be asked, unless the settings say otherwise.
    pub pace: Pace,
    /// Requests at once, likewise.
    pub concurrency: usize,
    /// Seconds that one request may take, likewise.
    pub timeout_seconds: u64,
    /// Days that an answer lasts, likewise.
    pub ttl_days: u32,
    /// Days that "not found" lasts, likewise.
    pub not_found_ttl_days: u32,
    /// Whether its quota is unlikely to suffice for all addresses.
    pub scarce: bool,
    /// How long it is left alone after a refusal (429) that does not say how long.
    pub pause: Pause,
    /// The header in which a refusal says when the quota is counted anew, in small letters.
    pub reset_header: Option<&'static str>,
    /// Whether it is asked for IPv4 addresses only.
    pub ipv4_only: bool,
}

/// How long a service is left alone.
#[derive(Clone, Copy, Debug)]
pub enum Pause {
    /// So long.
    For(TimeDelta),
    /// Until midnight UTC, when questions are counted anew.
    UntilMidnight,
}

/// How a service takes keys.
#[derive(Clone, Copy, Debug)]
pub struct KeyUse {
    /// The header, in small letters.
    pub header: &'static str,
    /// What stands before the key there, with a space if it is a word: `Bearer `.
    pub prefix: &'static str,
    /// The environment variable that the service's own tools read.
    pub variable: &'static str,
    /// Whether nothing can be asked without one.
    pub is_needed: bool,
}

impl Service {
    /// A base for services that take no key: one request at a time, one a second, answers last a week.
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
        timeout_seconds: 20,
        ttl_days: 7,
        not_found_ttl_days: 1,
        scarce: false,
        pause: Pause::For(TimeDelta::hours(1)),
        reset_header: None,
        ipv4_only: false,
    };
}
