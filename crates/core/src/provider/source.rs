//! The trait of providers.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

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

    /// What it knows of `asn`, whatever its addresses; for providers that are [registered](crate::registry::ProviderFactory::describes_asns)
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

/// `provider` as a source of what is known of ASes themselves.
pub fn asn_source(provider: Arc<dyn Provider>) -> AsnSource {
    AsnSource::new(provider.capabilities().name, move |asn| {
        provider.describe_asn(asn)
    })
}
