//! The services that a run uses, and the program.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use ipcascade_testkit::peers::dns::{DnsPeer, DnsReply, Via};
use ipcascade_testkit::peers::whois::{WhoisPeer, by_second_octet, well};
use ipcascade_testkit::program::{Run, Sandbox};
use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, ResponseTemplate};
use xtask::mmdb::GeoLiteAsn;

/// The AS of all networks in the MMDB file.
pub(crate) const IN_FILE: u32 = 64_496;
/// The networks that the MMDB file knows.
const NETWORKS: [&str; 3] = ["198.41.0.0/24", "5.1.0.0/16", "2001:503:ba3e::/48"];

/// A request as GreyNoise received it.
#[derive(Clone, Debug)]
pub(crate) struct SeenRange {
    pub(crate) at: Instant,
    pub(crate) path: String,
    pub(crate) addresses: Vec<String>,
}

/// A GreyNoise peer that records its requests.
pub(crate) struct GreyNoise {
    server: MockServer,
    seen: Arc<Mutex<Vec<SeenRange>>>,
}

impl GreyNoise {
    pub(crate) async fn start(
        answer: impl Fn(&SeenRange) -> ResponseTemplate + Send + Sync + 'static,
    ) -> Self {
        let server = MockServer::start().await;
        let seen: Arc<Mutex<Vec<SeenRange>>> = Arc::default();
        let noted = Arc::clone(&seen);
        let respond = move |request: &Request| {
            let at = Instant::now();
            let path = request.url.path().to_owned();
            let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
            let addresses = match body["ips"].as_array() {
                Some(ips) => ips
                    .iter()
                    .map(|ip| ip.as_str().unwrap().to_owned())
                    .collect(),
                None => vec![path.rsplit('/').next().unwrap().to_owned()],
            };
            let request = SeenRange {
                at,
                path,
                addresses,
            };
            noted.lock().unwrap().push(request.clone());
            answer(&request)
        };
        Mock::given(any())
            .respond_with(respond)
            .mount(&server)
            .await;
        Self { server, seen }
    }

    pub(crate) async fn sound() -> Self {
        Self::start(verdict).await
    }

    pub(crate) async fn always(status: u16, body: Value) -> Self {
        Self::start(move |_| ResponseTemplate::new(status).set_body_json(&body)).await
    }

    pub(crate) fn uri(&self) -> String {
        self.server.uri()
    }

    pub(crate) fn seen(&self) -> Vec<SeenRange> {
        self.seen.lock().unwrap().clone()
    }

    /// The addresses asked about so far, sorted.
    pub(crate) fn asked(&self) -> Vec<String> {
        let mut asked: Vec<String> = self.seen().into_iter().flat_map(|s| s.addresses).collect();
        asked.sort();
        asked
    }
}

/// The answer of a healthy service: every address is noise.
pub(crate) fn verdict(seen: &SeenRange) -> ResponseTemplate {
    let noise = |ip: &String| {
        json!({
            "ip": ip, "noise": true, "riot": false, "classification": "malicious",
            "internet_scanner_intelligence": {"found": true, "classification": "malicious"},
            "business_service_intelligence": {"found": false},
        })
    };
    let body = match seen.path.as_str() {
        "/v3/ip" => json!({"data": seen.addresses.iter().map(noise).collect::<Vec<_>>()}),
        _ => noise(&seen.addresses[0]),
    };
    ResponseTemplate::new(200).set_body_json(body)
}

/// Team Cymru's zone: 5.0.0.0/8 and 192.33.0.0/16 by the second octet, one IPv6 network, no others.
pub(crate) fn zone(name: &str, _: Via) -> DnsReply {
    let labels: Vec<&str> = name.split('.').collect();
    if let Some(number) = labels[0].strip_prefix("as") {
        return DnsReply::texts(&[&format!(
            "{number} | DE | ripencc | 2001-01-01 | NET-{number}, DE"
        )]);
    }
    if name.ends_with("2.0.0.0.0.0.5.0.1.0.0.2.origin6.asn.cymru.com.") {
        return DnsReply::texts(&["204999 | 2001:500:2::/48 | US | arin | 2000-01-01"]);
    }
    let ["origin", "asn", "cymru", "com", ""] = labels[4..] else {
        return DnsReply::NoName;
    };
    let [_, c, b, a] = [0, 1, 2, 3].map(|i| labels[i]);
    if a != "5" && a != "192" {
        return DnsReply::NoName;
    }
    let asn = 204_500 + b.parse::<u32>().unwrap();
    DnsReply::texts(&[&format!(
        "{asn} | {a}.{b}.{c}.0/24 | DE | ripencc | 2001-01-01"
    )])
}

/// The addresses of the services of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Services<'a> {
    pub(crate) dns: SocketAddr,
    pub(crate) whois: SocketAddr,
    pub(crate) greynoise: &'a str,
}

/// All services, healthy.
pub(crate) struct Peers {
    pub(crate) dns: DnsPeer,
    pub(crate) whois: WhoisPeer,
    pub(crate) greynoise: GreyNoise,
    uri: String,
}

impl Peers {
    pub(crate) async fn sound() -> Self {
        Self::with(GreyNoise::sound().await).await
    }

    pub(crate) async fn with(greynoise: GreyNoise) -> Self {
        Self {
            dns: DnsPeer::start(zone).await,
            whois: WhoisPeer::start(by_second_octet, vec![well()]).await,
            uri: greynoise.uri(),
            greynoise,
        }
    }

    pub(crate) fn services(&self) -> Services<'_> {
        Services {
            dns: self.dns.address,
            whois: self.whois.address,
            greynoise: &self.uri,
        }
    }

    /// The first labels of the names in Team Cymru's queries, as addresses and ASes.
    pub(crate) fn origins_asked(&self) -> Vec<String> {
        let mut asked = self.dns.asked_with(".origin");
        asked.sort();
        asked
    }
}

/// The steps that `--online` enables, by name.
pub(crate) const STEPS: &str = r#"
[[cascade.steps]]
provider = "maxmind"
[[cascade.steps]]
provider = "cymru"
if_missing = ["asn"]
[[cascade.steps]]
provider = "greynoise"
"#;

/// The program in a folder with an MMDB file and a configuration.
pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
}

impl World {
    pub(crate) fn new() -> Self {
        let sandbox = Sandbox::new(env!("CARGO_BIN_EXE_ipcascade-under-test"));
        let record = GeoLiteAsn {
            autonomous_system_number: IN_FILE,
            autonomous_system_organization: "In the file".to_owned(),
        };
        let rows = NETWORKS.map(|network| (network.parse().unwrap(), record.clone()));
        let bytes = xtask::mmdb::build("GeoLite2-ASN", "test", rows.to_vec()).unwrap();
        std::fs::write(sandbox.path("asn.mmdb"), bytes).unwrap();
        Self { sandbox }
    }

    /// A world whose program uses `services`.
    pub(crate) fn with(services: Services<'_>) -> Self {
        let world = Self::new();
        world.configure(services, Lines::default());
        world
    }

    /// All services, healthy, and a world that uses them.
    pub(crate) async fn sound() -> (Peers, Self) {
        let peers = Peers::sound().await;
        let world = Self::with(peers.services());
        (peers, world)
    }

    /// Configures the program to use `services`; `cymru`, `dns` and `greynoise` are additional lines of their tables.
    pub(crate) fn configure(&self, services: Services<'_>, lines: Lines<'_>) -> PathBuf {
        let Services {
            dns,
            whois,
            greynoise,
        } = services;
        let Lines {
            cymru,
            dns: more_dns,
            greynoise: more_greynoise,
            store,
        } = lines;
        let store = store.unwrap_or("sqlite://inventory.db");
        let pace = match more_greynoise.contains("rate_limit") {
            true => "",
            false => "rate_limit = { per_second = 10000.0, burst = 1000 }",
        };
        let text = format!(
            "[store]\nurl = \"{store}\"\n\n{STEPS}\n\
             [providers.maxmind]\nfiles = [\"asn.mmdb\"]\n\n\
             [providers.cymru]\n{cymru}\n\
             [providers.cymru.dns]\nservers = [\"{dns}\"]\ntimeout = \"500ms\"\n\
             rate_limit = {{ per_second = 10000.0, burst = 1000 }}\n{more_dns}\n\
             [providers.cymru.whois]\naddress = \"{whois}\"\ntimeout = \"1s\"\nthreshold = 1000000\n\n\
             [providers.greynoise]\nbase_url = \"{greynoise}\"\ntimeout = \"1s\"\n{pace}\n\
             {more_greynoise}\n"
        );
        self.sandbox.write("ipcascade.toml", &text)
    }

    /// Runs the program while the services keep running.
    pub(crate) fn run(&self, args: &[&str]) -> Run {
        tokio::task::block_in_place(|| self.sandbox.run(args))
    }

    /// Runs the program at another time.
    pub(crate) fn run_at(&self, now: &str, args: &[&str]) -> Run {
        let variables = [("IPCASCADE_NOW", now)];
        tokio::task::block_in_place(|| self.sandbox.run_with(&variables, args))
    }

    /// Enriches `addresses`; returns the summary.
    pub(crate) fn enrich(&self, addresses: &[String], code: i32) -> (Value, Run) {
        self.sandbox.write("addresses.txt", &addresses.join("\n"));
        let run = self
            .run(&["enrich", "--format", "json", "addresses.txt"])
            .expect(code);
        (serde_json::from_str(&run.stdout).unwrap(), run)
    }

    /// What is stored about an address, without any look-up.
    pub(crate) fn stored(&self, address: &str) -> Value {
        let run = self
            .run(&["--offline", "lookup", "--format", "json", address])
            .expect(0);
        serde_json::from_str(&run.stdout).unwrap()
    }
}

/// Additional lines of the configuration.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lines<'a> {
    pub(crate) cymru: &'a str,
    pub(crate) dns: &'a str,
    pub(crate) greynoise: &'a str,
    pub(crate) store: Option<&'a str>,
}

/// The tally of a provider in a summary.
pub(crate) fn tally<'a>(summary: &'a Value, provider: &str) -> &'a Value {
    let all = summary["providers"].as_array().unwrap();
    all.iter()
        .find(|tally| tally["provider"] == provider)
        .unwrap()
}

pub(crate) fn owned(addresses: &[&str]) -> Vec<String> {
    addresses
        .iter()
        .map(|&address| address.to_owned())
        .collect()
}

/// `count` addresses from `first` on, `each` of them in every /24.
pub(crate) fn scattered(first: [u8; 2], count: u16, each: u16) -> Vec<String> {
    let [a, b] = first;
    let address = |n: u16| {
        let (block, host) = (n / each, n % each + 1);
        let octets = [
            a,
            b,
            u8::try_from(block).unwrap(),
            u8::try_from(host).unwrap(),
        ];
        IpAddr::from(octets).to_string()
    };
    (0..count).map(address).collect()
}
