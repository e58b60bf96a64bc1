//! Team Cymru as a provider of ipcascade: the origin AS of an address, who runs it, the announced
//! prefix, and the registry's country and allocation date, over DNS or bulk whois.
//!
//! ```
//! use ipcascade_core::registry::{ProviderSetup, Registry};
//! use ipcascade_core::settings::Settings;
//! # use ipcascade_provider_cymru as _;
//!
//! let settings = Settings::from_toml("providers.cymru", "mode = \"dns\"\n[dns]\nservers = [\"127.0.0.1:5353\"]");
//! let factory = Registry::linked().unwrap().provider("cymru").unwrap();
//! let ProviderSetup::Ready(provider) = (factory.build)(&settings).unwrap() else { unreachable!() };
//! assert!(provider.capabilities().online);
//! ```
//!
//! # What is stored
//!
//! - `asn`: the origin of the most specific prefix that holds the address. Where several AS announce
//!   it, all are in `origins` and `asn` is the lowest number: the order in which DNS gives them
//!   changes from answer to answer, and an address must not move with it.
//! - `asn_org`: the AS's name as Team Cymru writes it, the country at its end included
//!   (`GOOGLE - Google LLC, US`), since deployed databases hold it so.
//! - `country`, `registry`, `allocation_date`: of the prefix's registration. The country is not
//!   where the address is.
//! - `prefix`: the announced prefix. `peers`: the origin's upstreams, if asked for.
//!
//! An address that nobody announces is "not found".

mod answer;
mod bulk_lookup;
mod config;
mod declaration;
mod dns;
mod names;
mod parse;
mod provider;
mod question;
mod section;
mod sharing;
mod transport;
mod whois;

pub use config::{CymruConfig, DnsConfig, Mode, PaceConfig, WhoisConfig};
pub use declaration::{FIELDS, NAME};
pub use provider::build;

use crate::declaration::EXAMPLE;
use ipcascade_core::inventory;
use ipcascade_core::registry::ProviderFactory;

/// Registers the provider; linking the crate is enough.
pub const FACTORY: ProviderFactory = ProviderFactory {
    name: NAME,
    description: "Team Cymru: origin AS, prefix and registry data over DNS or bulk whois",
    example: EXAMPLE,
    online: true,
    offline_when: None,
    describes_asns: false,
    fields: FIELDS,
    configured_fields: None,
    build,
};

inventory::submit! { FACTORY }
