//! The resolvers, asked one after the other.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RecordType};
use hickory_resolver::{Resolver, TokioResolver, system_conf};
use ipcascade_core::pacing::Pacer;

/// Several servers, of which one is asked at a time; when it fails, the next one is asked. (The library's own pool asks
/// two at once, and stops at the first SERVFAIL.)
pub struct Resolvers {
    each: Vec<TokioResolver>,
    preferred: AtomicUsize,
    pacer: Option<Pacer>,
    last_answer: LastAnswer,
}

/// How long an answer proves that a server works although it reports SERVFAIL.
const PROOF: Duration = Duration::from_secs(2);

/// When the servers last answered any question, in milliseconds from the start; 0: never.
struct LastAnswer {
    beginning: Instant,
    at: AtomicU64,
}

impl LastAnswer {
    fn new() -> Self {
        Self {
            beginning: Instant::now(),
            at: AtomicU64::new(0),
        }
    }

    fn note(&self) {
        let at = self.beginning.elapsed().as_millis();
        self.at.fetch_max(
            u64::try_from(at).unwrap_or(u64::MAX).max(1),
            Ordering::Relaxed,
        );
    }

    /// Whether they have answered since `time`.
    fn is_since(&self, time: Instant) -> bool {
        let at = self.at.load(Ordering::Relaxed);
        at > 0 && self.beginning + Duration::from_millis(at) >= time
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum NoAnswer {
    /// "No such name" or "no such record", which is an answer.
    #[error("{0}")]
    Nothing(NetError),
    /// The servers work, but the name servers responsible for the name do not answer them.
    #[error("{0}")]
    Upstream(NetError),
    /// The servers themselves do not answer, or not properly.
    #[error("{0}")]
    Servers(NetError),
}

impl Resolvers {
    /// Resolvers at `servers`, or the operating system's if `servers` is empty: each has `timeout` to answer, and is asked
    /// up to `concurrency` questions at once, as `pacer` allows.
    ///
    /// # Errors
    ///
    /// If the operating system's resolvers are needed and cannot be determined.
    pub fn new(
        servers: &[SocketAddr],
        concurrency: usize,
        timeout: Duration,
        pacer: Option<Pacer>,
    ) -> Result<Self, NetError> {
        let (servers, mut options) = if servers.is_empty() {
            let (config, options) = system_conf::read_system_conf()?;
            (config.into_parts().2, options)
        } else {
            let servers = servers.iter().copied().map(server).collect();
            (servers, ResolverOpts::default())
        };
        if servers.is_empty() {
            return Err(NetError::NoConnections);
        }
        options.ndots = 0;
        options.timeout = timeout;
        // The library sends a lost packet again within the time-out; everything beyond is left to the next server and
        // the core's retries.
        options.attempts = 0;
        options.max_active_requests = concurrency;
        options.use_hosts_file = ResolveHosts::Never;
        // Providers cache answers themselves where that is useful.
        options.cache_size = 0;
        let each = servers
            .into_iter()
            .map(|server| {
                let config = ResolverConfig::from_name_servers(vec![server]);
                let provider = TokioRuntimeProvider::default();
                let mut builder = Resolver::builder_with_config(config, provider);
                *builder.options_mut() = options.clone();
                builder.build()
            })
            .collect::<Result<_, _>>()?;
        Ok(Self {
            each,
            preferred: AtomicUsize::new(0),
            pacer,
            last_answer: LastAnswer::new(),
        })
    }

    /// Asks for the records of `kind` under `name`; no search domain is ever appended. When one server fails, the next
    /// one is asked; if there is no other, the same one is asked again after a time-out. The server that answers is
    /// asked first from then on.
    ///
    /// # Errors
    ///
    /// If there is no such record, or all servers fail; then with the last one's error.
    pub async fn look_up(&self, name: Name, kind: RecordType) -> Result<Lookup, NoAnswer> {
        let mut name = name;
        name.set_fqdn(true);
        let first = self.preferred.load(Ordering::Relaxed);
        let asked_at = Instant::now();
        let mut last = NetError::NoConnections;
        for offset in 0..self.each.len().max(2) {
            if offset >= self.each.len() && !matches!(last, NetError::Timeout) {
                break;
            }
            let index = (first + offset) % self.each.len();
            if let Some(pacer) = &self.pacer
                && let Err(failure) = pacer.ready().await
            {
                return Err(NoAnswer::Servers(NetError::from(failure.to_string())));
            }
            let result = self.each[index].lookup(name.clone(), kind).await;
            let answer = match result {
                Ok(lookup) => Ok(lookup),
                Err(error) if is_nothing(&error) => Err(NoAnswer::Nothing(error)),
                Err(error) => {
                    last = error;
                    continue;
                }
            };
            self.preferred.store(index, Ordering::Relaxed);
            self.last_answer.note();
            return answer;
        }
        // Servers that answer other questions work: it is the name servers behind them that do not.
        let is_upstream = match &last {
            NetError::Timeout => self.last_answer.is_since(asked_at),
            // This failure comes so soon that there need not have been another answer in the meantime.
            last => is_server_failure(last) && self.last_answer.is_since(asked_at - PROOF),
        };
        match is_upstream {
            true => Err(NoAnswer::Upstream(last)),
            false => Err(NoAnswer::Servers(last)),
        }
    }
}

/// Whether the server reports that it cannot find out.
fn is_server_failure(error: &NetError) -> bool {
    match error {
        NetError::Dns(DnsError::ResponseCode(code)) => *code == ResponseCode::ServFail,
        NetError::Dns(DnsError::NoRecordsFound(none)) => {
            none.response_code == ResponseCode::ServFail
        }
        _ => false,
    }
}

/// Whether `error` means "no such name" or "no such record".
fn is_nothing(error: &NetError) -> bool {
    matches!(
        error,
        NetError::Dns(DnsError::NoRecordsFound(none))
            if matches!(none.response_code, ResponseCode::NXDomain | ResponseCode::NoError)
    )
}

fn server(address: SocketAddr) -> NameServerConfig {
    let on_port = |mut connection: ConnectionConfig| {
        connection.port = address.port();
        connection
    };
    let ways = vec![
        on_port(ConnectionConfig::udp()),
        on_port(ConnectionConfig::tcp()),
    ];
    NameServerConfig::new(address.ip(), true, ways)
}

impl std::fmt::Debug for Resolvers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resolvers")
            .field("servers", &self.each.len())
            .finish_non_exhaustive()
    }
}
