//! What the provider is called, which fields it has, and a sample of its settings.

use ipcascade_core::field::Field;
use ipcascade_core::field::FieldSource;
use ipcascade_core::provider_name::ProviderName;
use ipcascade_core::setting_duration::Ttl;
use ipcascade_http::{KeyUse, Pace, Service};

/// The name of the provider, of its section and of its table in the configuration.
pub const NAME: ProviderName = ProviderName::new("ipinfo");

/// Where its sections hold the normalised fields.
pub const FIELDS: &[FieldSource] = &[
    FieldSource::same(Field::ASN),
    FieldSource::new(Field::ASN_ORG, "as_name"),
    FieldSource::same(Field::COUNTRY),
    FieldSource::same(Field::COUNTRY_NAME),
];

pub(crate) const SERVICE: Service = Service {
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
    ttl: Ttl::from_days(30),
    ..Service::WITHOUT_KEY
};

pub(crate) const EXAMPLE: &str = r#"[providers.ipinfo]
# api_key_file = "/etc/ipcascade/ipinfo.token"     # or IPINFO_TOKEN; free at https://ipinfo.io/lite
# ttl = "30d"                        # how long an answer lasts
# not_found_ttl = "1d"
# concurrency = 8                    # requests at once
# timeout = "20s"                    # for one request
# rate_limit = { per_second = 20.0, burst = 20 }
# base_url = "https://api.ipinfo.io"
"#;
