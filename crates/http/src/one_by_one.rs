//! The provider over a service that is asked about one address at a time.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use ipcascade_core::address::Address;
use ipcascade_core::capabilities::{Capabilities, Families};
use ipcascade_core::field::FieldSource;
use ipcascade_core::lookup::{Answers, FailureClass, LookupFailure, Outcome};
use ipcascade_core::pacing::Pacer;
use ipcascade_core::provider::Provider;
use ipcascade_core::registry::{BuildError, ProviderSetup};
use ipcascade_core::settings::Settings;

use crate::client::Client;
use crate::key::ApiKey;
use crate::reply::Reply;
use crate::service::Service;
use crate::settings::Common;

/// After this many transient failures in a row, the rest of a batch is not asked.
const MAX_FAILURES: usize = 3;
/// The largest answer for one address; real ones have about 100 kB at most.
const LARGEST_BODY: usize = 4 << 20;

/// Where to ask a service about an address, and how to read its answer.
pub trait LookUp: fmt::Debug + Send + Sync + 'static {
    /// The settings that the provider has in addition to the common ones.
    const OWN_KEYS: &[&str] = &[];

    /// The path and query of the request, without a leading slash. Messages name the part before the first `?` or the
    /// address.
    fn call(&self, address: Address) -> String;

    /// Reads what the answer says about `address`. The status is 200, or 404, which does not mean "not found" by
    /// itself.
    ///
    /// # Errors
    ///
    /// If it is not an answer of the service about `address`.
    fn read(&self, address: Address, reply: &Reply) -> Result<Outcome, LookupFailure>;
}

/// A provider over a service that is asked about one address at a time.
#[derive(Debug)]
pub struct OneByOne<L> {
    service: &'static Service,
    capabilities: Capabilities,
    client: Client,
    look_up: L,
}

impl<L: LookUp> OneByOne<L> {
    /// Builds the provider from its settings.
    ///
    /// # Errors
    ///
    /// If a setting is wrong, or the key file cannot be used.
    pub fn build(
        service: &'static Service,
        fields: &[FieldSource],
        settings: &Settings,
        look_up: L,
    ) -> Result<ProviderSetup, BuildError> {
        let common = Common::read(settings, service, L::OWN_KEYS)?;
        let base = common.base_url(settings, service)?;
        let limit = common.limit(settings, service)?;
        let timeout = common.timeout(service);
        let concurrency = common.concurrency(settings, service)?;
        let (key, file) = (common.api_key.as_ref(), common.api_key_file.as_deref());
        let key = ApiKey::find(service, settings, key, file)?;
        if let (Some(needed), None) = (service.key.filter(|it| it.is_needed), &key) {
            let (setting, variable) = (settings.key("api_key_file"), needed.variable);
            return Ok(ProviderSetup::Unconfigured(format!(
                "it needs a key; set `{setting}` or {variable}"
            )));
        }
        let client = Client::new(service, base, key, timeout, limit)?;
        let fields = fields.iter().map(|source| source.field).collect();
        let ttl = service.ttl.as_time_delta();
        let mut capabilities = Capabilities::online(service.name, fields, ttl);
        capabilities.not_found_ttl = Some(service.not_found_ttl.as_time_delta());
        capabilities = capabilities.lasting(common.ttl, common.not_found_ttl);
        capabilities.concurrency = concurrency;
        capabilities.rate_limit = Some(limit);
        capabilities.scarce = service.scarce;
        capabilities.quota = client.quota();
        if service.ipv4_only {
            capabilities.families = Families::Ipv4;
        }
        // A request waits for the rate limit and has its own time-out.
        capabilities.timeout = None;
        Ok(ProviderSetup::Ready(Arc::new(Self {
            service,
            capabilities,
            client,
            look_up,
        })))
    }

    async fn ask(&self, address: Address) -> Outcome {
        if self.service.ipv4_only && !address.is_ipv4() {
            let problem = format!("{} knows IPv4 only", self.service.title);
            return Outcome::Failed(LookupFailure::new(FailureClass::Permanent, problem));
        }
        let call = self.look_up.call(address);
        let reply = self.client.get(&call, address, LARGEST_BODY).await;
        let read = reply.and_then(|reply| self.look_up.read(address, &reply));
        read.unwrap_or_else(Outcome::Failed)
    }
}

#[async_trait]
impl<L: LookUp> Provider for OneByOne<L> {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn use_pacer(&self, pacer: Pacer) {
        self.client.use_pacer(pacer);
    }

    async fn look_up(&self, addresses: &[Address]) -> Answers {
        let outcomes = each_in_turn(addresses, Vec::new(), |address| self.ask(address)).await;
        Answers::unversioned(outcomes)
    }
}

/// Asks about one address after the other, after those that `outcomes` has already. A failure that concerns more than
/// one address ends it: the rest gets the same failure without being asked, and earlier answers stay.
pub async fn each_in_turn<F: Future<Output = Outcome>>(
    addresses: &[Address],
    mut outcomes: Vec<Outcome>,
    ask: impl Fn(Address) -> F,
) -> Vec<Outcome> {
    let mut transient = 0;
    while let Some(&address) = addresses.get(outcomes.len()) {
        let outcome = ask(address).await;
        let failure = match &outcome {
            Outcome::Failed(failure) => Some(failure.clone()),
            _ => None,
        };
        outcomes.push(outcome);
        let Some(failure) = failure else {
            transient = 0;
            continue;
        };
        match failure.class {
            FailureClass::Permanent => transient = 0,
            FailureClass::Transient => transient += 1,
            _ => transient = MAX_FAILURES,
        }
        if transient >= MAX_FAILURES {
            outcomes.resize(addresses.len(), Outcome::Failed(failure));
        }
    }
    outcomes
}
