//! What the provider is called, which fields it has, and a sample of its settings.

use ipcascade_core::field::Field;
use ipcascade_core::field::FieldSource;
use ipcascade_core::old_keys::OldKey;
use ipcascade_core::provider_name::ProviderName;
use ipcascade_core::setting_duration::{NotFoundTtl, Ttl};

use crate::section;

/// The provider's name, that of its section and of its table of settings.
pub const NAME: ProviderName = ProviderName::new("cymru");

/// How long an answer lasts, unless the settings say otherwise.
pub(crate) const TTL: Ttl = Ttl::from_days(90);
/// How long "not found" lasts, likewise.
pub(crate) const NOT_FOUND_TTL: NotFoundTtl = NotFoundTtl::from_days(1);

/// Where the section holds the normalised fields.
pub const FIELDS: &[FieldSource] = &[
    FieldSource::same(Field::ASN),
    FieldSource::same(Field::ASN_ORG),
    FieldSource::same(Field::ORIGINS),
    FieldSource::new(Field::REGISTRY_COUNTRY, section::COUNTRY),
    FieldSource::same(Field::REGISTRY),
    FieldSource::same(Field::ALLOCATION_DATE),
    FieldSource::same(Field::PREFIX),
];

/// A sample of the settings.
pub(crate) const EXAMPLE: &str = r#"[providers.cymru]
mode = "auto"                   # "dns", "whois"; auto: many addresses by whois, few over DNS
peers = false                   # also ask for the upstream peers of IPv4 origins
# ttl = "90d"                   # how long an answer lasts
# not_found_ttl = "1d"

[providers.cymru.dns]
servers = ["9.9.9.9"]           # default: the system's resolvers
timeout = "3s"                  # for an answer
concurrency = 32                # questions at once
# rate_limit = { per_second = 200.0, burst = 50 }  # default: as `concurrency` lets them

[providers.cymru.whois]
address = "whois.cymru.com:43"
threshold = 300                 # fewer lines than this are asked for over DNS
chunk = 10000                   # lines in one session at most
pause = "1s"                    # between two sessions
timeout = "20s"                 # for the connection and each line
session_timeout = "5m"          # for a session in all
"#;

/// The keys as they were in earlier versions.
pub(crate) const OLD_KEYS: &[OldKey] = &[
    OldKey::TTL,
    OldKey::NOT_FOUND_TTL,
    OldKey::seconds("dns.timeout", "dns.timeout"),
    OldKey::seconds("whois.pause", "whois.pause"),
    OldKey::seconds("whois.timeout", "whois.timeout"),
    OldKey::seconds("whois.session_timeout", "whois.session_timeout"),
];
