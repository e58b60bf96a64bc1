//! Which call answers which question, in each mode.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use ipcascade_core::address::Address;
use ipcascade_core::capabilities::{Capabilities, Families, RateLimit};
use ipcascade_core::lookup::{Answers, FailureClass, LookupFailure, Outcome};
use ipcascade_core::pacing::Pacer;
use ipcascade_core::provider::Provider;
use ipcascade_core::registry::{BuildError, ProviderSetup};
use ipcascade_core::settings::Settings;
use ipcascade_http::{ApiKey, Client, Reply, base_url, each_in_turn};

use crate::answer;
use crate::api::Api;
use crate::config::{Config, Mode};
use crate::declaration::{FIELDS, NAME, SERVICE};
use crate::ipv6::with_ipv6_refused;
use crate::psychic::Psychic;

/// How many addresses are asked about before it is known whether the plan has the call for many.
const FIRST_BATCH: usize = 10;
/// After this many requests for one batch, refused parts of it are no longer halved.
const MOST_REQUESTS: usize = 64;

/// Builds the provider from its settings, `[providers.greynoise]`.
///
/// # Errors
///
/// If a setting is wrong, or the key file or the Psychic file cannot be used.
pub fn build(settings: &Settings) -> Result<ProviderSetup, BuildError> {
    let config = Config::read(settings)?;
    if config.mode == Mode::Psychic {
        let Some(file) = &config.file else {
            let setting = settings.key("file");
            return Ok(ProviderSetup::Unconfigured(format!(
                "set `{setting}` to a Psychic file (MMDB) of GreyNoise's"
            )));
        };
        let provider = Psychic::open(&settings.resolve(file))?;
        return Ok(ProviderSetup::Ready(Arc::new(provider)));
    }
    let base = base_url(settings, &config.base_url, &SERVICE)?;
    let timeout = config.timeout.get();
    let limit = config.rate_limit.limit(settings, &SERVICE)?;
    let file = config.api_key_file.as_deref();
    let key = ApiKey::find(&SERVICE, settings, config.api_key.as_ref(), file)?;
    let way = match (config.mode, key.is_some()) {
        (Mode::Community, _) | (Mode::Auto, false) => Way::Community,
        (Mode::Auto, true) => Way::Learn,
        (_, false) => {
            let setting = settings.key("api_key_file");
            let variable = SERVICE.key.map_or("", |usage| usage.variable);
            return Ok(ProviderSetup::Unconfigured(format!(
                "this mode needs an API key; set `{setting}` or {variable}, or use mode \
                 \"community\""
            )));
        }
        (Mode::Single | Mode::Psychic, true) => Way::Single,
        (Mode::Quick, true) => Way::Quick,
        (Mode::Multi, true) => Way::Multi,
    };
    let api = Api(Client::new(&SERVICE, base, key, timeout, limit)?);
    let provider = GreyNoise::new(api, way, &config, limit);
    Ok(ProviderSetup::Ready(Arc::new(provider)))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Community,
    Single,
    Quick,
    Multi,
    /// Many at a time until the key's plan turns out not to include that; then one by one.
    Learn,
}

#[derive(Debug)]
struct GreyNoise {
    capabilities: Capabilities,
    api: Api,
    way: Way,
    /// Learnt: whether the plan has the call for many addresses.
    has_learned: AtomicBool,
    /// Learnt: the plan has the community call only.
    community_only: AtomicBool,
}

impl GreyNoise {
    fn new(api: Api, way: Way, config: &Config, limit: RateLimit) -> Self {
        let fields = FIELDS.iter().map(|source| source.field).collect();
        let mut capabilities = Capabilities::online(NAME, fields, SERVICE.ttl.as_time_delta())
            .lasting(config.ttl, config.not_found_ttl);
        capabilities.families = Families::Ipv4;
        capabilities.concurrency = config.concurrency();
        capabilities.rate_limit = Some(limit);
        capabilities.scarce = true;
        capabilities.quota = api.0.quota();
        // A batch may take several requests, each of which waits for the rate limit and has its own time-out.
        capabilities.timeout = None;
        if matches!(way, Way::Multi | Way::Learn) {
            capabilities.batch_size = config.batch_size();
        }
        Self {
            capabilities,
            api,
            way,
            has_learned: AtomicBool::new(false),
            community_only: AtomicBool::new(false),
        }
    }

    async fn ask_one(&self, address: Address) -> Outcome {
        let (reply, read): (_, fn(Address, &Reply) -> Outcome) = match self.way {
            Way::Single | Way::Multi => (self.api.single(address, false).await, answer::single),
            Way::Quick => (self.api.single(address, true).await, answer::single),
            Way::Community | Way::Learn => (self.api.community(address).await, answer::community),
        };
        match reply {
            Ok(reply) => read(address, &reply),
            Err(failure) => Outcome::Failed(failure),
        }
    }

    /// Asks about the addresses without an outcome, one after the other.
    async fn ask_in_turn(&self, addresses: &[Address], outcomes: Vec<Outcome>) -> Vec<Outcome> {
        each_in_turn(addresses, outcomes, |address| self.ask_one(address)).await
    }

    /// Asks about all together. One address that the service does not accept makes it refuse the whole request: such a
    /// request is halved until that address is alone.
    async fn ask_together(&self, addresses: &[Address]) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(addresses.len());
        let mut requests = 0;
        let mut parts = vec![addresses];
        while let Some(part) = parts.pop() {
            requests += 1;
            match self.api.multi(part).await {
                Ok(reply) if reply.is_not_found => {
                    outcomes.resize(addresses.len(), Outcome::Failed(no_such_call()));
                    break;
                }
                Ok(reply) => outcomes.extend(answer::multi(part, &reply)),
                Err(failure) if failure.class != FailureClass::Permanent => {
                    outcomes.resize(addresses.len(), Outcome::Failed(failure));
                    break;
                }
                Err(_) if part.len() > 1 && requests < MOST_REQUESTS => {
                    let (first, second) = part.split_at(part.len() / 2);
                    parts.extend([second, first]);
                }
                Err(failure) => {
                    outcomes.resize(outcomes.len() + part.len(), Outcome::Failed(failure));
                }
            }
        }
        outcomes
    }

    /// Asks about all together; if that is refused, finds out whether the community call works.
    async fn learn(&self, addresses: &[Address]) -> Vec<Outcome> {
        if self.community_only.load(Ordering::Relaxed) {
            return self.ask_in_turn(addresses, Vec::new()).await;
        }
        let together = self.ask_together(addresses).await;
        if together.iter().any(Outcome::is_answer) {
            self.has_learned.store(true, Ordering::Relaxed);
        }
        let (Some(Outcome::Failed(refusal)), Some(&first)) = (together.first(), addresses.first())
        else {
            return together;
        };
        if refusal.class != FailureClass::Unusable {
            return together;
        }
        let probe = self.ask_one(first).await;
        match &probe {
            Outcome::Failed(failure) if failure.class == FailureClass::Unusable => return together,
            // This address is refused, but the call itself is allowed.
            Outcome::Failed(failure) if failure.class == FailureClass::Permanent => {}
            // Not learnt yet: the next batch tries again.
            Outcome::Failed(_) | Outcome::Deferred(_) => return vec![probe; addresses.len()],
            Outcome::Found(_) | Outcome::NotFound => {}
        }
        if !self.community_only.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                reason = %refusal,
                "the plan of the GreyNoise key has no call for many addresses; asking the \
                 community call, one by one"
            );
        }
        self.ask_in_turn(addresses, vec![probe]).await
    }
}

fn no_such_call() -> LookupFailure {
    LookupFailure::new(
        FailureClass::Unusable,
        "GreyNoise's call for many addresses is not there (HTTP 404); check `base_url`",
    )
}

#[async_trait]
impl Provider for GreyNoise {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn batch_size(&self) -> usize {
        match self.way {
            Way::Learn if self.community_only.load(Ordering::Relaxed) => 1,
            // Finding out is not worth many questions one by one.
            Way::Learn if !self.has_learned.load(Ordering::Relaxed) => FIRST_BATCH,
            _ => self.capabilities.batch_size,
        }
    }

    fn use_pacer(&self, pacer: Pacer) {
        self.api.0.use_pacer(pacer);
    }

    async fn look_up(&self, addresses: &[Address]) -> Answers {
        let asked: Vec<Address> = addresses.iter().copied().filter(|a| a.is_ipv4()).collect();
        let answered = match self.way {
            _ if asked.is_empty() => Vec::new(),
            Way::Multi => self.ask_together(&asked).await,
            Way::Learn => self.learn(&asked).await,
            Way::Community | Way::Single | Way::Quick => self.ask_in_turn(&asked, Vec::new()).await,
        };
        Answers::unversioned(with_ipv6_refused(addresses, answered))
    }
}
