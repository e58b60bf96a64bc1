//! What a source of facts about addresses promises.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{NaiveDate, TimeDelta};
use ipnet::IpNet;
use serde::Serialize;

use crate::resilience::{Pacer, ServiceLock};
use crate::{
    Address, Asn, CountryCode, DataVersion, Field, Fields, Quota, Section, Stamp, Timestamp,
};

/// The name of a provider: its section in documents, its table in configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ProviderName(&'static str);

impl ProviderName {
    /// A name: lower case ASCII letters, digits and `_`.
    pub const fn new(name: &'static str) -> Self {
        Self(name)
    }

    /// The name as text.
    pub const fn as_str(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for ProviderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

/// Which addresses a provider can be asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Families {
    /// IPv4 and IPv6.
    #[default]
    Both,
    /// IPv4 only; IPv6 addresses are passed over, which is neither a failure nor "not found".
    Ipv4,
}

/// What a rate limit counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RateUnit {
    /// Batches, each of which is one request; the core waits before each.
    #[default]
    Batches,
    /// Requests, of which a batch may take several; the provider waits before each of them, with the
    /// pacer that the core [hands it](Provider::paced_by).
    Requests,
}

/// How fast a provider may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RateLimit {
    /// Requests per second (a request may be a batch), above zero.
    pub per_second: f64,
    /// How many may go at once after a pause, at least 1.
    pub burst: u32,
    /// Whether all processes on one store share the limit (the peer counts by key or account rather
    /// than by connection).
    pub shared: bool,
    /// What counts as a request, and who waits.
    pub rate_unit: RateUnit,
}

/// What a provider declares of itself. A plain description: no behaviour hangs off it but that of
/// the core's layers.
#[derive(Clone, Debug, Serialize)]
pub struct Capabilities {
    /// Its name.
    pub name: ProviderName,
    /// The normalised fields that it can give, as it is configured.
    pub fields: Vec<Field>,
    /// Whether asking it sends packets.
    pub online: bool,
    /// Which addresses it can be asked for.
    pub families: Families,
    /// How long an answer lasts; `None`: until the data version changes.
    #[serde(skip)]
    pub ttl: Option<TimeDelta>,
    /// How long "not found" lasts; `None`: until the data version changes.
    #[serde(skip)]
    pub not_found_ttl: Option<TimeDelta>,
    /// How many addresses it likes to be asked for at once, at least 1.
    pub batch_size: usize,
    /// How many batches it can work on at once, at least 1.
    pub concurrency: usize,
    /// How fast it may be asked; `None`: no limit.
    pub rate_limit: Option<RateLimit>,
    /// Whether answers may take so long that what others have found is recorded without them, and what it finds as it
    /// comes.
    pub slow: bool,
    /// Whether its quota is unlikely to suffice for all addresses: those with most sessions go first.
    pub scarce: bool,
    /// How long one batch may take before it counts as failed; `None`: no limit.
    pub timeout: Option<Duration>,
    /// How often a transient failure is tried again within the run.
    pub retries: usize,
    /// Whose quota it spends.
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

    /// An online provider: answers last `ttl`, "not found" a day; one address at a time, 8 at once,
    /// 30 s for each, 2 retries.
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

    /// The same, with how long answers last as the user has set it, in days; as declared where nothing is set.
    #[must_use]
    pub fn lasting(
        mut self,
        ttl_days: Option<NonZeroU32>,
        not_found_ttl_days: Option<u32>,
    ) -> Self {
        let days = |days: u32| TimeDelta::days(days.into());
        if let Some(ttl) = ttl_days.map(|ttl| days(ttl.get())) {
            self.ttl = Some(ttl);
            // Unless that is set as well, "not found" lasts no longer than an answer.
            let not_found = self
                .not_found_ttl
                .map_or(ttl, |not_found| not_found.min(ttl));
            self.not_found_ttl = Some(not_found);
        }
        if let Some(not_found_ttl) = not_found_ttl_days.map(days) {
            self.not_found_ttl = Some(not_found_ttl);
        }
        self
    }
}

/// What a provider's data holds for an address.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The section's fields, under the provider's own names: clones of one another for addresses that share a record.
    pub fields: Fields,
    /// The most specific prefix that the fields are valid for.
    pub prefix: Option<IpNet>,
}

/// The answer for one address.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The provider knows the address.
    Found(Finding),
    /// The provider was asked and knows nothing: an answer, not a failure.
    NotFound,
    /// The provider was asked and there is no answer.
    Failed(LookupFailure),
    /// The provider was not asked, or did not answer, because it cannot be asked now (its quota is spent, its circuit is
    /// open, the run has found it unusable). Only the core's own layers say this; nothing is noted
    /// in the address's document, and a later run asks.
    Deferred(LookupFailure),
}

/// The answers to a batch.
#[derive(Clone, Debug)]
pub struct Answers {
    /// One outcome for each address, in the order of the question.
    pub outcomes: Vec<Outcome>,
    /// The version of the data that all of them were made from, for providers that have one.
    pub version: Option<DataVersion>,
}

impl Answers {
    /// Answers of a provider whose data has no version.
    pub const fn unversioned(outcomes: Vec<Outcome>) -> Self {
        Self {
            outcomes,
            version: None,
        }
    }

    /// The same failure for each of `count` addresses.
    pub fn all_failed(count: usize, failure: &LookupFailure) -> Self {
        Self::unversioned(vec![Outcome::Failed(failure.clone()); count])
    }
}

impl Outcome {
    /// The answer that the provider has `fields` for the address, and says nothing of a prefix.
    pub fn found(fields: impl Into<Fields>) -> Self {
        Self::Found(Finding {
            fields: fields.into(),
            prefix: None,
        })
    }

    /// Whether the provider has answered, be it that it knows nothing.
    pub const fn is_answer(&self) -> bool {
        matches!(self, Self::Found(_) | Self::NotFound)
    }

    /// The outcome as a section to store, with the stamp of its batch; `None` if there is no answer.
    pub fn to_section(&self, stamp: &Stamp) -> Option<Section> {
        match self {
            Self::Found(finding) => Some(Section::stamped(&finding.fields, finding.prefix, stamp)),
            Self::NotFound => Some(Section::stamped_not_found(stamp)),
            Self::Failed(_) | Self::Deferred(_) => None,
        }
    }
}

/// Whether, and when, it is worth asking again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// It may work at once or soon: a time-out, SERVFAIL, HTTP 5xx, a cut connection.
    Transient,
    /// This address will fail again: a record that cannot be decoded.
    Permanent,
    /// The service works, but those that it asks in turn about this address do not answer it: the name servers of a zone.
    /// Nothing is held against the service.
    Upstream,
    /// The provider cannot work for the rest of the run: a refused key, a missing permission.
    Unusable,
    /// Asked too fast; ask again at the given time, or after a pause of the core's choice.
    RateLimited(Option<Timestamp>),
    /// The quota is used up; nothing before the given time (if the provider said one).
    QuotaSpent(Option<Timestamp>),
}

impl FailureClass {
    /// Until when the provider wants to be left alone, if it said so.
    pub const fn until(self) -> Option<Timestamp> {
        match self {
            Self::RateLimited(until) | Self::QuotaSpent(until) => until,
            Self::Transient | Self::Permanent | Self::Upstream | Self::Unusable => None,
        }
    }
}

/// Why a provider has no answer.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct LookupFailure {
    /// Whether it is worth trying again.
    pub class: FailureClass,
    /// What was tried, on what, and why it failed; never holds a secret. Cheap to clone, since a
    /// whole batch may share it.
    pub message: Arc<str>,
}

impl LookupFailure {
    /// A failure with a message for people.
    pub fn new(class: FailureClass, message: impl Into<Arc<str>>) -> Self {
        Self {
            class,
            message: message.into(),
        }
    }

    /// A failure that may be gone at the next try.
    pub fn transient(message: impl Into<Arc<str>>) -> Self {
        Self::new(FailureClass::Transient, message)
    }
}

/// A data file that a provider works from.
#[derive(Clone, Debug, Serialize)]
pub struct DataFile {
    /// The provider that uses it.
    pub provider: ProviderName,
    /// Where it is.
    pub path: String,
    /// What it calls itself, such as `GeoLite2-ASN`.
    pub edition: String,
    /// When its data was built.
    pub built_at: Option<Timestamp>,
    /// How many records (networks with data) it holds, if that was counted.
    pub records: Option<u64>,
    /// `4`, `6`: which addresses it has.
    pub ip_version: u16,
    /// The fields that its records give, under the names of the section.
    pub fields: Vec<String>,
}

/// What a provider knows of an AS, whatever its addresses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AsnDescription {
    /// The regional registry that has delegated it, in lower case.
    pub registry: Option<String>,
    /// The country of the holder.
    pub country: Option<CountryCode>,
    /// Since when it is delegated.
    pub allocated: Option<NaiveDate>,
    /// What kind of network it is.
    pub asn_type: Option<String>,
    /// Whether it is known for hosting.
    pub is_hosting: Option<bool>,
    /// Whether it is known for VPN exits.
    pub is_vpn: Option<bool>,
    /// Of when that is.
    pub as_of: Option<Timestamp>,
}

/// A source of facts about addresses.
///
/// A provider classifies its failures and does nothing else about them: retries, rate limits,
/// deadlines, caching and circuit breaking are the core's. It never touches
/// a store, and it is only asked for global addresses, unless it is offline and set to see others. A look-up must be cancel-safe: dropping the
/// future abandons the question.
#[async_trait]
pub trait Provider: Send + Sync + fmt::Debug {
    /// What it declares of itself; constant for its life.
    fn capabilities(&self) -> &Capabilities;

    /// The version of its data now, if it has one. A newer version makes stored sections stale.
    fn data_version(&self) -> Option<DataVersion> {
        None
    }

    /// How many addresses it likes to be asked for at once now: what it has [declared](Capabilities::batch_size), or fewer
    /// if it has found out since that it has to ask for them one after the other.
    fn batch_size(&self) -> usize {
        self.capabilities().batch_size
    }

    /// Takes the pacer for its requests, before it is asked for anything; for providers that declare
    /// [`RateUnit::Requests`].
    fn use_pacer(&self, pacer: Pacer) {
        let _ = pacer;
    }

    /// Takes the lock under which it asks a service that wants to be asked by one process at a time, before it is asked for
    /// anything.
    fn use_service_lock(&self, lock: ServiceLock) {
        let _ = lock;
    }

    /// What it knows of `asn`, whatever its addresses; for providers that are [registered](crate::ProviderFactory::describes_asns)
    /// so.
    fn describe_asn(&self, asn: Asn) -> Option<AsnDescription> {
        let _ = asn;
        None
    }

    /// Asks for each of `addresses`; exactly one outcome comes back for each, in order.
    async fn look_up(&self, addresses: &[Address]) -> Answers;

    /// The data files it works from; `count` asks for the number of records, which may take a scan.
    fn data_files(&self, count: bool) -> Vec<DataFile> {
        let _ = count;
        Vec::new()
    }
}
