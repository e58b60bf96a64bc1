//! Conformance kits: what every provider must do, and what every store must do, as tests.
//!
//! | Feature | What it adds |
//! |---|---|
//! | (none) | [`checks`] of providers, [`Subject`], [`provider_conformance!`] |
//! | `peers` | module `peers`: servers for DNS, whois and HTTP on loopback that keep to a script and misbehave |
//! | `store` | module `store`: `StoreSubject`, `store_conformance!`, cases, a model, the memory store as oracle |
//! | `postgres` | module `postgres`: a server, and a pooler, that are thrown away |
//! | `program` | module `program`: runs of a built program in a folder of its own |
//!
//! # Invariants
//!
//! - A check can fail: the kit's own tests hand it providers with one fault each.
//! - Nothing is sent past loopback. On Linux, checks of offline providers run in a process that the kernel ends if it
//!   opens a socket of the internet, or makes a thread sleep.
//! - A check panics with what is wrong, and does not sleep to wait.
//! - Where PostgreSQL is not installed, its tests are skipped and say so; with `CI=true` that is a failure.
//!
//! # Providers
//!
//! A provider's test file describes it once, as a [`Subject`], and names the function that does so:
//!
//! ```
//! use ipcascade_testkit::{Known, Subject, WrongSettings, provider_conformance};
//! # use ipcascade_core::provider_name::ProviderName;
//! # use ipcascade_core::registry::{BuildError, ProviderFactory, ProviderSetup};
//! # use ipcascade_core::settings::Settings;
//! # fn build(_: &Settings) -> Result<ProviderSetup, BuildError> { Ok(ProviderSetup::Unconfigured(String::new())) }
//! # static FACTORY: ProviderFactory = ProviderFactory {
//! #     name: ProviderName::new("x"), build, ..ProviderFactory::BASE
//! # };
//!
//! async fn subject() -> Subject {
//!     Subject::new(&FACTORY, "files = [\"labels.csv\"]")
//!         .known(Known::new("198.41.0.4", [("label", "root server")]))
//!         .known(Known::new("2001:503:ba3e::2:30", [("label", "root server")]))
//!         .unknown("192.33.4.12")
//!         .wrong_settings(WrongSettings::new("files = 7", "files"))
//! }
//!
//! provider_conformance!(subject());
//! # fn main() {}
//! ```
//!
//! [`provider_conformance!`] declares one test for each function of [`checks`]; the functions can be
//! called one by one as well. An online provider is described with the settings that lead it to a
//! server of the test's own on the loopback interface ([`Subject::keep`] holds it), and with
//! [`Failing`] settings that lead it to servers that misbehave.
//!
//! # Stores
//!
//! With the feature `store`, the module `store` has the kit for them. A store's test file says what an
//! empty database is, as a `store::StoreSubject`, and names the function that makes one. Here it is the memory
//! store's:
//!
#![cfg_attr(feature = "store", doc = "```")]
#![cfg_attr(not(feature = "store"), doc = "```ignore")]
//! use ipcascade_testkit::store::{MemorySubject, StoreSubject};
//! use ipcascade_testkit::store_conformance;
//!
//! async fn fresh() -> Option<Box<dyn StoreSubject>> {
//!     Some(Box::new(MemorySubject::default()))
//! }
//!
//! store_conformance!(fresh: recording sessions statistics counts);
//! # fn main() {}
//! ```
//!
//! With the feature `postgres`, the module `postgres` starts a PostgreSQL server that is thrown away at the end.

#![cfg_attr(
    any(feature = "peers", feature = "program", feature = "store"),
    expect(
        clippy::unwrap_used,
        reason = "what cannot be set up makes the test fail, as it must"
    )
)]

pub mod checks;
mod confined_process;
mod conformance;
mod declarations;
#[cfg(feature = "peers")]
pub mod peers;
#[cfg(feature = "postgres")]
pub mod postgres;
#[cfg(feature = "program")]
pub mod program;
mod recorder;
#[cfg(feature = "store")]
pub mod store;
mod subject;

pub use subject::{ExpectedClass, Failing, Known, Subject, WrongSettings};
#[doc(hidden)]
pub use tokio;
