//! IPinfo Lite as a provider of ipcascade: country, continent, AS, its name and domain, over HTTPS.
//!
//! ```
//! use ipcascade_core::registry::ProviderSetup;
//! use ipcascade_core::settings::Settings;
//!
//! let settings = Settings::from_toml("providers.ipinfo", "api_key = \"0123456789abcd\"");
//! let Ok(ProviderSetup::Ready(provider)) = ipcascade_provider_ipinfo::build(&settings) else {
//!     panic!("it needs nothing but the token")
//! };
//! assert!(provider.capabilities().online);
//! ```
//!
//! # Questions and answers
//!
//! The [Lite API](https://ipinfo.io/developers/lite-api), one address at a time, the token in the header `Authorization`,
//! never in a URL:
//!
//! ```text
//! GET /lite/8.8.8.8
//!
//! {"ip": "8.8.8.8", "asn": "AS15169", "as_name": "Google LLC", "as_domain": "google.com", "country_code": "US",
//!  "country": "United States", "continent_code": "NA", "continent": "North America"}
//! ```
//!
//! A token is needed, which is [free](https://ipinfo.io/lite); the number of questions is not limited. The data is licensed
//! under CC BY-SA 4.0, with attribution to IPinfo. The same data as a file (`ipinfo_lite.mmdb`) is read by the provider
//! `maxmind`, which sends nothing.
//!
//! # What is stored
//!
//! IPinfo's names, but for `asn`, which is a number, and `country`, which is the code (IPinfo's `country_code`), with the
//! name beside it in `country_name`. It is where the address is, not where it is registered.
//!
//! # Invariants
//!
//! - An answer names the address in `ip`; one that holds no more than that is "not found".
//! - 20 requests a second, 8 at once, unless the settings say otherwise. An answer lasts 30 days.
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
    description: "IPinfo Lite: country and AS (free token)",
    example: EXAMPLE,
    schema: || declaration::SERVICE.schema(None),
    old_keys: ipcascade_http::OLD_KEYS,
    online: true,
    fields: FIELDS,
    build,
    ..ProviderFactory::BASE
};

inventory::submit! { FACTORY }
