//! What the provider is called, which fields it has, and a sample of its settings.

use ipcascade_core::field::Field;
use ipcascade_core::field::FieldSource;
use ipcascade_core::old_keys::OldKey;
use ipcascade_core::provider_name::ProviderName;
use ipcascade_core::setting_duration::Ttl;
use ipcascade_http::{KeyUse, Pace, Pause, Service};

/// The name of the provider, of its section and of its table in the configuration.
pub const NAME: ProviderName = ProviderName::new("abuseipdb");

/// Where its sections hold the normalised fields.
pub const FIELDS: &[FieldSource] = &[
    FieldSource::same(Field::new("abuse_score")),
    FieldSource::same(Field::IS_TOR),
    FieldSource::same(Field::ISP),
    FieldSource::same(Field::COUNTRY),
];

pub(crate) const SERVICE: Service = Service {
    name: NAME,
    title: "AbuseIPDB",
    base_url: "https://api.abuseipdb.com/api/v2",
    key: Some(KeyUse {
        header: "key",
        prefix: "",
        variable: "ABUSEIPDB_API_KEY",
        is_needed: true,
    }),
    pace: Pace {
        per_second: 5.0,
        burst: 5,
    },
    scarce: true,
    pause: Pause::UntilMidnight,
    ttl: Ttl::from_days(14),
    reset_header: Some("x-ratelimit-reset"),
    ..Service::WITHOUT_KEY
};

pub(crate) const EXAMPLE: &str = r#"[providers.abuseipdb]
# api_key_file = "/etc/ipcascade/abuseipdb.key"    # or ABUSEIPDB_API_KEY; free for 1,000 questions a day
# max_age = "30d"                    # how old reports may be that count, up to 365
# ttl = "14d"                        # how long an answer lasts
# rate_limit = { per_second = 5.0, burst = 5 }
# base_url = "https://api.abuseipdb.com/api/v2"
"#;

/// The keys as they were in earlier versions.
pub(crate) const OLD_KEYS: &[OldKey] = &[
    OldKey::TTL,
    OldKey::NOT_FOUND_TTL,
    OldKey::seconds("timeout_seconds", "timeout"),
    OldKey::days("max_age_days", "max_age"),
];
