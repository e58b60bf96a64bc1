//! The MaxMind provider: any MMDB file, from any publisher, for [`ipcascade_core`].
//!
//! Several files are read at once (an ASN file, a city file, an anonymous-IP file, …). What a file has is recognised from
//! its records, not from the name of its edition.
//!
//! ```
//! use ipcascade_core::registry::{ProviderSetup, Registry};
//! use ipcascade_core::settings::Settings;
//! use ipcascade_provider_maxmind as _; // links it
//!
//! let registry = Registry::linked().unwrap();
//! let maxmind = registry.providers().find(|p| p.name.as_str() == "maxmind").unwrap();
//! let settings = Settings::from_toml("providers.maxmind", "files = []");
//! assert!(matches!((maxmind.build)(&settings).unwrap(), ProviderSetup::Unconfigured(_)));
//! ```
//!
//! # The format
//!
//! [MaxMind DB], version 2: a binary search tree over the bits of an address, 24, 28 or 32 bits a record, whose leaves
//! point into a section of data, and metadata at the end. IPv4 is looked up below `::/96`. Many networks share one record,
//! which is decoded once. The library `maxminddb` opens and checks files and decodes records; the tree is walked here, for
//! sixteen addresses in step.
//!
//! # Layouts
//!
//! | Publisher | Records |
//! |---|---|
//! | [MaxMind] GeoLite2, GeoIP2 | nested: `country.iso_code`, `city.names.en`, `location.latitude`, `traits.…` |
//! | [DB-IP Lite] | as MaxMind's |
//! | [IPinfo] | flat: `asn` (`"AS15169"`), `as_name`, `country_code`; of larger files under `geo.` and `as.` |
//! | [ip-location-db] | flat: `country_code`, `city`, `state1`, `latitude`, `longitude` |
//! | others | `AS15169 Google LLC` in one text, a record that is a text, what `[providers.maxmind.fields]` names |
//!
//! An AS number may be an integer of any width or text, a coordinate a number or text, a flag a number; `-`, an empty text,
//! the countries `XX` and `ZZ`, and the place 0/0 are nothing. Names are those in `language` (`en`).
//!
//! # What is stored
//!
//! `asn`, `asn_org`, `country`, `country_name`, `city`, `latitude`, `longitude`, `accuracy_radius`, `registered_country`,
//! `is_vpn`, `is_hosting`, `is_proxy`, `is_tor` and what else records have; `prefix` is the narrowest network of all files.
//! `country` is where the address is, `registered_country` where its network is registered. Degrees are WGS 84, radii in
//! kilometres: a coordinate says little without its radius.
//!
//! # Invariants
//!
//! - Each batch is answered from one set of files. A file may be replaced while the program runs: the next batch after that
//!   is answered from the new one, and a file that cannot be read leaves the old one in use.
//! - The first file in order wins a field; what belongs to a field (the name of a country, the longitude of a latitude) is
//!   taken only from a record that agrees on it.
//! - The version is the newest build time and a mark of all files: sections are stale when it changes.
//! - An alias of 6to4 or Teredo to the IPv4 tree says nothing of an IPv6 address: "not found".
//! - Files are read into memory unless `mmap = true`; a mapped file must only ever be replaced by renaming another one over
//!   it.
//! - A damaged record is a permanent failure of its addresses, reported once for a file; a file that cannot be opened is an
//!   error of `build` that says what it seems to be.
//!
//! [DB-IP Lite]: https://db-ip.com/db/lite.php
//! [IPinfo]: https://ipinfo.io/lite
//! [ip-location-db]: https://github.com/sapics/ip-location-db
//! [MaxMind]: https://dev.maxmind.com/geoip/docs/databases
//! [MaxMind DB]: https://maxmind.github.io/MaxMind-DB/

mod bytes;
mod cache;
mod config;
mod database;
mod declaration;
mod fields;
mod layout;
mod networks;
mod normalise;
mod open_problem;
mod origins;
mod paths;
mod provider;
mod record;
mod record_value;
mod replaced_files;
mod search_tree;
mod snapshot;
mod stamp;

pub use declaration::NAME;
pub use fields::FIELDS;
use ipcascade_core::inventory;
use ipcascade_core::registry::ProviderFactory;
use ipcascade_core::settings_schema;
pub use provider::build;

use crate::declaration::{EXAMPLE, OLD_KEYS};

/// Registers the provider; linking the crate is enough.
pub const FACTORY: ProviderFactory = ProviderFactory {
    name: NAME,
    description: "MMDB files on this machine: GeoLite2, GeoIP2, DB-IP, IPinfo, ip-location-db, iplocate and others",
    example: EXAMPLE,
    schema: settings_schema::of::<config::MaxmindKeys>,
    old_keys: OLD_KEYS,
    fields: FIELDS,
    configured_fields: Some(provider::configured_fields),
    build,
    ..ProviderFactory::BASE
};

inventory::submit! { FACTORY }
