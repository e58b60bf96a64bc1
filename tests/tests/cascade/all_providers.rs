//! All providers in one cascade, reordered by the configuration alone.

use std::path::Path;
use std::process::Command;

use ipcascade_testkit::peers::dns::{DnsPeer, DnsReply};
use ipcascade_testkit::peers::http::{HttpPeer, last_segment, parameter};
use ipcascade_testkit::peers::whois::WhoisPeer;
use serde_json::{Value, json};

use crate::world::{GreyNoise, Lines, Services, World, owned, zone};

/// In the MMDB file, in every list, and known to every service.
const EVERYWHERE: &str = "5.1.0.1";
/// In no file except the registry's.
const ELSEWHERE: &str = "5.2.0.1";

/// Every provider, those that work offline first.
const ALL: [&str; 11] = [
    "maxmind",
    "rir",
    "bgp",
    "lists",
    "exec",
    "cymru",
    "ipinfo",
    "greynoise",
    "shodan",
    "abuseipdb",
    "rdns",
];

/// The online services, and the peers that answer for them.
struct Peers {
    dns: DnsPeer,
    whois: WhoisPeer,
    greynoise: GreyNoise,
    ipinfo: HttpPeer,
    abuseipdb: HttpPeer,
    shodan: HttpPeer,
}

impl Peers {
    async fn start() -> Self {
        let dns = DnsPeer::start(|name, via| match name.ends_with(".in-addr.arpa.") {
            true => DnsReply::names(&["scanner.example"]),
            false => zone(name, via),
        });
        let ipinfo = HttpPeer::start(|request| {
            let ip = last_segment(request);
            (
                200,
                json!({"ip": ip, "asn": "AS64510", "as_name": "By IPinfo", "country_code": "FR", "country": "France"}),
            )
        });
        let abuseipdb = HttpPeer::start(|request| {
            let ip = parameter(request, "ipAddress");
            (
                200,
                json!({"data": {"ipAddress": ip, "abuseConfidenceScore": 42, "isTor": false, "totalReports": 7}}),
            )
        });
        let shodan = HttpPeer::start(|request| {
            (
                200,
                json!({"ip": last_segment(request), "ports": [22], "tags": ["vpn"], "vulns": []}),
            )
        });
        Self {
            dns: dns.await,
            whois: WhoisPeer::start(|_| Vec::new(), vec![Vec::new()]).await,
            greynoise: GreyNoise::sound().await,
            ipinfo: ipinfo.await,
            abuseipdb: abuseipdb.await,
            shodan: shodan.await,
        }
    }

    fn is_asked(&self) -> bool {
        let http = [&self.ipinfo, &self.abuseipdb, &self.shodan];
        !self.dns.asked().is_empty()
            || !self.greynoise.seen().is_empty()
            || http.iter().any(|peer| !peer.requests().is_empty())
    }
}

/// A world with a table for every provider, and these steps.
fn world(peers: &Peers, steps: &[&str], more: &str) -> World {
    let world = World::new();
    let uri = peers.greynoise.uri();
    let services = Services {
        dns: peers.dns.address,
        whois: peers.whois.address,
        greynoise: &uri,
    };
    let path = world.configure(services, Lines::default());
    let text = std::fs::read_to_string(path).unwrap();
    let (store, tables) = text.split_once("[[cascade.steps]]").unwrap();
    let tables = tables.split_once("[providers.maxmind]").unwrap().1;
    let steps: String = steps
        .iter()
        .map(|provider| format!("[[cascade.steps]]\nprovider = \"{provider}\"\n"))
        .collect();
    world
        .sandbox
        .write("routes", "; pyasn\n5.1.0.0/16\t64505\n");
    world.sandbox.write("vpn.txt", "5.1.0.0/24\nAS64496\n");
    let delegated = "2|ripencc|1|2|19700101|20260101|+0000\n\
        ripencc|DE|ipv4|5.0.0.0|16777216|20120907|allocated|x\nripencc|NL|asn|64496|1|20150203|allocated|x\n";
    world.sandbox.write("delegated", delegated);
    world.sandbox.write("token", "token-1\n");
    world.sandbox.write("key", "key-1\n");
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/exec/owner.py");
    let program = std::fs::read_to_string(example).unwrap();
    world
        .sandbox
        .write("owner.py", &program.replace("8.8.8.8", EVERYWHERE));
    let pace = "rate_limit = { per_second = 10000.0, burst = 1000 }";
    let python = python().display().to_string();
    let (ipinfo, abuseipdb, shodan) = (
        peers.ipinfo.uri(),
        peers.abuseipdb.uri(),
        peers.shodan.uri(),
    );
    let dns = peers.dns.address;
    world.sandbox.write(
        "ipcascade.toml",
        &format!(
            "{store}{steps}{more}\n[providers.maxmind]{tables}\n\
             [providers.rir]\nfiles = [\"delegated\"]\n\
             [providers.bgp]\nfiles = [\"routes\"]\n\
             [[providers.lists.list]]\nname = \"vpn\"\nfiles = [\"vpn.txt\"]\nfields = {{ is_vpn = true }}\n\
             [providers.exec]\ncommand = [\"{python}\", \"owner.py\"]\nfields = [\"owner\"]\nonline = false\n\
             [providers.ipinfo]\nbase_url = \"{ipinfo}\"\napi_key_file = \"token\"\n{pace}\n\
             [providers.abuseipdb]\nbase_url = \"{abuseipdb}\"\napi_key_file = \"key\"\n{pace}\n\
             [providers.shodan]\nbase_url = \"{shodan}\"\n{pace}\n\
             [providers.rdns]\nservers = [\"{dns}\"]\ntimeout = \"500ms\"\n"
        ),
    );
    world
}

/// The path of `python3`; the sandbox has no `PATH`.
fn python() -> std::path::PathBuf {
    let found = Command::new("python3")
        .args(["-c", "import sys; print(sys.executable)"])
        .output();
    let found = found.expect("python3 is needed for the example of `exec`");
    String::from_utf8(found.stdout).unwrap().trim().into()
}

/// The record of an address, as stored.
fn record(world: &World, address: &str) -> Value {
    let listed = ["ip", "list", "--format", "ndjson", "--with-sources"];
    let run = world.run(&listed).expect(0);
    let rows = run.stdout.lines();
    let rows = rows.map(|line| serde_json::from_str::<Value>(line).unwrap());
    let row = rows.into_iter().find(|row| row["address"] == address);
    row.unwrap()
}

fn said<'a>(record: &'a Value, field: &str) -> (&'a Value, &'a str) {
    let source = &record["sources"][field];
    (&record[field], source.as_str().unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_provider_says_its_part_and_the_first_one_wins() {
    let peers = Peers::start().await;
    let world = world(&peers, &ALL, "");
    let (summary, run) = world.enrich(&owned(&[EVERYWHERE, ELSEWHERE]), 0);
    let line = run.stderr.lines().next().unwrap();
    let expected = "asking maxmind, rir, bgp, lists, exec; online: cymru, ipinfo, greynoise, shodan, abuseipdb, rdns";
    assert_eq!(line, expected);
    for tally in summary["providers"].as_array().unwrap() {
        assert_eq!(tally["failed"], 0, "{tally}");
    }
    let found = record(&world, EVERYWHERE);
    for (field, value, source) in [
        ("asn", json!(64496), "maxmind"),
        ("asn_org", json!("In the file"), "maxmind"),
        ("registry", json!("ripencc"), "rir"),
        ("is_vpn", json!(true), "lists"),
        ("lists", json!(["vpn"]), "lists"),
        ("owner", json!("Google"), "exec"),
        ("country", json!("FR"), "ipinfo"),
        ("classification", json!("malicious"), "greynoise"),
        ("ports", json!([22]), "shodan"),
        ("abuse_score", json!(42), "abuseipdb"),
        ("hostname", json!("scanner.example"), "rdns"),
    ] {
        assert_eq!(said(&found, field), (&value, source), "{field}");
    }
    let run = world
        .run(&["asn", "show", "AS64496", "--format", "json"])
        .expect(0);
    let shown: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(shown["is_vpn"], true, "{shown}");
    assert_eq!(
        (&shown["registry"], &shown["registry_country"]),
        (&json!("ripencc"), &json!("NL"))
    );
    world.run(&["verify"]).expect(0);

    let (again, _) = world.enrich(&owned(&[EVERYWHERE, ELSEWHERE]), 0);
    for tally in again["providers"].as_array().unwrap() {
        assert_eq!(tally["asked"], 0, "all is fresh: {tally}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_order_is_another_winner_and_a_missing_step_asks_no_provider() {
    let peers = Peers::start().await;
    let mut reversed = ALL;
    reversed.reverse();
    let world = world(
        &peers,
        &reversed,
        "[cascade.prefer]\ncountry = [\"cymru\"]\nasn = [\"bgp\", \"ipinfo\"]\n",
    );
    world.enrich(&owned(&[EVERYWHERE, ELSEWHERE]), 0);
    let everywhere = record(&world, EVERYWHERE);
    assert_eq!(said(&everywhere, "asn"), (&json!(64505), "bgp"));
    assert_eq!(
        said(&everywhere, "asn_org"),
        (&Value::Null, ""),
        "nobody names that AS"
    );
    assert_eq!(said(&everywhere, "is_vpn"), (&json!(true), "shodan"));
    let elsewhere = record(&world, ELSEWHERE);
    assert_eq!(said(&elsewhere, "asn"), (&json!(64510), "ipinfo"));
    assert_eq!(said(&elsewhere, "asn_org"), (&json!("By IPinfo"), "ipinfo"));
    world.run(&["verify"]).expect(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn local_data_asks_no_service() {
    let peers = Peers::start().await;
    let world = world(&peers, &ALL, "");
    let filter = ["--offline", "enrich", "--no-store", EVERYWHERE];
    let run = world.run(&filter).expect(0);
    assert!(!peers.is_asked(), "{run:?}");
    for part in ["\"owner\"", "\"vpn\"", "64496"] {
        assert!(run.stdout.contains(part), "{part}: {}", run.stdout);
    }
}
