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

mod address;
mod asn;
mod asn_evidence;
mod audit;
mod cascade;
mod clock;
mod country;
mod document;
mod field;
mod fields;
mod freshness;
mod guard;
mod home;
mod pipeline;
mod policy;
mod provider;
mod quota;
mod registry;
pub mod resilience;
mod rir;
mod section;
mod settings;
mod special_purpose;
mod stop;
mod store;
pub mod transfer;
mod waits;

pub use address::{Address, AddressText, ParseAddressError, canonical_network};
pub use asn::{Asn, ParseAsnError};
pub use asn_evidence::{AsnColumn, AsnEvidence, AsnFact};
pub use audit::{AsnDifferences, Audit, Difference, PairCount, Stated, Statement, Topic};
pub use cascade::{
    Cascade, Column, Deferral, Disposition, ProviderTally, Question, Renew, Resolution, Resolved,
    Step,
};
pub use clock::{Clock, Timestamp, parse_timestamp, rfc3339};
pub use country::CountryCode;
pub use document::*;
pub use field::{Field, FieldKind, FieldSource};
pub use fields::Fields;
pub use freshness::{DataVersion, Freshness};
pub use home::expand_home;
pub use inventory;
pub use pipeline::{Chunk, Pipeline, RunError, RunReport};
pub use policy::{Merged, Policy, PolicySource, Winner};
pub use provider::*;
pub use quota::Quota;
pub use registry::*;
pub use rir::Rir;
pub use section::*;
pub use settings::{Settings, SettingsError, may_hold_password};
pub use special_purpose::{EmbeddedIpv4, SpecialPurpose, special_purpose};
pub use stop::{Stop, Stopper};
pub use store::*;
