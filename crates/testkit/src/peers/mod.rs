//! Servers on loopback, in the process of the test, that follow a script and misbehave on demand.

pub mod dns;
pub mod http;
pub mod whois;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::net::TcpListener;

/// An address on loopback where nothing listens.
///
/// # Panics
///
/// If no port is free.
pub async fn closed_port() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap()
}

/// The largest number of `arrivals`, which are sorted, within any one second.
pub fn most_in_any_second(arrivals: &[Instant]) -> usize {
    let mut most = 0;
    let mut first = 0;
    for (last, arrival) in arrivals.iter().enumerate() {
        while arrival.duration_since(arrivals[first]) >= Duration::from_secs(1) {
            first += 1;
        }
        most = most.max(last - first + 1);
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fullest_second_counts_wherever_it_begins() {
        let start = Instant::now();
        let at = |millis: &[u64]| -> Vec<Instant> {
            millis
                .iter()
                .map(|&m| start + Duration::from_millis(m))
                .collect()
        };
        assert_eq!(most_in_any_second(&[]), 0);
        assert_eq!(most_in_any_second(&at(&[0, 1000, 2000])), 1);
        assert_eq!(most_in_any_second(&at(&[0, 600, 900, 1500, 1599, 1700])), 4);
    }
}
