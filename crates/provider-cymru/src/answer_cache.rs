//! Which addresses share an answer, and for how long.

use std::net::IpAddr;
use std::time::{Duration, Instant};

use ipnet::IpNet;
use moka::Expiry;
use moka::future::Cache;

/// Team Cymru renews its data every four hours: asking earlier yields the same.
pub(crate) const SHORTEST_LIFE: Duration = Duration::from_secs(4 * 3600);

/// The block that is `ip` alone.
pub(crate) fn host(ip: IpAddr) -> IpNet {
    IpNet::from(ip)
}

/// A value and how long it is valid.
#[derive(Clone, Debug)]
pub(crate) struct Aged<T> {
    /// The value.
    pub(crate) value: T,
    /// How long, from its arrival.
    pub(crate) life: Duration,
}

impl<T> Aged<T> {
    /// A value with the TTL that it came with.
    pub(crate) fn new(value: T, ttl: Duration) -> Self {
        Self {
            value,
            life: ttl.max(SHORTEST_LIFE),
        }
    }
}

/// Expires each entry by its own life.
struct ByLife;

impl<K, T> Expiry<K, Aged<T>> for ByLife {
    fn expire_after_create(&self, _: &K, entry: &Aged<T>, _: Instant) -> Option<Duration> {
        Some(entry.life)
    }

    fn expire_after_update(
        &self,
        _: &K,
        entry: &Aged<T>,
        _: Instant,
        _: Option<Duration>,
    ) -> Option<Duration> {
        Some(entry.life)
    }
}

/// A cache of answers by question, with at most `entries` of them. Of concurrent identical questions, its
/// `try_get_with` asks one.
pub(crate) fn cache<K, T>(entries: u64) -> Cache<K, Aged<T>>
where
    K: std::hash::Hash + Eq + Send + Sync + 'static,
    T: Clone + Send + Sync + 'static,
{
    Cache::builder()
        .max_capacity(entries)
        .expire_after(ByLife)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_asked_again_within_four_hours() {
        let life = |secs| Aged::new((), Duration::from_secs(secs)).life.as_secs();
        assert_eq!(life(60), 14_400);
        assert_eq!(life(86_400), 86_400);
    }

    #[test]
    fn entries_end_by_their_own_life() {
        let entry = Aged::new((), Duration::from_secs(20_000));
        let now = Instant::now();
        let expiry: &dyn Expiry<u8, Aged<()>> = &ByLife;
        assert_eq!(
            expiry.expire_after_create(&1, &entry, now),
            Some(entry.life)
        );
        let old = Some(Duration::from_secs(1));
        assert_eq!(
            expiry.expire_after_update(&1, &entry, now, old),
            Some(entry.life)
        );
    }
}
