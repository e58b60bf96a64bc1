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
//! # Questions and answers
//!
//! One PTR question for each address, under the name that reverses its octets (`IN-ADDR.ARPA`, [RFC 1035], 3.5) or nibbles
//! (`IP6.ARPA`, [RFC 3596], 2.5), through the resolvers of the settings, or of the system:
//!
//! ```text
//! 4.0.41.198.in-addr.arpa.    PTR    a.root-servers.net.
//! ```
//!
//! The section holds `names` (all of them, ascending, without final dots, 16 at most) and `hostname` (the first). Names are
//! written as `dig` prints them: in lower case, with `\.` and `\027` for what is not a printable character ([RFC 4343]).
//!
//! The holder of an address chooses its names: they are a hint, no proof, and asking for them shows up in that party's
//! logs. For both reasons the provider is in no cascade unless named in it.
//!
//! # Invariants
//!
//! - "No such name" is "not found" only where it comes with an SOA record of the reverse tree ([RFC 2308]), or the
//!   resolvers have been seen to know something of it; a resolver that hides all names is a failure.
//! - A time-out is asked again once. Once three names of a /24 or /48 have had no answer, and none has, the rest of it is
//!   not asked for in this run ([`FailureClass::Upstream`](ipcascade_core::lookup::FailureClass)): nothing is held against
//!   the resolver.
//! - `timeout` is in seconds, `concurrency` a number of names at once. An answer lasts 7 days, "not found" one.
//!
//! | Item | What it is |
//! |---|---|
//! | [`build`], [`FACTORY`] | the provider, from its settings; how the program knows it |
//! | [`RdnsConfig`] | the table `[providers.rdns]` |
//!
//! [RFC 1035]: https://www.rfc-editor.org/rfc/rfc1035#section-3.5
//! [RFC 2308]: https://www.rfc-editor.org/rfc/rfc2308
//! [RFC 3596]: https://www.rfc-editor.org/rfc/rfc3596#section-2.5
//! [RFC 4343]: https://www.rfc-editor.org/rfc/rfc4343

mod config;
mod declaration;
mod lame_zones;
mod provider;

pub use config::RdnsConfig;
pub use declaration::{FIELDS, NAME};
use ipcascade_core::inventory;
use ipcascade_core::registry::ProviderFactory;
use ipcascade_core::settings_schema;
pub use provider::build;

use crate::declaration::{EXAMPLE, OLD_KEYS};

/// Registers the provider; linking the crate is enough.
pub const FACTORY: ProviderFactory = ProviderFactory {
    name: NAME,
    description: "Reverse DNS: the names of an address by its PTR records",
    example: EXAMPLE,
    schema: settings_schema::of::<RdnsConfig>,
    old_keys: OLD_KEYS,
    online: true,
    fields: FIELDS,
    build,
    ..ProviderFactory::BASE
};

inventory::submit! { FACTORY }
