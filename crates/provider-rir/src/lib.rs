//! The regional registries' delegation statistics as a provider of ipcascade: which registry
//! delegated an address or an AS, when, and to which country.
//!
//! It works from files on the disk ("delegated-extended", plain or gzipped) and sends nothing. Any
//! number of files can be named; the combined one of all registries or one for each:
//!
//! - `https://ftp.ripe.net/pub/stats/ripencc/nro-stats/latest/nro-delegated-stats` (all in one)
//! - `https://ftp.ripe.net/pub/stats/<registry>/delegated-<registry>-extended-latest`, with
//!   `afrinic`, `apnic`, `arin`, `lacnic` or `ripencc` for `<registry>`
//!
//! The country is that of the registration, not the one where the address is used, and the files do
//! not say which AS announces an address: no section has one. To whom an AS itself is delegated, they do say
//! ([`Provider::describe_asn`](ipcascade_core::provider::Provider::describe_asn)); that is kept with the AS, once it is known from elsewhere.
//!
//! ```
//! use ipcascade_core::registry::ProviderSetup;
//! use ipcascade_core::settings::Settings;
//!
//! let settings = Settings::from_toml("providers.rir", "files = []");
//! let built = ipcascade_provider_rir::build(&settings).unwrap();
//! assert!(matches!(built, ProviderSetup::Unconfigured(_)), "there is no default file");
//! ```
//!
//! | File | What it does |
//! |---|---|
//! | `line` | reads one line |
//! | `file` | reads one file, and says what is wrong with it |
//! | `facts` | what the lines say of ranges, each combination kept once |
//! | `ranges` | ranges that may overlap become a table to search |
//! | `provider` | the settings and the provider |

mod declaration;
mod facts;
mod file;
mod line;
mod provider;
mod ranges;

pub use declaration::{FIELDS, NAME};
pub use provider::build;

use crate::declaration::EXAMPLE;
use ipcascade_core::inventory;
use ipcascade_core::registry::ProviderFactory;

/// Registers the provider; linking the crate is enough.
pub const FACTORY: ProviderFactory = ProviderFactory {
    name: NAME,
    description: "Registries' delegation statistics: registry, country, date (local files)",
    example: EXAMPLE,
    online: false,
    offline_when: None,
    describes_asns: true,
    fields: FIELDS,
    configured_fields: None,
    build,
};

inventory::submit! { FACTORY }
