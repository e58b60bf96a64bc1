//! The core of ipcascade: what an address is, what a provider and a store promise, which source wins, and the way of an
//! address from the input to the store.
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
//! | Part | Main types |
//! |---|---|
//! | addresses, ASNs, countries, times | [`Address`], [`Asn`], [`CountryCode`], [`Timestamp`], [`Clock`] |
//! | addresses that are not global | [`special_purpose()`], [`SpecialPurpose`], [`EmbeddedIpv4`] |
//! | what is stored of an address | [`Document`], [`Section`], [`Fields`], [`Field`] |
//! | which source wins | [`Policy`], [`Merged`], [`Audit`] |
//! | how long an answer lasts | [`Freshness`], [`DataVersion`] |
//! | asking providers | [`Provider`], [`Capabilities`], [`Outcome`], [`Cascade`], [`Step`] |
//! | what surrounds providers that go online | [`resilience`] |
//! | from the input to the store | [`Pipeline`], [`Chunk`], [`AddressUpdate`], [`Batch`] |
//! | what a store promises | [`Reader`], [`Writer`], [`Maintenance`], [`Coordination`], [`Transfer`], together [`Store`] |
//! | from one store to another | [`transfer`] |
//! | plugins and their settings | [`Registry`], [`ProviderFactory`], [`StoreFactory`], [`Settings`] |
//!
//! Providers and stores are crates of their own, know only this one (and what they share with their like), and register
//! themselves at link time. The core knows no provider, no key of a section, and no SQL.
//!
//! # Invariants
//!
//! - An [`Address`] has one spelling, that of [RFC 5952]; an IPv4-mapped IPv6 address ([RFC 4291], 2.5.5.2) is an IPv4
//!   address.
//! - An [`Asn`] is 1 to 4294967295 ([RFC 6793]); AS0 stands for none ([RFC 7607]) and is no `Asn`.
//! - An address that is not global is shown to no provider that goes online, whatever a step says.
//! - The merged view is derived from the sections each time, by the [`Policy`]; it is never stored. A section whose prefix
//!   does not contain its address is no evidence.
//! - Sections of other programs are kept as they are written, byte for byte.
//! - A failure of one provider costs none of what another has found. A provider that panics has failed.
//! - The time of an operation comes from the [`Clock`], so that output can be compared.
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
//! | a look-up | [`LookupFailure`] | [`FailureClass`]: whether and when it is worth trying again |
//! | a store | [`StoreError`] | [`StoreErrorKind`]; nothing of the failed call is left behind |
//! | a setting | [`SettingsError`] | the key in full, where it was set, what was expected |
//! | building a provider | [`BuildError`] | a setting, or a file that cannot be used |
//! | a run | [`RunError`] | what was committed before stays |
//!
//! Messages are for people, without a secret.
//!
//! [RFC 3339]: https://www.rfc-editor.org/rfc/rfc3339
//! [RFC 4291]: https://www.rfc-editor.org/rfc/rfc4291
//! [RFC 5952]: https://www.rfc-editor.org/rfc/rfc5952
//! [RFC 6793]: https://www.rfc-editor.org/rfc/rfc6793
//! [RFC 7607]: https://www.rfc-editor.org/rfc/rfc7607

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
pub use audit::{
    AsnDifferences, Audit, ComparableValue, PairCount, SourceDifference, SourceStatement, Topic,
};
pub use cascade::{
    Cascade, Deferral, Disposition, ProviderTally, Question, Renew, Resolution, Resolved, Step,
    StepResults,
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
pub use settings::{Settings, SettingsError};
pub use special_purpose::{EmbeddedIpv4, SpecialPurpose, special_purpose};
pub use stop::{Stop, Stopper};
pub use store::*;
