//! Shodan's InternetDB as a provider of ipcascade: open ports, names, products and vulnerabilities that Shodan saw last, for
//! IPv4 addresses.
//!
//! No key is needed. Shodan [offers it](https://internetdb.shodan.io/) for non-commercial use, renews it weekly, and asks to be
//! written to by those who ask much: one question a second by default. A vulnerability there is inferred from a version that a
//! service shows, and not verified.
//!
//! The section has what InternetDB says: `ports`, `hostnames`, `cpes`, `tags`, `vulns`. Its tags `tor`, `vpn` and `proxy` set `is_tor`, `is_vpn`
//! and `is_proxy`, its tag `cloud` sets `is_hosting`; that a tag is not there says nothing.
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
/// The open ports.
const PORTS: Field = Field::new("ports");
/// Vulnerabilities by CVE number.
const VULNS: Field = Field::new("vulns");

/// What InternetDB answers for an address it knows nothing about. Any other 404 is not an answer from it.
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
/// If a setting is wrong.
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
