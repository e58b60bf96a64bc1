//! What the provider is called, which fields it has, and a sample of its settings.

use ipcascade_core::field::Field;
use ipcascade_core::field::FieldSource;
use ipcascade_core::old_keys::OldKey;
use ipcascade_core::provider_name::ProviderName;

/// The name of the provider, of its section and of its table in the configuration.
pub const NAME: ProviderName = ProviderName::new("rir");

/// Where its sections hold the normalised fields.
pub const FIELDS: &[FieldSource] = &[
    FieldSource::same(Field::REGISTRY),
    FieldSource::new(Field::REGISTRY_COUNTRY, "country"),
    FieldSource::same(Field::ALLOCATION_DATE),
    FieldSource::same(Field::PREFIX),
];

pub(crate) const EXAMPLE: &str = r#"[providers.rir]
files = ["nro-delegated-stats"]      # "delegated-extended" files, .gz too; no default
"#;

/// The keys as they were in earlier versions.
pub(crate) const OLD_KEYS: &[OldKey] = &[OldKey::TTL, OldKey::NOT_FOUND_TTL];
