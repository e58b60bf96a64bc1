//! The MaxMind provider: any MMDB file, from any publisher, for [`ipcascade_core`].
//!
//! Several files are read at once (an ASN file, a city file, an anonymous-IP file, …). What a file
//! gives is recognised from its records, not from the name of its edition, so that GeoLite2,
//! GeoIP2, DB-IP Lite, IPinfo Lite and the files of ip-location-db and iplocate all work, as do files that
//! hold their numbers in another width or as text. `[providers.maxmind.fields]` maps what is not
//! recognised.
//!
//! ```
//! use ipcascade_core::registry::{ProviderSetup, Registry};
//! use ipcascade_core::settings::Settings;
//! use ipcascade_provider_maxmind as _; // links it
//!
//! let registry = Registry::linked().unwrap();
//! let maxmind = registry.providers().find(|p| p.name.as_str() == "maxmind").unwrap();
//! let settings = Settings::from_toml("providers.maxmind", "files = []");
//! assert!(matches!((maxmind.build)(&settings).unwrap(), ProviderSetup::Unconfigured(_)));
//! ```
//!
//! A file may be replaced while the program runs: the next batch after that is answered from the
//! new file, and each batch from one set of files. Files are read into memory unless `mmap = true`;
//! a mapped file must only ever be replaced by renaming another one over it.

mod cache;
mod config;
mod database;
mod declaration;
mod fields;
mod layout;
mod normalise;
mod open_error;
mod paths;
mod provider;
mod record;
mod search_tree;
mod snapshot;
mod stamp;
mod tree;
mod watch;

pub use declaration::NAME;
pub use fields::FIELDS;
pub use provider::build;

use crate::declaration::EXAMPLE;
use ipcascade_core::inventory;
use ipcascade_core::registry::ProviderFactory;

/// Registers the provider; linking the crate is enough.
pub const FACTORY: ProviderFactory = ProviderFactory {
    name: NAME,
    description: "MMDB files on this machine: GeoLite2, GeoIP2, DB-IP, IPinfo, ip-location-db, iplocate and others",
    example: EXAMPLE,
    online: false,
    offline_when: None,
    describes_asns: false,
    fields: FIELDS,
    configured_fields: Some(provider::configured_fields),
    build,
};

inventory::submit! { FACTORY }
