//! What the provider is called, which fields it has, and a sample of its settings.

use ipcascade_core::field::Field;
use ipcascade_core::field::FieldSource;
use ipcascade_core::old_keys::OldKey;
use ipcascade_core::provider_name::ProviderName;

/// The name of the provider, of its section and of its table in the configuration.
pub const NAME: ProviderName = ProviderName::new("bgp");

/// Where its sections hold the normalised fields.
pub const FIELDS: &[FieldSource] = &[
    FieldSource::same(Field::ASN),
    FieldSource::same(Field::ORIGINS),
    FieldSource::same(Field::PREFIX),
    FieldSource::same(Field::RPKI),
    FieldSource::same(Field::RPKI_INVALID),
];

pub(crate) const EXAMPLE: &str = r#"[providers.bgp]
files = ["latest-bview.gz"]          # MRT RIB dumps, pyasn files; .gz and .bz2 too; no default
vrps = "rpki.json"                   # or a list; validated ROA payloads, for `rpki`; no default
min_peers = 2                        # an origin that fewer peers see does not count
"#;

/// The keys as they were in earlier versions.
pub(crate) const OLD_KEYS: &[OldKey] = &[OldKey::TTL, OldKey::NOT_FOUND_TTL];
