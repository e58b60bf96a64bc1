//! The core of ipcascade: what an address is, what a provider and a store promise, which source wins, and the way of an
//! address from the input to the store.
//!
//! ```
//! use ipcascade_core::address::Address;
//! use ipcascade_core::asn::Asn;
//! use ipcascade_core::special_purpose::special_purpose;
//!
//! let address: Address = "::ffff:192.0.2.7".parse().unwrap();
//! assert_eq!(address.to_string(), "192.0.2.7");
//! assert_eq!(special_purpose(address).unwrap().reason, "documentation");
//! assert_eq!(Asn::new(15169).unwrap().to_string(), "AS15169");
//! ```
//!
//! | Modules | What they have |
//! |---|---|
//! | [`address`], [`asn`], [`country`], [`clock`] | addresses, ASNs, countries, times |
//! | [`special_purpose`] | addresses that are not global, and IPv4 addresses inside IPv6 ones |
//! | [`document`], [`section`], [`fields`], [`field`] | what is stored of an address |
//! | [`policy`], [`audit`] | which source wins a field; where sources disagree |
//! | [`freshness`], [`data_version`] | how long a section lasts |
//! | [`provider`], [`capabilities`], [`lookup`] | what a provider promises, and what it answers |
//! | [`cascade`], [`resilience`], [`pacing`], [`quota`] | asking providers, and what surrounds those that go online |
//! | [`pipeline`] | from the input to the store |
//! | [`store`] | what a store promises: five traits, the rows, batches, queries |
//! | [`transfer`] | from one store to another |
//! | [`registry`], [`settings`], [`settings_schema`], [`old_keys`] | plugins and their settings |
//! | [`limited_read`] | files that are larger than they can be |
//! | [`setting_duration`], [`setting_size`] | settings with a unit: `20s`, `7d`, `64 MiB` |
//!
//! Providers and stores are crates of their own, know only this one (and what they share with their like), and register
//! themselves at link time. The core knows no provider, no key of a section, and no SQL.
//!
//! # Invariants
//!
//! - An [`Address`](address::Address) has one spelling, that of [RFC 5952]; an IPv4-mapped IPv6 address ([RFC 4291],
//!   2.5.5.2) is an IPv4 address.
//! - An [`Asn`](asn::Asn) is 1 to 4294967295 ([RFC 6793]); AS0 stands for none ([RFC 7607]) and is no `Asn`.
//! - An address that is not global is shown to no provider that goes online, whatever a step says.
//! - The merged view is derived from the sections each time, by the [`Policy`](policy::Policy); it is never stored. A
//!   section whose prefix does not contain its address is no evidence.
//! - Sections of other programs are kept as they are written, byte for byte.
//! - A failure of one provider costs none of what another has found. A provider that panics has failed.
//! - The time of an operation comes from the [`Clock`](clock::Clock), so that output can be compared.
//!
//! # Units
//!
//! Times are UTC, to the microsecond, and are written as [RFC 3339] has it. Coordinates are degrees, radii kilometres.
//! Numbers of sessions and addresses are whole and not negative.
//!
//! # Errors
//!
//! | Of | Error | What it says beside the message |
//! |---|---|---|
//! | a look-up | [`LookupFailure`](lookup::LookupFailure) | its class: whether and when it is worth trying again |
//! | a store | [`StoreError`](store::StoreError) | its kind, what was tried, in which store, why it failed, what to do; nothing of the failed call is left behind |
//! | a setting | [`SettingsError`](settings::SettingsError) | the key in full, its value, where it was set, what was expected |
//! | building a provider | [`BuildError`](registry::BuildError) | a setting, or a [file or program](resource_error::ResourceError) that cannot be used, why, and what to do |
//! | a run | [`RunError`](pipeline::RunError) | what was committed before stays |
//!
//! Messages are for people, without a secret.
//!
//! [RFC 3339]: https://www.rfc-editor.org/rfc/rfc3339
//! [RFC 4291]: https://www.rfc-editor.org/rfc/rfc4291
//! [RFC 5952]: https://www.rfc-editor.org/rfc/rfc5952
//! [RFC 6793]: https://www.rfc-editor.org/rfc/rfc6793
//! [RFC 7607]: https://www.rfc-editor.org/rfc/rfc7607

pub mod address;
mod ask_again;
pub mod asn;
pub mod asn_description;
pub mod asn_evidence;
pub mod audit;
pub mod capabilities;
pub mod cascade;
pub mod clock;
pub mod country;
pub mod data_version;
pub mod document;
pub mod field;
pub mod fields;
pub mod file_privacy;
pub mod freshness;
mod guard;
pub mod home;
mod lazy_json;
mod lazy_members;
pub mod limited_read;
pub mod lookup;
pub mod near_miss;
pub mod old_keys;
pub mod pacing;
pub mod pipeline;
pub mod policy;
pub mod provider;
pub mod provider_name;
pub mod quota;
pub mod registry;
pub mod resilience;
pub mod resource_error;
pub mod rir;
pub mod section;
pub mod section_keys;
pub mod setting_duration;
pub mod setting_size;
mod setting_text;
pub mod settings;
pub mod settings_schema;
pub mod special_purpose;
pub mod stop;
pub mod store;
pub mod transfer;

pub use inventory;
