//! Team Cymru as a provider of ipcascade: the origin AS of an address, its name, the announced prefix, and the registry's
//! country and allocation date, over DNS or bulk whois.
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
//! # Questions and answers
//!
//! [IP to ASN mapping](https://www.team-cymru.com/ip-asn-mapping) is the source of both. Over DNS, TXT records of class IN:
//! for an address, for the upstream peers of an IPv4 one (if `peers = true`), and for an AS. Octets of IPv4 and all 32
//! nibbles of IPv6 are reversed.
//!
//! ```text
//! 31.108.90.216.origin.asn.cymru.com.  "23028 | 216.90.108.0/24 | US | arin | 1998-09-25"
//! <32 nibbles>.origin6.asn.cymru.com.  the same five fields: origins | prefix | country | registry | allocated
//! 31.108.90.216.peer.asn.cymru.com.    "701 1239 3549 | 216.90.108.0/24 | US | arin | 1998-09-25"
//! AS23028.asn.cymru.com.               "23028 | US | arin | 2002-01-04 | TEAM-CYMRU - Team Cymru Inc., US"
//! ```
//!
//! Over whois (TCP port 43), one session for many addresses, lines ended by a line feed; the server closes:
//!
//! ```text
//! begin
//! verbose
//! 216.90.108.31
//! end
//! ```
//!
//! ```text
//! Bulk mode; whois.cymru.com [2026-07-11 17:51:43 +0000]
//! 23028   | 216.90.108.31    | 216.90.108.0/24     | US | arin     | 1998-09-25 | TEAM-CYMRU - Team Cymru Inc., US
//! NA      | 192.0.2.1        | NA                  |    | other    |            | NA
//! Error: no ASN or IP match on line 7.
//! ```
//!
//! Fields are parted by `|`, the last of them may be empty or `NA`, and a name may hold a `|`. An origin field has several
//! numbers where several AS announce the prefix; several records or lines may be about one address. Lines come in any
//! order, and are matched by the address that they name. Names are UTF-8, in DNS often escaped (`\195`).
//!
//! # What is stored
//!
//! - `asn`: the origin of the most specific prefix that holds the address. Where several AS announce it, all are in
//!   `origins` and `asn` is the lowest number: the order of DNS records changes from answer to answer, and an address must
//!   not move with it.
//! - `asn_org`: the AS's name as Team Cymru writes it, the country at its end included (`GOOGLE - Google LLC, US`), since
//!   deployed databases hold it so; without control characters, 255 characters at most.
//! - `country`, `registry`, `allocation_date`: of the prefix's registration. The country is not where the address is.
//! - `prefix`: the announced prefix. `peers`: the origin's upstreams, if asked for.
//!
//! NXDOMAIN and `NA` are "not found": no AS announces the address.
//!
//! # Invariants
//!
//! - Over DNS, addresses of one /24 or /48 share a question; an answer for a more specific prefix is used only for what it
//!   covers. Fewer lines than `threshold` (300) are asked for over DNS, more over whois.
//! - An answer must be about the address: a prefix that does not contain it, a default route, AS_TRANS, private and
//!   reserved numbers are refused. "No such name" is believed of the zone only ([`ipcascade_dns::Zone`]).
//! - Nothing is asked again within four hours, in which the service renews its data. A section lasts 90 days.
//! - Whois: one session at a time of all processes on a store, 10,000 lines at most, a pause between two; lines have 8 KiB
//!   at most. A cut session is resumed three times a batch; then the service is left alone for five minutes. Times are in
//!   seconds.
//! - Both are asked unencrypted, and what they answer is not signed.
//!
//! Failures are transient where asking again may help, permanent where the text of an answer is not in this form, and the
//! upstream's where the zone's servers do not answer the resolver.

mod answer;
mod answer_cache;
mod bulk_lookup;
mod config;
mod declaration;
mod dns;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod names;
mod parse;
mod provider;
mod question;
mod section;
mod transport;
mod txt_text;
mod whois;

pub use config::{CymruConfig, DnsConfig, Mode, PaceConfig, WhoisConfig};
pub use declaration::{FIELDS, NAME};
use ipcascade_core::inventory;
use ipcascade_core::registry::ProviderFactory;
use ipcascade_core::settings_schema;
pub use provider::build;

use crate::declaration::{EXAMPLE, OLD_KEYS};

/// Registers the provider; linking the crate is enough.
pub const FACTORY: ProviderFactory = ProviderFactory {
    name: NAME,
    description: "Team Cymru: origin AS, prefix and registry data over DNS or bulk whois",
    example: EXAMPLE,
    schema: settings_schema::of::<CymruConfig>,
    old_keys: OLD_KEYS,
    online: true,
    fields: FIELDS,
    build,
    ..ProviderFactory::BASE
};

inventory::submit! { FACTORY }
