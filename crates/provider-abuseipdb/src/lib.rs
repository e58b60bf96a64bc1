//! AbuseIPDB as a provider of ipcascade: what others have reported of an address, and how sure AbuseIPDB is that it is
//! abusive.
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
//! # Questions and answers
//!
//! The [check endpoint](https://docs.abuseipdb.com/#check-endpoint) of version 2, one address at a time, the key in the
//! header `Key`:
//!
//! ```text
//! GET /api/v2/check?ipAddress=198.51.100.7&maxAgeInDays=30
//!
//! {"data": {"ipAddress": "198.51.100.7", "abuseConfidenceScore": 100, "totalReports": 12, "numDistinctUsers": 5,
//!           "lastReportedAt": "2026-11-01T10:00:00+00:00", "isWhitelisted": false, "isTor": false, "countryCode": "US", …}}
//! ```
//!
//! A key is needed, which is [free](https://www.abuseipdb.com/pricing) for 1,000 questions a day; the addresses with most
//! sessions are asked for first. Its [terms](https://www.abuseipdb.com/legal) do not allow to pass the data on.
//!
//! # What is stored
//!
//! | Field | Of |
//! |---|---|
//! | `abuse_score` | `abuseConfidenceScore`, 0 to 100 |
//! | `total_reports`, `distinct_reporters`, `last_reported_at` | reports within `max_age` (1 to 365 days) |
//! | `is_whitelisted`, `is_tor`, `usage_type`, `isp`, `domain`, `hostnames` | the same under their names |
//! | `country` | `countryCode` |
//!
//! Where it says that an address is and whom it belongs to is not its own: files know that better.
//!
//! # Invariants
//!
//! - That no report of an address is known is an answer as well: its score is 0. So there is no "not found".
//! - An answer names the address in `ipAddress`; one without a score is a failure.
//! - A spent quota (429) is heeded by all processes on the store until the time of `X-RateLimit-Reset`, or midnight UTC.
//! - An answer lasts 14 days. Failures are classified as [`ipcascade_http`] has it.

mod declaration;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod provider;

pub use declaration::{FIELDS, NAME};
use ipcascade_core::inventory;
use ipcascade_core::registry::ProviderFactory;
pub use provider::build;

use crate::declaration::{EXAMPLE, OLD_KEYS};

/// Registers the provider; linking the crate is enough.
pub const FACTORY: ProviderFactory = ProviderFactory {
    name: NAME,
    description: "AbuseIPDB: what others have reported of an address (free key, 1,000 questions a day)",
    example: EXAMPLE,
    schema: provider::schema,
    old_keys: OLD_KEYS,
    online: true,
    fields: FIELDS,
    build,
    ..ProviderFactory::BASE
};

inventory::submit! { FACTORY }
