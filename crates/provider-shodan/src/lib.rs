//! Shodan's InternetDB as a provider of ipcascade: open ports, names, products and vulnerabilities that Shodan saw last, for
//! IPv4 addresses.
//!
//! No key is needed. Shodan [offers it](https://internetdb.shodan.io/) for non-commercial use, renews it weekly, and asks to be
//! written to by those who ask much: one question a second by default. A vulnerability there is inferred from a version that a
//! service shows, and not verified.
//!
//! The section has what InternetDB says: `ports`, `hostnames`, `cpes`, `tags`, `vulns`. Its tags `tor`, `vpn` and `proxy` set `is_tor`, `is_vpn`
//! and `is_proxy`, its tag `cloud` sets `is_hosting`; that a tag is not there says nothing.
//!
//! ```
//! use ipcascade_core::registry::ProviderSetup;
//! use ipcascade_core::settings::Settings;
//!
//! let settings = Settings::from_toml("providers.shodan", "");
//! let Ok(ProviderSetup::Ready(provider)) = ipcascade_provider_shodan::build(&settings) else {
//!     panic!("it needs no settings")
//! };
//! assert!(provider.capabilities().online);
//! ```

mod declaration;
mod provider;

pub use declaration::{FIELDS, NAME};
pub use provider::build;

use crate::declaration::EXAMPLE;
use ipcascade_core::inventory;
use ipcascade_core::registry::ProviderFactory;

/// Registers the provider; linking the crate is enough.
pub const FACTORY: ProviderFactory = ProviderFactory {
    name: NAME,
    description: "Shodan InternetDB: open ports, vulnerabilities, names (IPv4; non-commercial use)",
    example: EXAMPLE,
    online: true,
    offline_when: None,
    describes_asns: false,
    fields: FIELDS,
    configured_fields: None,
    build,
};

inventory::submit! { FACTORY }
