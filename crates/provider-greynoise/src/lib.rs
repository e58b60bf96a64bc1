//! GreyNoise as a provider of ipcascade: does an address scan the whole internet, does it belong to
//! a common business service, and what is thought of it.
//!
//! Online it speaks version 3 of the API, in the mode that the key's plan allows ([`Mode`]); offline
//! it reads a Psychic file (MMDB). It knows IPv4 only.
//!
//! An address that GreyNoise has not observed is an answer too and is kept like every other:
//! `{"noise": false, "riot": false, "observed": false}`, without a `classification`, which is what
//! GreyNoise says of addresses that it *has* seen.
//!
//! ```
//! use ipcascade_core::registry::ProviderSetup;
//! use ipcascade_core::settings::Settings;
//!
//! let settings = Settings::from_toml("providers.greynoise", r#"mode = "community""#);
//! let Ok(ProviderSetup::Ready(provider)) = ipcascade_provider_greynoise::build(&settings) else {
//!     panic!("the community mode needs no key")
//! };
//! assert!(provider.capabilities().online);
//! ```
//!
//! | File | What it does |
//! |---|---|
//! | `config` | the settings |
//! | `provider` | which call answers which question, in each mode |
//! | `api` | the calls of the service |
//! | `answer` | from the JSON of an answer to the section |
//! | `psychic` | the offline file |

mod answer;
mod api;
mod config;
mod declaration;
mod provider;
mod psychic;

pub use config::Mode;
pub use declaration::{FIELDS, NAME};
pub use provider::build;

use crate::declaration::EXAMPLE;
use ipcascade_core::inventory;
use ipcascade_core::registry::ProviderFactory;

/// Registers the provider; linking the crate is enough.
pub const FACTORY: ProviderFactory = ProviderFactory {
    name: NAME,
    description: "GreyNoise: internet scanners and common business services (IPv4)",
    example: EXAMPLE,
    online: true,
    offline_when: Some(config::is_offline),
    describes_asns: false,
    fields: FIELDS,
    configured_fields: None,
    build,
};

inventory::submit! { FACTORY }
