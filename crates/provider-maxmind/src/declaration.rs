//! What the provider is called, and a sample of its settings.

use ipcascade_core::old_keys::OldKey;
use ipcascade_core::provider_name::ProviderName;

/// The name of the provider: its section, its table of settings.
pub const NAME: ProviderName = ProviderName::new("maxmind");

pub(crate) const EXAMPLE: &str = r#"[providers.maxmind]
# MMDB files, in order of preference; relative to this file. --mmdb FILE on the command line.
files = ["GeoLite2-ASN.mmdb", "GeoLite2-City.mmdb"]
# Language of place names, where the files have it; English otherwise.
language = "en"
# Look for replaced files while running, at most once in this many seconds.
reload = true
reload_interval = "1s"
# Map the files instead of reading them into memory. Safe only if the files are always replaced by
# renaming: a file that is written over in place while mapped ends the program.
mmap = false
# Look up bogons (addresses that are not globally reachable: private, shared, link-local, ...) as well, in files of
# your own that say something of them. They stay marked as bogons, and count for no AS. Offline providers only.
# private = true
# Answers last until a file with a newer build; these make them last no longer than this many days.
# ttl = "90d"
# not_found_ttl = "30d"

# More fields: our name = "path.in.record" ("." is the record itself). Tried before what is recognised without it.
# The names can be used in `if_missing` and `prefer`, and are merged and listed as the others are.
# [providers.maxmind.fields]
# threat = "security.threat_level"
"#;

/// The keys as they were in earlier versions.
pub(crate) const OLD_KEYS: &[OldKey] = &[
    OldKey::TTL,
    OldKey::NOT_FOUND_TTL,
    OldKey::seconds("reload_seconds", "reload_interval"),
];
