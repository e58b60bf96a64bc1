//! The server as a test sees it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tokio::sync::mpsc;

use super::reply::{DnsReply, Via};
use super::server::{DnsServer, ReceivedQuery};

/// A running server; it stops with the runtime of its test.
#[derive(Debug)]
pub struct DnsPeer {
    /// The address it listens on, UDP and TCP.
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<ReceivedQuery>>>,
    arrivals: mpsc::UnboundedReceiver<String>,
}

impl DnsPeer {
    /// Starts a server that answers by `script`, which gets the name in lower case.
    pub async fn start(script: impl Fn(&str, Via) -> DnsReply + Send + Sync + 'static) -> Self {
        let asked: Arc<Mutex<Vec<ReceivedQuery>>> = Arc::default();
        let (sender, arrivals) = mpsc::unbounded_channel();
        let address = DnsServer::start(script, Arc::clone(&asked), sender).await;
        Self {
            address,
            asked,
            arrivals,
        }
    }

    /// The settings of a provider that asks this server only.
    pub fn settings(&self) -> String {
        format!("mode = \"dns\"\n{}", self.table())
    }

    /// The table `[dns]` that names this server.
    pub fn table(&self) -> String {
        let address = self.address;
        format!("[dns]\nservers = [\"{address}\"]\ntimeout = \"2s\"\n")
    }

    /// Returns a function for [`Subject::hears`](crate::Subject::hears): it returns the addresses whose reversed octets
    /// or nibbles begin the names queried so far.
    pub fn hears(&self) -> impl Fn() -> Vec<String> + Send + Sync + 'static {
        let asked = Arc::clone(&self.asked);
        move || {
            let asked = asked.lock().unwrap();
            let addresses = asked.iter().filter_map(|asked| reversed(&asked.name));
            addresses.map(|address| address.to_string()).collect()
        }
    }

    /// The names queried so far, in order.
    pub fn asked(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|asked| asked.name.clone()).collect()
    }

    /// The names queried so far that contain `part`.
    pub fn asked_with(&self, part: &str) -> Vec<String> {
        let mut names = self.asked();
        names.retain(|name| name.contains(part));
        names
    }

    /// How each question for `name` arrived.
    pub fn ways(&self, name: &str) -> Vec<Via> {
        let asked = self.asked.lock().unwrap();
        let asked = asked.iter().filter(|asked| asked.name == name);
        asked.map(|asked| asked.via).collect()
    }

    /// When each question arrived, in order.
    pub fn arrival_times(&self) -> Vec<Instant> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|asked| asked.at).collect()
    }

    /// Waits for the next question.
    pub async fn next(&mut self) -> String {
        self.arrivals.recv().await.unwrap()
    }
}

/// Returns the address whose reversed octets or nibbles `name` begins with.
fn reversed(name: &str) -> Option<IpAddr> {
    let labels: Vec<&str> = name.split('.').collect();
    let octets: Vec<u8> = labels
        .iter()
        .map_while(|label| label.parse().ok())
        .collect();
    if let &[d, c, b, a] = octets.as_slice() {
        return Some(Ipv4Addr::new(a, b, c, d).into());
    }
    let is_nibble = |label: &&&str| label.len() == 1;
    let nibbles: Vec<&str> = labels.iter().take_while(is_nibble).copied().collect();
    let digits: String = nibbles.into_iter().rev().collect();
    let number = u128::from_str_radix(&digits, 16).ok()?;
    (digits.len() == 32).then(|| Ipv6Addr::from(number).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_from_names() {
        let of = |name| reversed(name).map(|address| address.to_string());
        assert_eq!(
            of("4.0.41.198.in-addr.arpa.").as_deref(),
            Some("198.41.0.4")
        );
        assert_eq!(
            of("4.0.41.198.origin.asn.cymru.com.").as_deref(),
            Some("198.41.0.4")
        );
        let whole = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.2.0.0.0.0.0.5.0.1.0.0.2.ip6.arpa.";
        assert_eq!(of(whole).as_deref(), Some("2001:500:2::1"));
        assert_eq!(of("2.0.0.0.0.0.5.0.1.0.0.2.origin6.asn.cymru.com."), None);
        assert_eq!(of("AS23028.asn.cymru.com."), None);
    }
}
