//! How AbuseIPDB is asked, and what its answers mean.

use ipcascade_core::address::Address;
use ipcascade_core::country::CountryCode;
use ipcascade_core::fields::Fields;
use ipcascade_core::lookup::{LookupFailure, Outcome};
use ipcascade_core::registry::{BuildError, ProviderSetup};
use ipcascade_core::setting_duration::SettingDuration;
use ipcascade_core::settings::Settings;
use ipcascade_core::settings_schema;
use ipcascade_http::{LookUp, OneByOne, Reply, copied};
use schemars::{JsonSchema, Schema};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::declaration::{FIELDS, SERVICE};

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

/// How old reports may be: 1 to 365 days.
type MaxAge = SettingDuration<DAY, { 365 * DAY }>;

const DAY: u64 = 86_400_000;
/// Unless the settings say otherwise.
const MAX_AGE: MaxAge = MaxAge::from_days(30);

/// Settings that only this service has.
#[derive(Debug, Deserialize, JsonSchema)]
struct Own {
    /// How old reports may be that count, in whole days.
    #[schemars(extend("default" = MAX_AGE))]
    max_age: Option<MaxAge>,
}

/// Returns the schema of the settings.
pub(crate) fn schema() -> Schema {
    SERVICE.schema(Some(settings_schema::of::<Own>()))
}

/// Builds the provider from its settings, `[providers.abuseipdb]`.
///
/// # Errors
///
/// If a setting is wrong, or the key file cannot be used.
pub fn build(settings: &Settings) -> Result<ProviderSetup, BuildError> {
    let max_age = settings.extract::<Own>()?.max_age.unwrap_or(MAX_AGE);
    let max_age_days = max_age.as_time_delta().num_days();
    if max_age != MaxAge::from_days(max_age_days.unsigned_abs()) {
        let expected = "expected whole days, such as \"30d\"";
        return Err(settings.invalid("max_age", expected).into());
    }
    OneByOne::build(&SERVICE, FIELDS, settings, CheckLookUp { max_age_days })
}

#[derive(Debug)]
pub(crate) struct CheckLookUp {
    pub(crate) max_age_days: i64,
}

impl LookUp for CheckLookUp {
    const OWN_KEYS: &[&str] = &["max_age"];

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
