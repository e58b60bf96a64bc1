//! Shodan's InternetDB as a provider of ipcascade: open ports, names, products and vulnerabilities that Shodan saw last,
//! for IPv4 addresses.
//!
//! ```
//! use ipcascade_core::registry::ProviderSetup;
//! use ipcascade_core::settings::Settings;
//!
//! let settings = Settings::from_toml("providers.shodan", "");
//! let Ok(ProviderSetup::Ready(provider)) = ipcascade_provider_shodan::build(&settings) else {
//!     panic!("it needs no settings")
//! };
//! assert!(provider.capabilities().online);
//! ```
//!
//! # Questions and answers
//!
//! [InternetDB](https://internetdb.shodan.io/), one address at a time, without a key:
//!
//! ```text
//! GET /198.51.100.7
//!
//! {"ip": "198.51.100.7", "ports": [22, 80], "hostnames": [], "cpes": ["cpe:/a:openbsd:openssh"], "tags": ["cloud"],
//!  "vulns": []}
//! ```
//!
//! An address of which it knows nothing is a 404 with `{"detail": "No information available"}`. Shodan offers it for
//! non-commercial use, renews it weekly, and asks to be written to by those who ask much: one question a second by default.
//! A vulnerability there is inferred from a version that a service shows, and not verified.
//!
//! # What is stored
//!
//! | Field | Of |
//! |---|---|
//! | `ports` | numbers of the ports that were open |
//! | `hostnames`, `tags` | as they are |
//! | `cpes` | products, by [CPE](https://nvd.nist.gov/products/cpe) name |
//! | `vulns` | [CVE](https://www.cve.org/) numbers |
//! | `is_tor`, `is_vpn`, `is_proxy`, `is_hosting` | true by its tags `tor`, `vpn`, `proxy`, `cloud`, else not there |
//!
//! # Invariants
//!
//! - An answer names the address in `ip` and has a list `ports`. Another 404 than that above is a failure and not "not
//!   found".
//! - It is never asked for IPv6. An answer lasts 7 days, "not found" one.
//! - Failures are classified as [`ipcascade_http`] has it.

use ipcascade_core::address::Address;
use ipcascade_core::field::{Field, FieldSource};
use ipcascade_core::fields::Fields;
use ipcascade_core::inventory;
use ipcascade_core::lookup::{LookupFailure, Outcome};
use ipcascade_core::provider_name::ProviderName;
use ipcascade_core::registry::{BuildError, ProviderFactory, ProviderSetup};
use ipcascade_core::settings::Settings;
use ipcascade_http::{LookUp, OneByOne, Reply, Service, copied};
use serde_json::{Map, Value};

/// The name of the provider, of its section and of its table in the configuration.
pub const NAME: ProviderName = ProviderName::new("shodan");

/// Where its sections hold the normalised fields.
pub const FIELDS: &[FieldSource] = &[
    FieldSource::same(Field::IS_TOR),
    FieldSource::same(Field::IS_VPN),
    FieldSource::same(Field::IS_PROXY),
    FieldSource::same(Field::IS_HOSTING),
    FieldSource::same(PORTS),
    FieldSource::same(VULNS),
];
/// Numbers of the ports that were open.
const PORTS: Field = Field::new("ports");
/// Vulnerabilities by their CVE numbers.
const VULNS: Field = Field::new("vulns");

/// What InternetDB says of an address that it knows nothing of. Another 404 is not an answer of its own.
const NOTHING: &str = "No information available";
const LISTS: &[(&str, &str)] = &[
    ("ports", "ports"),
    ("hostnames", "hostnames"),
    ("cpes", "cpes"),
    ("tags", "tags"),
    ("vulns", "vulns"),
];
const FLAGS: [(&str, Field); 4] = [
    ("tor", Field::IS_TOR),
    ("vpn", Field::IS_VPN),
    ("proxy", Field::IS_PROXY),
    ("cloud", Field::IS_HOSTING),
];

const SERVICE: Service = Service {
    name: NAME,
    title: "Shodan InternetDB",
    base_url: "https://internetdb.shodan.io",
    ipv4_only: true,
    ..Service::WITHOUT_KEY
};

const EXAMPLE: &str = r#"[providers.shodan]
# ttl_days = 7                       # how long an answer lasts
# not_found_ttl_days = 1
# concurrency = 1                    # requests at once
# timeout_seconds = 20               # for one request
# rate_limit = { per_second = 1.0, burst = 1 }
# base_url = "https://internetdb.shodan.io"
"#;

inventory::submit! {
    ProviderFactory {
        name: NAME,
        description: "Shodan InternetDB: open ports, vulnerabilities, names (IPv4; non-commercial use)",
        example: EXAMPLE,
        online: true,
        offline_when: None,
        describes_asns: false,
        fields: FIELDS,
        configured_fields: None,
        build,
    }
}

/// Builds the provider from its settings, `[providers.shodan]`.
///
/// # Errors
///
/// When a setting is wrong.
pub fn build(settings: &Settings) -> Result<ProviderSetup, BuildError> {
    OneByOne::build(&SERVICE, FIELDS, settings, InternetDb)
}

#[derive(Debug)]
struct InternetDb;

impl LookUp for InternetDb {
    fn call(&self, address: Address) -> String {
        address.to_string()
    }

    fn read(&self, address: Address, reply: &Reply) -> Result<Outcome, LookupFailure> {
        if reply.is_not_found {
            let detail = reply
                .object()
                .and_then(|object| object.get("detail").cloned());
            return match detail.as_ref().and_then(Value::as_str) {
                Some(NOTHING) => Ok(Outcome::NotFound),
                _ => Err(reply.foreign(address, "does not say that it knows nothing")),
            };
        }
        let fields = section(&reply.object_about(address, "ip")?);
        let fields = fields.ok_or_else(|| reply.broken(address, "has no list `ports`"))?;
        Ok(Outcome::found(fields))
    }
}

fn section(record: &Map<String, Value>) -> Option<Fields> {
    record.get("ports")?.as_array()?;
    let tags = record.get("tags").and_then(Value::as_array);
    let has = |tag: &str| tags.is_some_and(|tags| tags.iter().any(|it| it == tag));
    let flags = FLAGS.iter().filter(|(tag, _)| has(tag));
    let flags = flags.map(|(_, field)| (field.name(), Value::Bool(true)));
    Some(copied(record, LISTS).chain(flags).collect())
}
