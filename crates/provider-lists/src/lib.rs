//! Lists of addresses, prefixes, ranges and ASNs as a provider of ipcascade: Tor exits, clouds' ranges, VPN and block
//! lists, one's own.
//!
//! Each list is one or several files on the disk, with the fields that a hit sets. All lists that an address is on are
//! kept, the narrowest prefix first. An entry that is an AS says something of the AS itself
//! ([`Provider::describe_asn`](ipcascade_core::provider::Provider::describe_asn)) and of none of its addresses.
//!
//! ```
//! use ipcascade_core::registry::ProviderSetup;
//! use ipcascade_core::settings::Settings;
//!
//! let settings = Settings::from_toml("providers.lists", "");
//! let built = ipcascade_provider_lists::build(&settings).unwrap();
//! assert!(matches!(built, ProviderSetup::Unconfigured(_)), "there is no default list");
//! ```
//!
//! # Formats
//!
//! | Format | An entry is |
//! |---|---|
//! | `text` | the first word of a line: `192.0.2.7`, `192.0.2.0/24`, `192.0.2.0-192.0.2.9`, `AS64500` |
//! | `csv` | a column, or two that have the first and the last address of a range ([RFC 4180]) |
//! | `json` | a value at a path, such as `prefixes.*.ip_prefix`, of each document of the file ([RFC 8259]) |
//!
//! A file has one JSON document, or several one after the other. In text, `#`, `;` and `//` begin comments. Any may be
//! gzipped. Presets know the formats of lists that many use:
//!
//! | Preset | Source |
//! |---|---|
//! | `tor` | <https://check.torproject.org/torbulkexitlist> |
//! | `aws` | <https://ip-ranges.amazonaws.com/ip-ranges.json> |
//! | `gcp` | <https://www.gstatic.com/ipranges/cloud.json> |
//! | `azure` | <https://www.microsoft.com/en-us/download/details.aspx?id=56519> |
//! | `oracle` | <https://docs.oracle.com/en-us/iaas/tools/public_ip_ranges.json> |
//! | `cloudflare` | <https://www.cloudflare.com/ips-v4>, <https://www.cloudflare.com/ips-v6> |
//! | `firehol` | <https://iplists.firehol.org/> |
//! | `spamhaus-drop` | <https://www.spamhaus.org/drop/drop_v4.json>, `drop_v6.json` |
//! | `x4bnet-vpn`, `x4bnet-datacenter` | <https://github.com/X4BNet/lists_vpn> |
//!
//! # Invariants
//!
//! - Where two lists set the same field, the narrower prefix wins, then the list that comes first in the configuration;
//!   each hit is kept with its prefix and what it says.
//! - An entry that is not understood is passed over, counted and named with file and line; a value that its field cannot
//!   have is left out, and the hit stays. A file of which none is understood, an empty one, JSON and gzip that were cut
//!   off, and tables with a quote that is not closed are errors of `build`.
//! - An entry that holds every address (a prefix of length 0) is refused. A line of text has 64 KiB at most.
//! - The version is the newest time of writing and a digest of all files; sections last 7 days at most.
//!
//! | File | What it does |
//! |---|---|
//! | `declaration` | its name, and where its sections hold normalised fields |
//! | `keys`, `config`, `preset` | the settings as they are written; checked; the formats of well-known lists |
//! | `entry`, `value` | read an address, a prefix, a range or an AS; what an entry says of a field |
//! | `file` | opens a file, unpacks it and makes its digest |
//! | `text`, `csv`, `json` | read the formats |
//! | `intake` | takes entries, and counts those that are not understood |
//! | `facts`, `table` | what entries say, each combination kept once; finds the prefixes that an address is in |
//! | `provider` | the provider |
//!
//! [RFC 4180]: https://www.rfc-editor.org/rfc/rfc4180
//! [RFC 8259]: https://www.rfc-editor.org/rfc/rfc8259

mod config;
mod csv;
mod declaration;
mod entry;
mod facts;
mod file;
mod intake;
mod json;
mod preset;
mod provider;
mod settings_form;
mod table;
mod text;
mod value;

pub use declaration::{FIELDS, NAME};
use ipcascade_core::inventory;
use ipcascade_core::registry::ProviderFactory;
use ipcascade_core::settings_schema;
pub use provider::build;

use crate::declaration::{EXAMPLE, OLD_KEYS};

/// Registers the provider; linking the crate is enough.
pub const FACTORY: ProviderFactory = ProviderFactory {
    name: NAME,
    description: "Lists of addresses, prefixes, ranges and ASNs: Tor, clouds, VPNs, block lists, your own (local files)",
    example: EXAMPLE,
    schema: settings_schema::of::<settings_form::ListsKeys>,
    old_keys: OLD_KEYS,
    describes_asns: true,
    fields: FIELDS,
    configured_fields: Some(config::configured_fields),
    build,
    ..ProviderFactory::BASE
};

inventory::submit! { FACTORY }
