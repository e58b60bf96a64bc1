//! The core of ipcascade: what an address is, what a provider and a store promise, which source
//! wins, and what becomes of each row of the inventory.
//!
//! ```
//! use ipcascade_core::{Address, Asn, special_purpose};
//!
//! let address: Address = "::ffff:192.0.2.7".parse().unwrap();
//! assert_eq!(address.to_string(), "192.0.2.7");
//! assert_eq!(special_purpose(address).unwrap().reason, "documentation");
//! assert_eq!(Asn::new(15169).unwrap().to_string(), "AS15169");
//! ```
//!
//! Providers ([`Provider`]) and stores ([`Store`]) live in crates of their own, know only this one,
//! and register themselves at link time ([`Registry`]).

pub mod address;
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
pub mod freshness;
mod guard;
pub mod home;
mod lazy_json;
pub mod lookup;
pub mod pacing;
pub mod pipeline;
pub mod policy;
pub mod provider;
pub mod provider_name;
pub mod quota;
pub mod registry;
pub mod resilience;
pub mod rir;
pub mod section;
pub mod section_keys;
pub mod settings;
pub mod special_purpose;
pub mod stop;
pub mod store;
pub mod transfer;
mod waits;

pub use inventory;
