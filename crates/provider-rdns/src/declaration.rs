//! What the provider is called, which fields it has, and a sample of its settings.

use ipcascade_core::field::Field;
use ipcascade_core::field::FieldSource;
use ipcascade_core::provider_name::ProviderName;

/// The provider's name, that of its section and of its table of settings.
pub const NAME: ProviderName = ProviderName::new("rdns");

/// How many days an answer lasts.
pub(crate) const TTL_DAYS: i64 = 7;

/// Where the section holds the normalised fields.
pub const FIELDS: &[FieldSource] = &[FieldSource::same(Field::HOSTNAME)];

/// A sample of the settings.
pub(crate) const EXAMPLE: &str = r#"[providers.rdns]
servers = ["9.9.9.9"]           # default: the system's resolvers
timeout = 3                     # seconds
concurrency = 256               # names at once
# ttl_days = 7                  # how long an answer lasts
# not_found_ttl_days = 1
"#;
