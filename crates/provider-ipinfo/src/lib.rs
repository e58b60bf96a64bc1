//! IPinfo Lite as a provider of ipcascade: country, continent, AS, its name and domain, over HTTPS.
//!
//! A token is needed, which is [free](https://ipinfo.io/lite); the number of questions is not limited. The data is licensed under CC BY-SA 4.0, with
//! attribution to IPinfo. The same data as a file (`ipinfo_lite.mmdb`) is read by the provider `maxmind`, without sending any address to anybody.
//!
//! The section has IPinfo's names, but for `asn`, which is a number, and `country`, which is the code (IPinfo's `country_code`), with the name beside it in
//! `country_name`. It is where the address is, not where it is registered.
//!
//! ```
//! use ipcascade_core::registry::ProviderSetup;
//! use ipcascade_core::settings::Settings;
//!
//! let settings = Settings::from_toml("providers.ipinfo", "api_key = \"0123456789abcd\"");
//! let Ok(ProviderSetup::Ready(provider)) = ipcascade_provider_ipinfo::build(&settings) else {
//!     panic!("it needs nothing but the token")
//! };
//! assert!(provider.capabilities().online);
//! ```
//!
//! [The API](https://ipinfo.io/developers/lite-api).

use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::country::CountryCode;
use ipcascade_core::field::{Field, FieldSource};
use ipcascade_core::fields::Fields;
use ipcascade_core::inventory;
use ipcascade_core::lookup::{LookupFailure, Outcome};
use ipcascade_core::provider_name::ProviderName;
use ipcascade_core::registry::{BuildError, ProviderFactory, ProviderSetup};
use ipcascade_core::settings::Settings;
use ipcascade_http::{KeyUse, LookUp, OneByOne, Pace, Reply, Service, copied};
use serde_json::{Map, Value};

/// The name of the provider, of its section and of its table in the configuration.
pub const NAME: ProviderName = ProviderName::new("ipinfo");

/// Where its sections hold the normalised fields.
pub const FIELDS: &[FieldSource] = &[
    FieldSource::same(Field::ASN),
    FieldSource::new(Field::ASN_ORG, "as_name"),
    FieldSource::same(Field::COUNTRY),
    FieldSource::same(Field::COUNTRY_NAME),
];

const SERVICE: Service = Service {
    name: NAME,
    title: "IPinfo",
    base_url: "https://api.ipinfo.io",
    key: Some(KeyUse {
        header: "authorization",
        prefix: "Bearer ",
        variable: "IPINFO_TOKEN",
        is_needed: true,
    }),
    pace: Pace {
        per_second: 20.0,
        burst: 20,
    },
    concurrency: 8,
    ttl_days: 30,
    ..Service::WITHOUT_KEY
};

const EXAMPLE: &str = r#"[providers.ipinfo]
# api_key_file = "/etc/ipcascade/ipinfo.token"     # or IPINFO_TOKEN; free at https://ipinfo.io/lite
# ttl_days = 30                      # how long an answer lasts
# not_found_ttl_days = 1
# concurrency = 8                    # requests at once
# timeout_seconds = 20               # for one request
# rate_limit = { per_second = 20.0, burst = 20 }
# base_url = "https://api.ipinfo.io"
"#;

inventory::submit! {
    ProviderFactory {
        name: NAME,
        description: "IPinfo Lite: country and AS (free token)",
        example: EXAMPLE,
        online: true,
        offline_when: None,
        describes_asns: false,
        fields: FIELDS,
        configured_fields: None,
        build,
    }
}

/// Builds the provider from its settings, `[providers.ipinfo]`.
///
/// # Errors
///
/// If a setting is wrong, or the token file cannot be used.
pub fn build(settings: &Settings) -> Result<ProviderSetup, BuildError> {
    OneByOne::build(&SERVICE, FIELDS, settings, Lite)
}

#[derive(Debug)]
struct Lite;

impl LookUp for Lite {
    fn call(&self, address: Address) -> String {
        format!("lite/{address}")
    }

    fn read(&self, address: Address, reply: &Reply) -> Result<Outcome, LookupFailure> {
        let fields = section(&reply.object_about(address, "ip")?);
        Ok(match fields.is_empty() {
            true => Outcome::NotFound,
            false => Outcome::found(fields),
        })
    }
}

fn section(record: &Map<String, Value>) -> Fields {
    const NAMES: &[(&str, &str)] = &[
        ("as_name", "as_name"),
        ("as_domain", "as_domain"),
        ("country", "country_name"),
        ("continent_code", "continent_code"),
        ("continent", "continent"),
    ];
    let asn = record.get("asn").and_then(Asn::from_json);
    let asn = asn.map(|asn| ("asn", asn.get().into()));
    let country = record.get("country_code").and_then(CountryCode::from_json);
    let country = country.map(|code| ("country", code.as_str().into()));
    let read = asn.into_iter().chain(country);
    read.chain(copied(record, NAMES)).collect()
}
