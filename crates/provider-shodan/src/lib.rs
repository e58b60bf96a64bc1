//! Shodan's InternetDB as a provider of ipcascade: open ports, names, products and vulnerabilities that Shodan saw last,
//! for IPv4 addresses.
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
//!
//! # Questions and answers
//!
//! [InternetDB](https://internetdb.shodan.io/), one address at a time, without a key:
//!
//! ```text
//! GET /198.51.100.7
//!
//! {"ip": "198.51.100.7", "ports": [22, 80], "hostnames": [], "cpes": ["cpe:/a:openbsd:openssh"], "tags": ["cloud"],
//!  "vulns": []}
//! ```
//!
//! An address of which it knows nothing is a 404 with `{"detail": "No information available"}`. Shodan offers it for
//! non-commercial use, renews it weekly, and asks to be written to by those who ask much: one question a second by default.
//! A vulnerability there is inferred from a version that a service shows, and not verified.
//!
//! # What is stored
//!
//! | Field | Of |
//! |---|---|
//! | `ports` | numbers of the ports that were open |
//! | `hostnames`, `tags` | as they are |
//! | `cpes` | products, by [CPE](https://nvd.nist.gov/products/cpe) name |
//! | `vulns` | [CVE](https://www.cve.org/) numbers |
//! | `is_tor`, `is_vpn`, `is_proxy`, `is_hosting` | true by its tags `tor`, `vpn`, `proxy`, `cloud`, else not there |
//!
//! # Invariants
//!
//! - An answer names the address in `ip` and has a list `ports`. Another 404 than that above is a failure and not "not
//!   found".
//! - It is never asked for IPv6. An answer lasts 7 days, "not found" one.
//! - Failures are classified as [`ipcascade_http`] has it.

mod declaration;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod provider;

pub use declaration::{FIELDS, NAME};
use ipcascade_core::inventory;
use ipcascade_core::registry::ProviderFactory;
pub use provider::build;

use crate::declaration::EXAMPLE;

/// Registers the provider; linking the crate is enough.
pub const FACTORY: ProviderFactory = ProviderFactory {
    name: NAME,
    description: "Shodan InternetDB: open ports, vulnerabilities, names (IPv4; non-commercial use)",
    example: EXAMPLE,
    schema: || declaration::SERVICE.schema(None),
    old_keys: ipcascade_http::OLD_KEYS,
    online: true,
    fields: FIELDS,
    build,
    ..ProviderFactory::BASE
};

inventory::submit! { FACTORY }
