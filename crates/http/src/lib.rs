//! What providers that ask over HTTP have in common: where the key comes from and that it stays a secret, the settings, how
//! long to leave a service alone that asks for it, how large an answer may be, and what each status means.
//!
//! A service that is asked for one address at a time is described in a few lines: as a [`Service`], and with a [`LookUp`]
//! that says where to ask and reads the answer. [`OneByOne`] is the provider.
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
//! let settings = Settings::from_toml("providers.example", "timeout = \"5s\"");
//! let built = OneByOne::build(&EXAMPLE, FIELDS, &settings, Example).unwrap();
//! # let _ = built;
//! ```
//!
//! | Type | What it is |
//! |---|---|
//! | [`Service`], [`KeyUse`], [`Pause`] | a service, as its documentation describes it |
//! | [`LookUp`], [`OneByOne`] | the provider over a service that is asked for one address at a time |
//! | [`Client`], [`Reply`] | one exchange; an answer, and whether it is one of the service about what was asked |
//! | [`ApiKey`] | where the key comes from: `api_key`, `api_key_file`, the environment |
//! | [`Common`], [`Pace`], [`PaceSettings`] | the settings that all services have |
//!
//! # What a status means
//!
//! | Status ([RFC 9110]) | Outcome |
//! |---|---|
//! | 200, 206 | an answer, if it names the address |
//! | 404 | an answer only where the service says in it that it knows nothing |
//! | 408, 425, 5xx | transient; rate limited if a pause is asked for |
//! | 429 | rate limited, or the quota is spent if the pause is longer than a minute ([RFC 6585]) |
//! | 401, 402, 403, 405, 3xx | unusable for the rest of the run |
//! | other | permanent |
//!
//! Until when: `retry_after` or `reset` in the body, `Retry-After`, the service's own header, or its usual pause; a time
//! more than 31 days ahead is taken for a mistake.
//!
//! # Invariants
//!
//! - Redirects are not followed: the key is sent to `base_url` alone, in a header that is marked as sensitive.
//! - An answer about another address, or that names none, is a failure and not "not found".
//! - An answer for an address has at most 4 MiB, counted when unpacked; what a service says of an error is cut, escaped,
//!   and without the key.
//! - Every exchange waits for the pacer, which processes on one store share, and ends with `timeout`.
//!
//! [RFC 6585]: https://www.rfc-editor.org/rfc/rfc6585#section-4
//! [RFC 9110]: https://www.rfc-editor.org/rfc/rfc9110#section-15

mod client;
mod fields;
mod key;
mod one_by_one;
mod pause;
mod proxy;
mod reply;
mod schema;
mod service;
mod settings;

pub use client::Client;
pub use fields::{copied, says_something};
pub use key::{ApiKey, deserialize_key};
pub use one_by_one::{LookUp, OneByOne, each_in_turn};
pub use reply::Reply;
pub use service::{KeyUse, Pace, Pause, Service};
pub use settings::{Common, OLD_KEYS, PaceSettings, base_url};
