//! Reverse DNS as a provider of ipcascade: the names that an address has by its PTR records.
//!
//! ```
//! use ipcascade_core::registry::{ProviderSetup, Registry};
//! use ipcascade_core::settings::Settings;
//! # use ipcascade_provider_rdns as _;
//!
//! let settings = Settings::from_toml("providers.rdns", "servers = [\"127.0.0.1:5353\"]");
//! let factory = Registry::linked().unwrap().provider("rdns").unwrap();
//! let ProviderSetup::Ready(provider) = (factory.build)(&settings).unwrap() else { unreachable!() };
//! assert!(provider.capabilities().online);
//! ```
//!
//! The section holds `names` (all of them, in order, without final dots) and `hostname` (the first).
//! Whoever runs an address chooses its names: they are a hint, no proof, and asking for them shows
//! up in that party's logs. For both reasons the provider is in no cascade unless named in it.

mod config;
mod declaration;
mod lame;
mod provider;

pub use config::RdnsConfig;
pub use declaration::{FIELDS, NAME};
pub use provider::build;

use crate::declaration::EXAMPLE;
use ipcascade_core::inventory;
use ipcascade_core::registry::ProviderFactory;

/// Registers the provider; linking the crate is enough.
pub const FACTORY: ProviderFactory = ProviderFactory {
    name: NAME,
    description: "Reverse DNS: the names of an address by its PTR records",
    example: EXAMPLE,
    online: true,
    offline_when: None,
    describes_asns: false,
    fields: FIELDS,
    configured_fields: None,
    build,
};

inventory::submit! { FACTORY }
