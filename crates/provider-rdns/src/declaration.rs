//! What the provider is called, which fields it has, and a sample of its settings.

use ipcascade_core::field::Field;
use ipcascade_core::field::FieldSource;
use ipcascade_core::old_keys::OldKey;
use ipcascade_core::provider_name::ProviderName;
use ipcascade_core::setting_duration::{NotFoundTtl, Ttl};

/// The provider's name, that of its section and of its table of settings.
pub const NAME: ProviderName = ProviderName::new("rdns");

/// How long an answer lasts, unless the settings say otherwise.
pub(crate) const TTL: Ttl = Ttl::from_days(7);
/// How long "not found" lasts, likewise.
pub(crate) const NOT_FOUND_TTL: NotFoundTtl = NotFoundTtl::from_days(1);

/// Where the section holds the normalised fields.
pub const FIELDS: &[FieldSource] = &[FieldSource::same(Field::HOSTNAME)];

/// A sample of the settings.
pub(crate) const EXAMPLE: &str = r#"[providers.rdns]
servers = ["9.9.9.9"]           # default: the system's resolvers
timeout = "3s"                  # for an answer
concurrency = 256               # names at once
# ttl = "7d"                    # how long an answer lasts
# not_found_ttl = "1d"
"#;

/// The keys as they were in earlier versions.
pub(crate) const OLD_KEYS: &[OldKey] = &[
    OldKey::TTL,
    OldKey::NOT_FOUND_TTL,
    OldKey::seconds("timeout", "timeout"),
];
