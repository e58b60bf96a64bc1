//! How IPinfo Lite is asked, and what its answers mean.

use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::country::CountryCode;
use ipcascade_core::fields::Fields;
use ipcascade_core::lookup::{LookupFailure, Outcome};
use ipcascade_core::registry::{BuildError, ProviderSetup};
use ipcascade_core::settings::Settings;
use ipcascade_http::{LookUp, OneByOne, Reply, copied};
use serde_json::{Map, Value};

use crate::declaration::{FIELDS, SERVICE};

/// Builds the provider from its settings, `[providers.ipinfo]`.
///
/// # Errors
///
/// If a setting is wrong, or the token file cannot be used.
pub fn build(settings: &Settings) -> Result<ProviderSetup, BuildError> {
    OneByOne::build(&SERVICE, FIELDS, settings, Lite)
}

#[derive(Debug)]
pub(crate) struct Lite;

impl LookUp for Lite {
    fn call(&self, address: Address) -> String {
        format!("lite/{address}")
    }

    fn read(&self, address: Address, reply: &Reply) -> Result<Outcome, LookupFailure> {
        let fields = section(&reply.object_about(address, "ip")?);
        Ok(match fields.is_empty() {
            true => Outcome::NotFound,
            false => Outcome::found(fields),
        })
    }
}

fn section(record: &Map<String, Value>) -> Fields {
    const NAMES: &[(&str, &str)] = &[
        ("as_name", "as_name"),
        ("as_domain", "as_domain"),
        ("country", "country_name"),
        ("continent_code", "continent_code"),
        ("continent", "continent"),
    ];
    let asn = record.get("asn").and_then(Asn::from_json);
    let asn = asn.map(|asn| ("asn", asn.get().into()));
    let country = record.get("country_code").and_then(CountryCode::from_json);
    let country = country.map(|code| ("country", code.as_str().into()));
    let read = asn.into_iter().chain(country);
    read.chain(copied(record, NAMES)).collect()
}
