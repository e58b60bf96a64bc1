//! What a provider declares about itself.

use std::time::Duration;

use chrono::TimeDelta;
use serde::Serialize;

use crate::field::Field;
use crate::provider_name::ProviderName;
use crate::quota::Quota;
use crate::setting_duration::{NotFoundTtl, Ttl};

/// The address families that a provider can be asked about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Families {
    /// IPv4 and IPv6.
    #[default]
    Both,
    /// IPv4 only; IPv6 addresses are skipped, which is neither a failure nor "not found".
    Ipv4,
}

/// What a rate limit counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RateUnit {
    /// Batches, each of which is one request; the core waits before each.
    #[default]
    Batches,
    /// Requests, of which a batch may take several; the provider waits before each of them, with the pacer that the
    /// core [passes to it](crate::provider::Provider::use_pacer).
    Requests,
}

/// The rate limit of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RateLimit {
    /// Requests per second (a request may be a batch), above zero.
    pub per_second: f64,
    /// How many requests may be sent at once after a pause, at least 1.
    pub burst: u32,
    /// Whether all processes on one store share the limit (the peer counts by key or account rather than by
    /// connection).
    pub shared: bool,
    /// What counts as a request, and which side waits.
    pub rate_unit: RateUnit,
}

/// What a provider declares about itself. A plain description, which only the layers of the core act on.
#[derive(Clone, Debug, Serialize)]
pub struct Capabilities {
    /// Its name.
    pub name: ProviderName,
    /// The normalised fields that it can return, as configured.
    pub fields: Vec<Field>,
    /// Whether asking it sends packets.
    pub online: bool,
    /// The address families that it can be asked about.
    pub families: Families,
    /// How long an answer stays fresh; `None`: until the data version changes.
    #[serde(skip)]
    pub ttl: Option<TimeDelta>,
    /// How long "not found" stays fresh; `None`: until the data version changes.
    #[serde(skip)]
    pub not_found_ttl: Option<TimeDelta>,
    /// The preferred size of a batch, at least 1.
    pub batch_size: usize,
    /// How many batches it can work on at once, at least 1.
    pub concurrency: usize,
    /// Its rate limit; `None`: no limit.
    pub rate_limit: Option<RateLimit>,
    /// Whether answers may take so long that the results of other providers are recorded without them, and its own as
    /// they come.
    pub slow: bool,
    /// Whether its quota is unlikely to suffice for all addresses: those with most sessions go first.
    pub scarce: bool,
    /// The time-out of one batch; `None`: no limit.
    pub timeout: Option<Duration>,
    /// How often a transient failure is retried within the run.
    pub retries: usize,
    /// The quota that it uses.
    #[serde(skip)]
    pub quota: Quota,
}

impl Capabilities {
    /// An offline provider: both families, no limits, fresh until its data version changes.
    pub fn offline(name: ProviderName, fields: Vec<Field>) -> Self {
        Self {
            name,
            fields,
            online: false,
            families: Families::Both,
            ttl: None,
            not_found_ttl: None,
            batch_size: 4096,
            concurrency: 4,
            rate_limit: None,
            slow: false,
            scarce: false,
            timeout: None,
            retries: 0,
            quota: name.into(),
        }
    }

    /// An online provider: answers last `ttl`, "not found" a day; one address at a time, 8 at once, a time-out of 30 s,
    /// 2 retries.
    pub fn online(name: ProviderName, fields: Vec<Field>, ttl: TimeDelta) -> Self {
        Self {
            online: true,
            slow: true,
            ttl: Some(ttl),
            not_found_ttl: Some(TimeDelta::days(1).min(ttl)),
            batch_size: 1,
            concurrency: 8,
            timeout: Some(Duration::from_secs(30)),
            retries: 2,
            ..Self::offline(name, fields)
        }
    }

    /// Overrides how long answers last with the user's settings; unset values stay as declared.
    #[must_use]
    pub fn lasting(mut self, ttl: Option<Ttl>, not_found_ttl: Option<NotFoundTtl>) -> Self {
        if let Some(ttl) = ttl.map(Ttl::as_time_delta) {
            self.ttl = Some(ttl);
            // Unless that is set as well, "not found" lasts no longer than an answer.
            let not_found = self
                .not_found_ttl
                .map_or(ttl, |not_found| not_found.min(ttl));
            self.not_found_ttl = Some(not_found);
        }
        if let Some(not_found_ttl) = not_found_ttl.map(NotFoundTtl::as_time_delta) {
            self.not_found_ttl = Some(not_found_ttl);
        }
        self
    }
}
