//! What the provider is called, which fields it has, and a sample of its settings.

use ipcascade_core::field::Field;
use ipcascade_core::field::FieldSource;
use ipcascade_core::provider_name::ProviderName;
use ipcascade_http::Service;

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

pub(crate) const SERVICE: Service = Service {
    name: NAME,
    title: "Shodan InternetDB",
    base_url: "https://internetdb.shodan.io",
    ipv4_only: true,
    ..Service::WITHOUT_KEY
};

pub(crate) const EXAMPLE: &str = r#"[providers.shodan]
# ttl = "7d"                         # how long an answer lasts
# not_found_ttl = "1d"
# concurrency = 1                    # requests at once
# timeout = "20s"                    # for one request
# rate_limit = { per_second = 1.0, burst = 1 }
# base_url = "https://internetdb.shodan.io"
"#;

/// The open ports.
pub(crate) const PORTS: Field = Field::new("ports");

/// Vulnerabilities by CVE number.
pub(crate) const VULNS: Field = Field::new("vulns");
