//! The trait of providers.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use ipnet::IpNet;

use crate::address::Address;
use crate::asn::Asn;
use crate::asn_description::{AsnDescription, AsnSource};
use crate::capabilities::Capabilities;
use crate::data_version::DataVersion;
use crate::lookup::Answers;
use crate::pacing::{Pacer, ServiceLock};
use crate::provider::data_file::DataFile;

/// A source of facts about addresses.
///
/// A provider classifies its failures and does nothing else about them: retries, rate limits, time-outs, caching and
/// circuit breaking are the core's. It never touches a store, and it is only asked about global addresses, unless it is
/// offline and configured to see others. A look-up must be cancel-safe: dropping the future abandons the question.
#[async_trait]
pub trait Provider: Send + Sync + fmt::Debug {
    /// Its capabilities; constant for its lifetime.
    fn capabilities(&self) -> &Capabilities;

    /// The current version of its data, if it has one. A newer version makes stored sections stale.
    fn data_version(&self) -> Option<DataVersion> {
        None
    }

    /// The currently preferred size of a batch: what it has [declared](Capabilities::batch_size), or less if it has
    /// found out since that it has to ask one by one.
    fn batch_size(&self) -> usize {
        self.capabilities().batch_size
    }

    /// Receives the pacer for its requests, before it is asked anything; for providers that declare
    /// [`RateUnit::Requests`](crate::capabilities::RateUnit::Requests).
    fn use_pacer(&self, pacer: Pacer) {
        let _ = pacer;
    }

    /// Receives the lock for a service that wants to be asked by one process at a time, before it is asked anything.
    fn use_service_lock(&self, lock: ServiceLock) {
        let _ = lock;
    }

    /// Returns what it knows about `asn` itself; for providers that are
    /// [registered](crate::registry::ProviderFactory::describes_asns) so.
    fn describe_asn(&self, asn: Asn) -> Option<AsnDescription> {
        let _ = asn;
        None
    }

    /// Calls `found` with each prefix in its data that one of `asns` originates, in any order, some perhaps more than once.
    /// No service is asked for it. Returns whether its data has the origins of prefixes at all.
    fn find_prefixes(&self, asns: &[Asn], found: &mut dyn FnMut(Asn, IpNet)) -> bool {
        let _unused = (asns, found);
        false
    }

    /// Looks up `addresses`; returns exactly one outcome for each, in order.
    async fn look_up(&self, addresses: &[Address]) -> Answers;

    /// The data files it works from; `count` requests the number of records, which may take a scan.
    fn data_files(&self, count: bool) -> Vec<DataFile> {
        let _ = count;
        Vec::new()
    }
}

/// `provider` as a source of what is known about ASes themselves.
pub fn asn_source(provider: Arc<dyn Provider>) -> AsnSource {
    AsnSource::new(provider.capabilities().name, move |asn| {
        provider.describe_asn(asn)
    })
}
