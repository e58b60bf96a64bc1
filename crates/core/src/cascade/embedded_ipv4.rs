//! Answers about embedded IPv4 addresses.

use std::borrow::Cow;

use ipnet::IpNet;
use serde_json::Value;

use crate::fields::Fields;
use crate::lookup::{Finding, Outcome};
use crate::section_keys::{EMBEDDED_IPV4, PREFIX};
use crate::special_purpose::EmbeddedIpv4;

/// Converts a provider's answer about the embedded IPv4 address to an answer about the IPv6 address around it: marked
/// with the address that it is about, and for an IPv6 prefix.
pub(super) fn seen_from_outside(inside: EmbeddedIpv4, outcome: Outcome) -> Outcome {
    let Outcome::Found(Finding { fields, prefix }) = outcome else {
        return outcome;
    };
    let prefix = prefix.or_else(|| stated_prefix(&fields));
    let is_replaced = |key: &str| key == EMBEDDED_IPV4 || key == PREFIX;
    let said = fields.iter().filter(|(key, _)| !is_replaced(key));
    let said = said.map(|(key, value)| (Cow::Owned(key.to_owned()), value.clone()));
    let mark = (EMBEDDED_IPV4.into(), Value::from(inside.host().to_string()));
    Outcome::Found(Finding {
        fields: Fields::of_distinct(said.chain([mark]).collect()),
        prefix: prefix.and_then(|prefix| inside.around(prefix)),
    })
}

/// The prefix among the fields.
fn stated_prefix(fields: &Fields) -> Option<IpNet> {
    fields.get(PREFIX)?.as_str()?.parse().ok()
}
