//! From the JSON of an answer to the section. No I/O happens here.

use std::collections::HashMap;
use std::sync::LazyLock;

use ipcascade_core::address::Address;
use ipcascade_core::fields::Fields;
use ipcascade_core::lookup::{LookupFailure, Outcome};
use ipcascade_http::{Reply, says_something};
use serde_json::{Map, Value};

/// Reads the answer of the community call about `address`.
pub(crate) fn community(address: Address, reply: &Reply) -> Outcome {
    one(address, reply, community_fields)
}

/// Reads the answer of a call for a single address.
pub(crate) fn single(address: Address, reply: &Reply) -> Outcome {
    one(address, reply, |record| {
        let withheld = withheld(record);
        record_fields(record, withheld.as_ref())
    })
}

/// Reads the answer of the call for many addresses.
pub(crate) fn multi(addresses: &[Address], reply: &Reply) -> Vec<Outcome> {
    let Some(body) = reply.object() else {
        return vec![broken("v3/ip", "is not a JSON object"); addresses.len()];
    };
    let Some(data) = body.get("data").and_then(Value::as_array) else {
        return vec![broken("v3/ip", "has no list `data`"); addresses.len()];
    };
    let withheld = withheld(&body);
    let mut answered: HashMap<Address, Outcome> = HashMap::with_capacity(addresses.len());
    for record in data.iter().filter_map(Value::as_object) {
        let Some(address) = address_of(record) else {
            continue;
        };
        let fields = record_fields(record, withheld.as_ref());
        // If one address has two records, the first with content counts.
        if let Some(Outcome::Found(_)) = answered.get(&address) {
            continue;
        }
        let outcome = fields.map_or_else(
            || broken(&address.to_string(), "has no verdict"),
            Outcome::found,
        );
        answered.insert(address, outcome);
    }
    let metadata = body.get("request_metadata");
    let unknown = metadata.and_then(|metadata| metadata.get("ips_not_found")?.as_array());
    for address in unknown.into_iter().flatten() {
        if let Some(address) = address.as_str().and_then(|text| text.parse().ok()) {
            answered
                .entry(address)
                .or_insert_with(|| Outcome::found(NOT_OBSERVED.clone()));
        }
    }
    let outcome = |address: &Address| {
        answered
            .get(address)
            .cloned()
            .unwrap_or_else(|| broken(&address.to_string(), "is missing in the answer"))
    };
    addresses.iter().map(outcome).collect()
}

/// The section of an address that GreyNoise has not observed. It has no `classification`: GreyNoise uses that for
/// addresses that it has seen, including "unknown".
static NOT_OBSERVED: LazyLock<Fields> = LazyLock::new(|| {
    let fields = ["noise", "riot", "observed"];
    fields
        .into_iter()
        .map(|name| (name, false.into()))
        .collect()
});

fn one(
    address: Address,
    reply: &Reply,
    read: impl Fn(&Map<String, Value>) -> Option<Map<String, Value>>,
) -> Outcome {
    let record = match reply.object_about(address, "ip") {
        Ok(record) => record,
        Err(failure) => return Outcome::Failed(failure),
    };
    let fields = read(&record);
    if reply.is_not_found {
        // Every call may answer in the form of the community call.
        let fields = fields.or_else(|| community_fields(&record));
        let is_observed = |name: &str| fields.as_ref()?.get(name)?.as_bool();
        return match (is_observed("noise"), is_observed("riot")) {
            (Some(false), Some(false)) => Outcome::found(NOT_OBSERVED.clone()),
            _ => Outcome::Failed(reply.foreign(address, "has no verdict that it was not observed")),
        };
    }
    let unread = || Outcome::Failed(reply.broken(address, "has no verdict"));
    fields.map_or_else(unread, Outcome::found)
}

fn community_fields(record: &Map<String, Value>) -> Option<Map<String, Value>> {
    let noise = record.get("noise")?.as_bool()?;
    let riot = record.get("riot")?.as_bool()?;
    let mut section = verdict(Some(noise), Some(riot));
    if noise || riot {
        copy(
            record,
            &["classification", "name", "last_seen", "link"],
            &mut section,
        );
    }
    Some(section)
}

/// The fields of a full or quick record.
fn record_fields(
    record: &Map<String, Value>,
    withheld: Option<&Value>,
) -> Option<Map<String, Value>> {
    let part = |name: &str| record.get(name).and_then(Value::as_object);
    let scanner = part("internet_scanner_intelligence");
    let business = part("business_service_intelligence");
    let is_found = |part: Option<&Map<String, Value>>| part?.get("found")?.as_bool();
    let (noise, riot) = (is_found(scanner), is_found(business));
    if noise.is_none() && riot.is_none() && withheld.is_none() {
        return None;
    }
    let mut section = verdict(noise, riot);
    if let Some(scanner) = scanner.filter(|_| noise != Some(false)) {
        copy(scanner, &["classification"], &mut section);
        rename(scanner, "actor", "name", &mut section);
        copy(
            scanner,
            &[
                "last_seen",
                "last_seen_timestamp",
                "first_seen",
                "actor",
                "spoofable",
                "tor",
                "vpn",
                "vpn_service",
                "bot",
                "cves",
            ],
            &mut section,
        );
        if let Some(tags) = scanner.get("tags").and_then(Value::as_array) {
            let tags: Vec<Value> = tags.iter().filter_map(tag).collect();
            if !tags.is_empty() {
                section.insert("tags".to_owned(), tags.into());
            }
        }
        copy(scanner, &["metadata"], &mut section);
    }
    if let Some(business) = business.filter(|_| riot != Some(false)) {
        if !section.contains_key("name") {
            copy(business, &["name"], &mut section);
        }
        copy(business, &["trust_level", "category"], &mut section);
        rename(business, "name", "service", &mut section);
    }
    if let Some(withheld) = withheld {
        section.insert("withheld".to_owned(), withheld.clone());
    }
    Some(section)
}

/// A short form of a tag: its name, its kind and the intention of the scanner.
fn tag(tag: &Value) -> Option<Value> {
    let Some(full) = tag.as_object() else {
        return tag.as_str().map(Value::from);
    };
    let mut short = Map::new();
    copy(full, &["slug", "name", "category", "intention"], &mut short);
    (!short.is_empty()).then_some(Value::Object(short))
}

fn verdict(noise: Option<bool>, riot: Option<bool>) -> Map<String, Value> {
    let mut section = Map::new();
    if let Some(noise) = noise {
        section.insert("noise".to_owned(), noise.into());
    }
    if let Some(riot) = riot {
        section.insert("riot".to_owned(), riot.into());
    }
    if noise == Some(true) || riot == Some(true) {
        section.insert("observed".to_owned(), true.into());
    } else if noise.is_some() && riot.is_some() {
        section.insert("observed".to_owned(), false.into());
    }
    section
}

/// The fields that the key's plan withholds, if the answer names any.
fn withheld(body: &Map<String, Value>) -> Option<Value> {
    let fields = body.get("request_metadata")?.get("restricted_fields")?;
    let is_some = fields.as_array().is_some_and(|fields| !fields.is_empty());
    is_some.then(|| fields.clone())
}

pub(crate) fn copy(from: &Map<String, Value>, keys: &[&str], to: &mut Map<String, Value>) {
    for key in keys {
        rename(from, key, key, to);
    }
}

fn rename(from: &Map<String, Value>, key: &str, new: &str, to: &mut Map<String, Value>) {
    if let Some(value) = from.get(key).filter(|value| says_something(value)) {
        to.insert(new.to_owned(), value.clone());
    }
}

fn address_of(record: &Map<String, Value>) -> Option<Address> {
    record.get("ip")?.as_str()?.parse().ok()
}

fn broken(subject: &str, problem: &str) -> Outcome {
    Outcome::Failed(LookupFailure::transient(format!(
        "GreyNoise's answer for {subject} {problem}"
    )))
}
