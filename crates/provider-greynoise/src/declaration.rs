//! What the provider is called, which fields it has, and a sample of its settings.

use chrono::TimeDelta;
use ipcascade_core::field::Field;
use ipcascade_core::field::FieldSource;
use ipcascade_core::provider_name::ProviderName;
use ipcascade_http::{KeyUse, Pace, Pause, Service};

/// The name of the provider, of its section and of its table in the configuration.
pub const NAME: ProviderName = ProviderName::new("greynoise");

/// The service.
pub(crate) const SERVICE: Service = Service {
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

pub(crate) const EXAMPLE: &str = r#"[providers.greynoise]
mode = "auto"                        # "community", "single", "quick", "multi"; "psychic" is offline
# api_key_file = "/etc/ipcascade/greynoise.key"    # or GREYNOISE_API_KEY; community needs none
# base_url = "https://api.greynoise.io"
# file = "psychic.mmdb"              # for mode "psychic"
# ttl = "7d"                         # how long an answer lasts
# not_found_ttl = "1d"
# batch_size = 1000                  # addresses per request, for "multi" and "auto" with a key
# concurrency = 1                    # requests at once
# timeout = "20s"                    # for one request
# rate_limit = { per_second = 5.0, burst = 5 }
"#;
