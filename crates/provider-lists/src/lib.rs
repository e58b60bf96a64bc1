//! Lists of addresses, prefixes, ranges and ASNs as a provider of ipcascade: Tor exits, clouds' ranges, VPN and block lists,
//! one's own.
//!
//! Each list is one or several files on the disk, with the fields that a hit sets. All lists that an address is on are kept, the
//! narrowest prefix first; where two set the same field, the narrower prefix wins, then the list that comes first in
//! the configuration. An entry that is an AS says something of the AS itself
//! ([`Provider::describe_asn`](ipcascade_core::provider::Provider::describe_asn)) and of none of its addresses.
//!
//! | Format | An entry is |
//! |---|---|
//! | `text` | the first word of a line: `192.0.2.7`, `192.0.2.0/24`, `192.0.2.0-192.0.2.9` (also with spaces), `AS64500`; behind `#`, `;` or `//` is a comment |
//! | `csv` | a column, or two that have the first and the last address of a range |
//! | `json` | a value at a path, such as `prefixes.*.ip_prefix`, of each of the documents that the file holds (one, or one a line) |
//!
//! Any of them may be gzipped. [Presets](#presets) know the formats of lists that many use.
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
//! # Presets
//!
//! `tor`, `aws`, `gcp`, `azure`, `oracle`, `cloudflare`, `firehol`, `spamhaus-drop`, `x4bnet-vpn` and `x4bnet-datacenter`; `preset.rs` says
//! where their files are from and what a hit sets.
//!
//! | File | What it does |
//! |---|---|
//! | `config` | the settings, checked |
//! | `preset` | the formats of well-known lists |
//! | `entry` | reads an address, a prefix, a range or an AS |
//! | `value` | reads what an entry says of a field |
//! | `file` | opens a file, unpacks it and makes its digest |
//! | `text`, `csv`, `json` | read the formats |
//! | `intake` | takes entries, and counts those that are not understood |
//! | `facts` | what entries say, each combination kept once |
//! | `table` | finds the prefixes that an address is in |
//! | `provider` | the provider |

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
mod table;
mod text;
mod value;

pub use declaration::{FIELDS, NAME};
pub use provider::build;

use crate::declaration::EXAMPLE;
use ipcascade_core::inventory;
use ipcascade_core::registry::ProviderFactory;

/// Registers the provider; linking the crate is enough.
pub const FACTORY: ProviderFactory = ProviderFactory {
    name: NAME,
    description: "Lists of addresses, prefixes, ranges and ASNs: Tor, clouds, VPNs, block lists, your own (local files)",
    example: EXAMPLE,
    online: false,
    offline_when: None,
    describes_asns: true,
    fields: FIELDS,
    configured_fields: Some(config::configured_fields),
    build,
};

inventory::submit! { FACTORY }
