//! What the provider is called, which fields it has, and a sample of its settings.

use ipcascade_core::field::Field;
use ipcascade_core::field::FieldSource;
use ipcascade_core::old_keys::OldKey;
use ipcascade_core::provider_name::ProviderName;

/// The name of the provider, of its section and of its table in the configuration.
pub const NAME: ProviderName = ProviderName::new("lists");

/// Where its sections hold the normalised fields that presets set; the settings may name others.
pub const FIELDS: &[FieldSource] = &[
    FieldSource::same(Field::LISTS),
    FieldSource::same(Field::PREFIX),
    FieldSource::same(Field::CLOUD),
    FieldSource::same(Field::CLOUD_REGION),
    FieldSource::same(Field::IS_BLOCKLISTED),
    FieldSource::same(Field::IS_HOSTING),
    FieldSource::same(Field::IS_TOR),
    FieldSource::same(Field::IS_VPN),
];

pub(crate) const EXAMPLE: &str = r#"# A list for each, as many as there are.
[[providers.lists.list]]
preset = "tor"                       # aws, gcp, azure, oracle, cloudflare, firehol, spamhaus-drop, x4bnet-vpn, ...
files = ["torbulkexitlist"]

[[providers.lists.list]]
name = "partners"
files = ["partners.csv"]             # .csv, .json, or text; .gz too
address = "network"                  # the column, in JSON the path: "prefixes.*.cidr"
# delimiter = ";"                    # between columns, if not "," (in .tsv a tab)
fields = { is_partner = true }       # what a hit sets
from = { site = "site_name" }        # what it sets from another column, in JSON from a key beside
"#;

/// The keys as they were in earlier versions.
pub(crate) const OLD_KEYS: &[OldKey] = &[OldKey::TTL, OldKey::NOT_FOUND_TTL];
