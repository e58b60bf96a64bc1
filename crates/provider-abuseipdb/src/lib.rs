//! AbuseIPDB as a provider of ipcascade: what others have reported of an address, and how sure AbuseIPDB is that it is abusive.
//!
//! A key is needed, which is [free](https://www.abuseipdb.com/pricing) for 1,000 questions a day; the addresses with most sessions are asked for
//! first. Its [terms](https://www.abuseipdb.com/legal) do not allow to pass the data on. Where it says that an address is (`countryCode`) and whom it belongs to
//! (`isp`, `usageType`) is not its own: files know that better.
//!
//! The section has `abuse_score` (0 to 100), and the fields below under names like ours.
//!
//! ```
//! use ipcascade_core::registry::ProviderSetup;
//! use ipcascade_core::settings::Settings;
//!
//! let settings = Settings::from_toml("providers.abuseipdb", "api_key = \"0123456789abcd\"");
//! let Ok(ProviderSetup::Ready(provider)) = ipcascade_provider_abuseipdb::build(&settings) else {
//!     panic!("it needs nothing but the key")
//! };
//! assert!(provider.capabilities().scarce);
//! ```
//!
//! [The API](https://docs.abuseipdb.com/#check-endpoint).

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
    description: "AbuseIPDB: what others have reported of an address (free key, 1,000 questions a day)",
    example: EXAMPLE,
    online: true,
    offline_when: None,
    describes_asns: false,
    fields: FIELDS,
    configured_fields: None,
    build,
};

inventory::submit! { FACTORY }
