//! How Shodan's InternetDB is asked, and what its answers mean.

use ipcascade_core::address::Address;
use ipcascade_core::field::Field;
use ipcascade_core::fields::Fields;
use ipcascade_core::lookup::{LookupFailure, Outcome};
use ipcascade_core::registry::{BuildError, ProviderSetup};
use ipcascade_core::settings::Settings;
use ipcascade_http::{LookUp, OneByOne, Reply, copied};
use serde_json::{Map, Value};

use crate::declaration::{FIELDS, SERVICE};

/// What InternetDB answers for an address it knows nothing about. Any other 404 is not an answer from it.
const NOTHING: &str = "No information available";

const LISTS: &[(&str, &str)] = &[
    ("ports", "ports"),
    ("hostnames", "hostnames"),
    ("cpes", "cpes"),
    ("tags", "tags"),
    ("vulns", "vulns"),
];

const FLAGS: [(&str, Field); 4] = [
    ("tor", Field::IS_TOR),
    ("vpn", Field::IS_VPN),
    ("proxy", Field::IS_PROXY),
    ("cloud", Field::IS_HOSTING),
];

/// Builds the provider from its settings, `[providers.shodan]`.
///
/// # Errors
///
/// If a setting is wrong.
pub fn build(settings: &Settings) -> Result<ProviderSetup, BuildError> {
    OneByOne::build(&SERVICE, FIELDS, settings, InternetDb)
}

#[derive(Debug)]
pub(crate) struct InternetDb;

impl LookUp for InternetDb {
    fn call(&self, address: Address) -> String {
        address.to_string()
    }

    fn read(&self, address: Address, reply: &Reply) -> Result<Outcome, LookupFailure> {
        if reply.is_not_found {
            let detail = reply
                .object()
                .and_then(|object| object.get("detail").cloned());
            return match detail.as_ref().and_then(Value::as_str) {
                Some(NOTHING) => Ok(Outcome::NotFound),
                _ => Err(reply.foreign(address, "does not say that it knows nothing")),
            };
        }
        let fields = section(&reply.object_about(address, "ip")?);
        let fields = fields.ok_or_else(|| reply.broken(address, "has no list `ports`"))?;
        Ok(Outcome::found(fields))
    }
}

fn section(record: &Map<String, Value>) -> Option<Fields> {
    record.get("ports")?.as_array()?;
    let tags = record.get("tags").and_then(Value::as_array);
    let has = |tag: &str| tags.is_some_and(|tags| tags.iter().any(|it| it == tag));
    let flags = FLAGS.iter().filter(|(tag, _)| has(tag));
    let flags = flags.map(|(_, field)| (field.name(), Value::Bool(true)));
    Some(copied(record, LISTS).chain(flags).collect())
}
