//! What the provider is called, which fields it has, and a sample of its settings.

use ipcascade_core::field::Field;
use ipcascade_core::field::FieldSource;
use ipcascade_core::old_keys::OldKey;
use ipcascade_core::provider_name::ProviderName;
use ipcascade_core::setting_duration::{NotFoundTtl, Ttl};

/// The name of the provider, of its section and of its table in the configuration.
pub const NAME: ProviderName = ProviderName::new("exec");

/// How long an answer lasts, unless the settings say otherwise.
pub(crate) const TTL: Ttl = Ttl::from_days(7);
/// How long "not found" lasts, likewise.
pub(crate) const NOT_FOUND_TTL: NotFoundTtl = NotFoundTtl::from_days(1);

/// The normalised fields of every section; the settings name others.
pub const FIELDS: &[FieldSource] = &[FieldSource::same(Field::PREFIX)];

pub(crate) const EXAMPLE: &str = r#"[providers.exec]
command = ["python3", "owner.py"]    # run in the folder of this file
fields = ["owner"]                   # what of its answers can be merged, listed, and used in `if_missing` and `prefer`
online = true                        # false for a program that sends no address anywhere
batch_size = 10                      # addresses that it is asked for before it has to have answered
processes = 1                        # how many of it run at once
timeout = "30s"                      # without an answer, before it is started anew
ttl = "7d"
not_found_ttl = "1d"
"#;

/// The keys as they were in earlier versions.
pub(crate) const OLD_KEYS: &[OldKey] = &[
    OldKey::TTL,
    OldKey::NOT_FOUND_TTL,
    OldKey::seconds("timeout_seconds", "timeout"),
];
