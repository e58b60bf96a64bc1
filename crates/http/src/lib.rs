//! What providers that ask over HTTP have in common: where the key comes from and that it stays a secret, the settings, how
//! long to leave a service alone that asks for it, how large an answer may be, and what each status means.
//!
//! A service that is asked for one address at a time is described in a few lines: as a [`Service`], and with a [`LookUp`] that
//! says where to ask and reads the answer. [`OneByOne`] is the provider.
//!
//! ```
//! use ipcascade_core::address::Address;
//! use ipcascade_core::field::{Field, FieldSource};
//! use ipcascade_core::fields::Fields;
//! use ipcascade_core::lookup::{LookupFailure, Outcome};
//! use ipcascade_core::provider_name::ProviderName;
//! use ipcascade_core::settings::Settings;
//! use ipcascade_http::{LookUp, OneByOne, Reply, Service, copied};
//!
//! const EXAMPLE: Service = Service {
//!     name: ProviderName::new("example"),
//!     title: "Example",
//!     base_url: "https://api.example",
//!     ..Service::WITHOUT_KEY
//! };
//! const FIELDS: &[FieldSource] = &[FieldSource::same(Field::CITY)];
//!
//! #[derive(Debug)]
//! struct Example;
//!
//! impl LookUp for Example {
//!     fn call(&self, address: Address) -> String {
//!         format!("v1/city/{address}")
//!     }
//!
//!     fn read(&self, address: Address, reply: &Reply) -> Result<Outcome, LookupFailure> {
//!         let answer = reply.object_about(address, "ip")?;
//!         Ok(Outcome::found(Fields::from_iter(copied(&answer, &[("cityName", "city")]))))
//!     }
//! }
//!
//! let settings = Settings::from_toml("providers.example", "timeout_seconds = 5");
//! let built = OneByOne::build(&EXAMPLE, FIELDS, &settings, Example).unwrap();
//! # let _ = built;
//! ```
//!
//! | File | What it does |
//! |---|---|
//! | `service` | describes a service |
//! | `settings` | the settings that all have |
//! | `key` | where the key comes from, and that it stays a secret |
//! | `client` | one exchange, and what each status means |
//! | `fields` | fields from the JSON of an answer |
//! | `reply` | an answer, and whether it is one of the service about what was asked |
//! | `pause` | how long to leave a service alone |
//! | `proxy` | which proxy is in use, to be able to name it |
//! | `one_by_one` | the provider over a service that is asked for one address at a time |

mod client;
mod fields;
mod key;
mod one_by_one;
mod pause;
mod proxy;
mod reply;
mod service;
mod settings;

pub use client::Client;
pub use fields::{copied, says_something};
pub use key::{Key, deserialize_key};
pub use one_by_one::{LookUp, OneByOne, each_in_turn};
pub use reply::Reply;
pub use service::{KeyUse, Pause, Service};
pub use settings::{Common, Pace, PaceSettings, base_url, timeout};
