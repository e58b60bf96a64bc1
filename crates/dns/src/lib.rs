//! What providers that ask DNS have in common: several servers, of which one is asked at a time, whether "no such name" is
//! to be believed, and the settings that name servers.
//!
//! | Item | What it is |
//! |---|---|
//! | [`Resolvers`], [`NoAnswer`] | servers, asked one after the other; why there is no answer |
//! | [`Zone`] | whether "there is no such name" is an answer of the zone, or of a resolver that hides it |
//! | [`ask_all`] | many questions at once; while all fail, no more than the first few are asked |
//! | [`block`](block()) | the /24 or /48 that an address shares with its neighbours |
//! | [`presentation`](presentation()) | a name as `dig` prints it ([RFC 4343]) |
//! | [`servers`], [`check_concurrency`] | settings, checked |
//!
//! ```
//! use ipcascade_core::settings::Settings;
//! use ipcascade_dns::{check_concurrency, servers};
//!
//! let settings = Settings::from_toml("providers.example", "");
//! let named = servers(&settings, "servers", &["9.9.9.9".to_owned()]).unwrap();
//! assert_eq!(named[0].to_string(), "9.9.9.9:53");
//! let wrong = check_concurrency(&settings, "concurrency", 0).unwrap_err().to_string();
//! assert!(wrong.contains("providers.example.concurrency"), "{wrong}");
//! ```
//!
//! # Invariants
//!
//! - Names are absolute: no search domain is appended, no hosts file read, nothing kept; providers keep answers themselves.
//! - Over UDP and TCP ([RFC 1035], [RFC 7766]). A server that fails is followed by the next; the one that answered is asked
//!   first from then on.
//! - "No such name" or "no such record" (NXDOMAIN, NODATA) is believed with the SOA record of the zone ([RFC 2308]), or
//!   from resolvers that have been seen to have something of the zone.
//! - SERVFAIL and time-outs, while the servers have answers for others, are the fault of those that they ask in turn
//!   ([`NoAnswer::Upstream`]): nothing is held against the servers.
//! - Answers are not validated (no DNSSEC).
//!
//! [RFC 1035]: https://www.rfc-editor.org/rfc/rfc1035
//! [RFC 2308]: https://www.rfc-editor.org/rfc/rfc2308
//! [RFC 4343]: https://www.rfc-editor.org/rfc/rfc4343
//! [RFC 7766]: https://www.rfc-editor.org/rfc/rfc7766

mod fail_fast;
mod no_such_name;
mod presentation;
mod resolvers;
mod routed_block;
mod settings;

pub use fail_fast::ask_all;
pub use no_such_name::Zone;
pub use presentation::presentation;
pub use resolvers::{NoAnswer, Resolvers};
pub use routed_block::block;
pub use settings::{check_concurrency, servers};
