//! The resolvers that questions are put to, one after the other.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RecordType};
use hickory_resolver::{Resolver, TokioResolver, system_conf};
use ipcascade_core::resilience::Pacer;

/// Several servers, of which one is asked at a time; whatever it fails on, the next one is asked.
/// (The library's own pool asks two at once, and stops at the first SERVFAIL.)
pub struct Resolvers {
    each: Vec<TokioResolver>,
    preferred: AtomicUsize,
    pacer: Option<Pacer>,
}

impl Resolvers {
    /// Resolvers at `servers`, the system's if there are none: each has `timeout` to answer, and is
    /// asked up to `concurrency` questions at once, `pacer` allowing.
    ///
    /// # Errors
    ///
    /// When the system's resolvers are wanted and cannot be found out.
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
        // The library sends a lost packet again within the time-out; everything beyond is left to the
        // next server and the core's retries.
        options.attempts = 0;
        options.max_active_requests = concurrency;
        options.use_hosts_file = ResolveHosts::Never;
        // Providers keep answers themselves, as far as it is of use.
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
        })
    }

    /// Asks for the records of `kind` under `name`, to which no search domain is ever appended. The
    /// server that answers is asked first from then on.
    ///
    /// # Errors
    ///
    /// The last server's error if all fail; that there is nothing is an answer (and an error here,
    /// see [`is_nothing`]).
    pub async fn look_up(&self, name: Name, kind: RecordType) -> Result<Lookup, NetError> {
        let mut name = name;
        name.set_fqdn(true);
        let first = self.preferred.load(Ordering::Relaxed);
        let mut last = NetError::NoConnections;
        for offset in 0..self.each.len() {
            let index = (first + offset) % self.each.len();
            if let Some(pacer) = &self.pacer
                && let Err(failure) = pacer.ready().await
            {
                return Err(NetError::from(failure.to_string()));
            }
            let result = self.each[index].lookup(name.clone(), kind).await;
            match result {
                Err(error) if !is_nothing(&error) => last = error,
                answer => {
                    self.preferred.store(index, Ordering::Relaxed);
                    return answer;
                }
            }
        }
        Err(last)
    }
}

/// Whether `error` says "no such name" or "no such record".
pub fn is_nothing(error: &NetError) -> bool {
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
