//! AbuseIPDB as a provider of ipcascade: what others have reported of an address, and how sure AbuseIPDB is that it is abusive.
//!
//! A key is needed, which is [free](https://www.abuseipdb.com/pricing) for 1,000 questions a day; the addresses with most sessions are asked for
//! first. Its [terms](https://www.abuseipdb.com/legal) do not allow to pass the data on. Where it says that an address is (`countryCode`) and whom it belongs to
//! (`isp`, `usageType`) is not its own: files know that better.
//!
//! The section has `abuse_score` (0 to 100), and the fields below under names like ours.
//!
//! ```
//! use ipcascade_core::registry::ProviderSetup;
//! use ipcascade_core::settings::Settings;
//!
//! let settings = Settings::from_toml("providers.abuseipdb", "api_key = \"0123456789abcd\"");
//! let Ok(ProviderSetup::Ready(provider)) = ipcascade_provider_abuseipdb::build(&settings) else {
//!     panic!("it needs nothing but the key")
//! };
//! assert!(provider.capabilities().scarce);
//! ```
//!
//! [The API](https://docs.abuseipdb.com/#check-endpoint).

use ipcascade_core::address::Address;
use ipcascade_core::country::CountryCode;
use ipcascade_core::field::{Field, FieldSource};
use ipcascade_core::fields::Fields;
use ipcascade_core::inventory;
use ipcascade_core::lookup::{LookupFailure, Outcome};
use ipcascade_core::provider_name::ProviderName;
use ipcascade_core::registry::{BuildError, ProviderFactory, ProviderSetup};
use ipcascade_core::settings::{Settings, SettingsError};
use ipcascade_http::{KeyUse, LookUp, OneByOne, Pace, Pause, Reply, Service, copied};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The name of the provider, of its section and of its table in the configuration.
pub const NAME: ProviderName = ProviderName::new("abuseipdb");

/// Where its sections hold the normalised fields.
pub const FIELDS: &[FieldSource] = &[
    FieldSource::same(Field::new("abuse_score")),
    FieldSource::same(Field::IS_TOR),
    FieldSource::same(Field::ISP),
    FieldSource::same(Field::COUNTRY),
];

const SERVICE: Service = Service {
    name: NAME,
    title: "AbuseIPDB",
    base_url: "https://api.abuseipdb.com/api/v2",
    key: Some(KeyUse {
        header: "key",
        prefix: "",
        variable: "ABUSEIPDB_API_KEY",
        is_needed: true,
    }),
    pace: Pace {
        per_second: 5.0,
        burst: 5,
    },
    scarce: true,
    pause: Pause::UntilMidnight,
    ttl_days: 14,
    reset_header: Some("x-ratelimit-reset"),
    ..Service::WITHOUT_KEY
};

const EXAMPLE: &str = r#"[providers.abuseipdb]
# api_key_file = "/etc/ipcascade/abuseipdb.key"    # or ABUSEIPDB_API_KEY; free for 1,000 questions a day
# max_age_days = 30                  # how old reports may be that count, up to 365
# ttl_days = 14                      # how long an answer lasts
# rate_limit = { per_second = 5.0, burst = 5 }
# base_url = "https://api.abuseipdb.com/api/v2"
"#;

inventory::submit! {
    ProviderFactory {
        name: NAME,
        description: "AbuseIPDB: what others have reported of an address (free key, 1,000 questions a day)",
        example: EXAMPLE,
        online: true,
        offline_when: None,
        describes_asns: false,
        fields: FIELDS,
        configured_fields: None,
        build,
    }
}

/// The service's names for fields, and ours.
const NAMES: &[(&str, &str)] = &[
    ("totalReports", "total_reports"),
    ("numDistinctUsers", "distinct_reporters"),
    ("lastReportedAt", "last_reported_at"),
    ("isWhitelisted", "is_whitelisted"),
    ("isTor", "is_tor"),
    ("usageType", "usage_type"),
    ("isp", "isp"),
    ("domain", "domain"),
    ("hostnames", "hostnames"),
];

/// Settings that only this service has.
#[derive(Debug, Deserialize)]
struct Own {
    max_age_days: Option<u16>,
}

/// Builds the provider from its settings, `[providers.abuseipdb]`.
///
/// # Errors
///
/// If a setting is wrong, or the key file cannot be used.
pub fn build(settings: &Settings) -> Result<ProviderSetup, BuildError> {
    let max_age_days = settings.extract::<Own>()?.max_age_days.unwrap_or(30);
    if !(1..=365).contains(&max_age_days) {
        let key = settings.key("max_age_days");
        return Err(SettingsError::invalid(&key, "expected 1 to 365 days").into());
    }
    OneByOne::build(&SERVICE, FIELDS, settings, CheckLookUp { max_age_days })
}

#[derive(Debug)]
struct CheckLookUp {
    max_age_days: u16,
}

impl LookUp for CheckLookUp {
    const OWN_KEYS: &[&str] = &["max_age_days"];

    fn call(&self, address: Address) -> String {
        let age = self.max_age_days;
        format!("check?ipAddress={address}&maxAgeInDays={age}")
    }

    fn read(&self, address: Address, reply: &Reply) -> Result<Outcome, LookupFailure> {
        let object = reply.object();
        let data = object.as_ref().and_then(|it| it.get("data")?.as_object());
        let data = data.ok_or_else(|| reply.foreign(address, "has no object `data`"))?;
        reply.check_about(address, data, "ipAddress")?;
        let unread = || reply.broken(address, "has no `abuseConfidenceScore`");
        Ok(Outcome::found(section(data).ok_or_else(unread)?))
    }
}

/// An address that was never reported is still an answer: its score is 0.
fn section(data: &Map<String, Value>) -> Option<Fields> {
    let score = data.get("abuseConfidenceScore").filter(|it| it.is_u64())?;
    let country = data.get("countryCode").and_then(CountryCode::from_json);
    let country = country.map(|code| ("country", code.as_str().into()));
    let score = [("abuse_score", score.clone())].into_iter();
    Some(score.chain(copied(data, NAMES)).chain(country).collect())
}
