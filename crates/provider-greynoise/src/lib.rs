//! GreyNoise as a provider of ipcascade: does an address scan the whole internet, does it belong to
//! a common business service, and what is thought of it.
//!
//! Online it speaks version 3 of the API, in the mode that the key's plan allows ([`Mode`]); offline
//! it reads a Psychic file (MMDB). It knows IPv4 only.
//!
//! An address that GreyNoise has not observed is an answer too and is kept like every other:
//! `{"noise": false, "riot": false, "observed": false}`, without a `classification`, which is what
//! GreyNoise says of addresses that it *has* seen.
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
//! | File | What it does |
//! |---|---|
//! | `config` | the settings |
//! | `provider` | which call answers which question, in each mode |
//! | `api` | the calls of the service |
//! | `answer` | from the JSON of an answer to the section |
//! | `psychic` | the offline file |

mod answer;
mod api;
mod config;
mod provider;
mod psychic;

use chrono::TimeDelta;
pub use config::Mode;
use ipcascade_core::field::{Field, FieldSource};
use ipcascade_core::inventory;
use ipcascade_core::provider_name::ProviderName;
use ipcascade_core::registry::ProviderFactory;
use ipcascade_http::{KeyUse, Pace, Pause, Service};
pub use provider::build;

/// The name of the provider, of its section and of its table in the configuration.
pub const NAME: ProviderName = ProviderName::new("greynoise");

/// The service.
const SERVICE: Service = Service {
    name: NAME,
    title: "GreyNoise",
    base_url: "https://api.greynoise.io",
    key: Some(KeyUse {
        header: "key",
        prefix: "",
        variable: "GREYNOISE_API_KEY",
        is_needed: false,
    }),
    beyond_plan: "choose another `mode`",
    pace: Pace {
        per_second: 5.0,
        burst: 5,
    },
    pause: Pause::For(TimeDelta::days(1)),
    scarce: true,
    ipv4_only: true,
    ..Service::WITHOUT_KEY
};

/// Where its sections hold the normalised fields.
pub const FIELDS: &[FieldSource] = &[
    FieldSource::same(Field::NOISE),
    FieldSource::same(Field::RIOT),
    FieldSource::same(Field::CLASSIFICATION),
    FieldSource::new(Field::ACTOR, "name"),
];

const EXAMPLE: &str = r#"[providers.greynoise]
mode = "auto"                        # "community", "single", "quick", "multi"; "psychic" is offline
# api_key_file = "/etc/ipcascade/greynoise.key"    # or GREYNOISE_API_KEY; community needs none
# base_url = "https://api.greynoise.io"
# file = "psychic.mmdb"              # for mode "psychic"
# ttl_days = 7                       # how long an answer lasts
# not_found_ttl_days = 1
# batch_size = 1000                  # addresses per request, for "multi" and "auto" with a key
# concurrency = 1                    # requests at once
# timeout_seconds = 20               # for one request
# rate_limit = { per_second = 5.0, burst = 5 }
"#;

inventory::submit! {
    ProviderFactory {
        name: NAME,
        description: "GreyNoise: internet scanners and common business services (IPv4)",
        example: EXAMPLE,
        online: true,
        offline_when: Some(config::is_offline),
        describes_asns: false,
        fields: FIELDS,
        configured_fields: None,
        build: provider::build,
    }
}
