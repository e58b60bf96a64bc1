//! GreyNoise as a provider of ipcascade: whether an address scans the whole internet, whether it belongs to a common
//! business service, and what is thought of it. IPv4 only.
//!
//! ```
//! use ipcascade_core::registry::ProviderSetup;
//! use ipcascade_core::settings::Settings;
//!
//! let settings = Settings::from_toml("providers.greynoise", r#"mode = "community""#);
//! let Ok(ProviderSetup::Ready(provider)) = ipcascade_provider_greynoise::build(&settings) else {
//!     panic!("the community mode needs no key")
//! };
//! assert!(provider.capabilities().online);
//! ```
//!
//! # Questions and answers
//!
//! Version 3 of the [API](https://docs.greynoise.io/) ([OpenAPI](https://api.greynoise.io/v3/openapi.yaml)), in the mode
//! that the key's plan allows; the key is sent in the header `key`. Offline, a
//! [Psychic](https://docs.greynoise.io/docs/psychic) file (MMDB).
//!
//! | [`Mode`] | Call | An answer |
//! |---|---|---|
//! | `Community` | `GET /v3/community/{ip}` | `{"ip", "noise", "riot", "classification", "name", "link", "last_seen"}` |
//! | `Single` | `GET /v3/ip/{ip}` | a record, see below |
//! | `Quick` | `GET /v3/ip/{ip}?quick=true` | `found`, `classification`, `trust_level` of the two parts |
//! | `Multi` | `POST /v3/ip`, `{"ips": […]}`, up to 10,000 | `data`: records; `request_metadata.ips_not_found` |
//! | `Auto` | `Multi` with a key, if its plan has that, else `Community` | |
//! | `Psychic` | none: nothing is sent | |
//!
//! A record has two parts: `internet_scanner_intelligence` (`found`, `classification`, `actor`, `tags`, `cves`,
//! `first_seen`, `last_seen`, `metadata`, …) and `business_service_intelligence` (`found`, `name`, `category`,
//! `trust_level`, …). A status 206 says that the plan withholds fields (`request_metadata.restricted_fields`).
//!
//! # What is stored
//!
//! `noise` and `riot` (the `found` of the two parts), `classification`, `name` (the actor or the service), `last_seen`,
//! `observed`, and more of the record where the plan has it; `withheld` names what it has not. `classification` is an open
//! set: `benign`, `malicious`, `unknown`, …
//!
//! An address that GreyNoise has not observed is an answer too and is kept like every other: `{"noise": false, "riot":
//! false, "observed": false}`, without a `classification`, which is what GreyNoise says of addresses that it *has* seen.
//!
//! # Invariants
//!
//! - An answer must name the address. A 404 is "not observed" only where it says `noise: false` and `riot: false` of it.
//! - No call is spent on IPv6. The addresses with most sessions are asked for first.
//! - How many questions a plan has is learnt from the answers: 429 is a spent quota, kept for all processes on the store
//!   until the time that it names, or a day.
//! - A request that is refused for one of its addresses is halved until that one is alone, 64 requests a batch at most.
//! - An answer has 4 MiB at most, one for many addresses 128 MiB. It lasts 7 days.
//!
//! | File | What it does |
//! |---|---|
//! | `declaration` | its name, and where its sections hold normalised fields |
//! | `config` | the settings |
//! | `provider` | which call answers which question, in each mode |
//! | `api` | the calls of the service |
//! | `answer` | from the JSON of an answer to the section |
//! | `psychic` | the offline file |

mod answer;
mod api;
mod config;
mod declaration;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod ipv6;
mod provider;
mod psychic;

pub use config::Mode;
pub use declaration::{FIELDS, NAME};
use ipcascade_core::inventory;
use ipcascade_core::registry::ProviderFactory;
pub use provider::build;

use crate::declaration::EXAMPLE;

/// Registers the provider; linking the crate is enough.
pub const FACTORY: ProviderFactory = ProviderFactory {
    name: NAME,
    description: "GreyNoise: internet scanners and common business services (IPv4)",
    example: EXAMPLE,
    schema: config::schema,
    old_keys: ipcascade_http::OLD_KEYS,
    online: true,
    offline_when: Some(config::is_offline),
    fields: FIELDS,
    build,
    ..ProviderFactory::BASE
};

inventory::submit! { FACTORY }
