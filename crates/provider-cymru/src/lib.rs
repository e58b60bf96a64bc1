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
pub use provider::{CymruProvider, NAME};

/// A sample of the settings.
const EXAMPLE: &str = r#"[providers.cymru]
mode = "auto"                   # "dns", "whois"; auto: many addresses by whois, few over DNS
peers = false                   # also ask for the upstream peers of IPv4 origins
# ttl_days = 90                 # how long an answer lasts
# not_found_ttl_days = 1

[providers.cymru.dns]
servers = ["9.9.9.9"]           # default: the system's resolvers
timeout = 3                     # seconds
concurrency = 32                # questions at once
# rate_limit = { per_second = 200.0, burst = 50 }  # default: as `concurrency` lets them

[providers.cymru.whois]
address = "whois.cymru.com:43"
threshold = 300                 # fewer lines than this are asked for over DNS
chunk = 10000                   # lines in one session at most
pause = 1                       # seconds between two sessions
timeout = 20                    # seconds, for the connection and each line
session_timeout = 300           # seconds, for a session in all
"#;

ipcascade_core::inventory::submit! {
    ipcascade_core::registry::ProviderFactory {
        name: NAME,
        description: "Team Cymru: origin AS, prefix and registry data over DNS or bulk whois",
        example: EXAMPLE,
        online: true,
        offline_when: None,
        describes_asns: false,
        fields: provider::FIELDS,
        configured_fields: None,
        build: CymruProvider::build,
    }
}
