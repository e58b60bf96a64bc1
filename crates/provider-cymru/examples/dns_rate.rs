//! How long 100,000 addresses in 20,000 /24s take over DNS, with a server that answers after 20 ms:
//!
//! ```sh
//! cargo run --release -p ipcascade-provider-cymru --example dns_rate [concurrency]
//! ```
//!
//! The ideal is `questions × 20 ms ÷ concurrency`. Measured once on two shared processors, with the server in the same
//! process: 20,001 questions in 15.28 s at a concurrency of 32, where the ideal is 12.50 s (ratio 1.22).

#![expect(clippy::print_stdout, reason = "the figures are what it is for")]

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use ipcascade_core::address::Address;
use ipcascade_core::lookup::Outcome;
use ipcascade_core::registry::{ProviderSetup, Registry};
use ipcascade_core::settings::Settings;
use ipcascade_provider_cymru as _;
use ipcascade_testkit::peers::dns::{DnsPeer, DnsReply, Via};

const ADDRESSES: u32 = 100_000;
const EACH: u32 = 5;
const DELAY: Duration = Duration::from_millis(20);

/// Addresses from 5.0.0.0/8 upwards, five in each /24.
fn addresses() -> impl Iterator<Item = Address> {
    (0..ADDRESSES).map(|n| {
        let (block, host) = (n / EACH, n % EACH + 1);
        Address::from(Ipv4Addr::from((5 << 24) + (block << 8) + host))
    })
}

fn zone(name: &str, _: Via) -> DnsReply {
    let labels: Vec<&str> = name.split('.').collect();
    let reply = match (labels[0].strip_prefix("as"), labels.as_slice()) {
        (Some(number), _) => format!("{number} | DE | ripencc | 2001-01-01 | NET-{number}, DE"),
        (None, [_, c, b, a, ..]) => {
            format!("64500 | {a}.{b}.{c}.0/24 | DE | ripencc | 2001-01-01")
        }
        _ => return DnsReply::NoName,
    };
    DnsReply::Late(DELAY, Box::new(DnsReply::texts(&[&reply])))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let concurrency: u32 = std::env::args()
        .nth(1)
        .map_or(Ok(32), |text| text.parse())?;
    let peer = DnsPeer::start(zone).await;
    let settings = format!("{}concurrency = {concurrency}\n", peer.settings());
    let settings = Settings::from_toml("providers.cymru", &settings);
    let registry = Registry::linked()?;
    let ProviderSetup::Ready(provider) = (registry.provider("cymru")?.build)(&settings)? else {
        return Err("not configured".into());
    };
    let all: Vec<Address> = addresses().collect();
    let started = Instant::now();
    let mut found = 0;
    // As the cascade asks: batches of the provider's size, one after the other.
    for batch in all.chunks(provider.capabilities().batch_size) {
        let answers = provider.look_up(batch).await;
        let is_found = |outcome: &&Outcome| matches!(outcome, Outcome::Found(_));
        found += answers.outcomes.iter().filter(is_found).count();
    }
    let elapsed = started.elapsed();
    let questions = u32::try_from(peer.asked().len())?;
    let ideal = DELAY * questions / concurrency;
    println!(
        "{found} of {ADDRESSES} addresses found with {questions} questions in {:.2} s; ideal {:.2} s, ratio {:.3}",
        elapsed.as_secs_f64(),
        ideal.as_secs_f64(),
        elapsed.as_secs_f64() / ideal.as_secs_f64()
    );
    Ok(())
}
