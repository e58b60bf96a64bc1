//! What the provider is called, which fields it has, and a sample of its settings.

use ipcascade_core::field::Field;
use ipcascade_core::field::FieldSource;
use ipcascade_core::provider_name::ProviderName;

/// The name of the provider, of its section and of its table in the configuration.
pub const NAME: ProviderName = ProviderName::new("exec");

/// How many days an answer lasts.
pub(crate) const TTL_DAYS: i64 = 7;

/// The normalised fields of every section; the settings name others.
pub const FIELDS: &[FieldSource] = &[FieldSource::same(Field::PREFIX)];

pub(crate) const EXAMPLE: &str = r#"[providers.exec]
command = ["python3", "owner.py"]    # run in the folder of this file
fields = ["owner"]                   # what of its answers can be merged, listed, and used in `if_missing` and `prefer`
online = true                        # false for a program that sends no address anywhere
batch_size = 10                      # addresses that it is asked for before it has to have answered
processes = 1                        # how many of it run at once
timeout_seconds = 30                 # without an answer, before it is started anew
ttl_days = 7
not_found_ttl_days = 1
"#;
