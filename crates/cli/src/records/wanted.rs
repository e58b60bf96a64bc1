//! What conditions compare values with.

use std::net::IpAddr;

use ipcascade_core::asn::Asn;
use ipcascade_core::clock::{Timestamp, parse_timestamp};
use ipcascade_core::field::FieldKind;
use ipnet::IpNet;
use serde_json::Value;

use crate::commands::since::Since;
use crate::commands::values;
use crate::output::csv_cell;
use crate::records::field::{RecordField, ValueKind};

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Is,
    IsNot,
    AtLeast,
    AtMost,
    Above,
    Below,
    Contains,
    ContainsNot,
}

/// What a value is compared with.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Wanted {
    Number(f64),
    Asn(Asn),
    Time(Timestamp),
    Flag(bool),
    Network(IpNet),
    /// In lower case.
    Text(String),
}

impl Wanted {
    pub(super) fn is(&self, value: &Value) -> bool {
        match self {
            Self::Number(number) => value.as_f64() == Some(*number),
            Self::Asn(asn) => Asn::from_json(value) == Some(*asn),
            Self::Time(time) => value.as_str().and_then(parse_timestamp) == Some(*time),
            Self::Flag(is) => value.as_bool() == Some(*is),
            Self::Network(network) => {
                let text = value.as_str().unwrap_or_default();
                let address = text
                    .parse::<IpAddr>()
                    .map(|address| network.contains(&address));
                let inner = || text.parse::<IpNet>().map(|inner| network.contains(&inner));
                address.or_else(|_| inner()).unwrap_or(false)
            }
            Self::Text(text) => csv_cell(value).to_lowercase() == *text,
        }
    }

    pub(super) fn is_within(&self, value: &Value) -> bool {
        match self {
            Self::Text(text) => csv_cell(value).to_lowercase().contains(text.as_str()),
            _ => self.is(value),
        }
    }

    pub(super) fn order(&self, value: &Value, is_such: fn(std::cmp::Ordering) -> bool) -> bool {
        let order = match self {
            Self::Number(number) => value.as_f64().and_then(|value| value.partial_cmp(number)),
            Self::Asn(asn) => Asn::from_json(value).map(|value| value.cmp(asn)),
            Self::Time(time) => {
                let value = value.as_str().and_then(parse_timestamp);
                value.map(|value| value.cmp(time))
            }
            Self::Flag(_) | Self::Network(_) => None,
            Self::Text(text) => Some(csv_cell(value).to_lowercase().as_str().cmp(text)),
        };
        order.is_some_and(is_such)
    }
}

/// A number without what sets its thousands apart.
fn without_separators(text: &str) -> Option<String> {
    let mut groups = text.split([',', '_']);
    let first = groups.next()?.to_owned();
    let is_whole = |group: &&str| group.len() == 3 && group.bytes().all(|b| b.is_ascii_digit());
    let rest: Vec<&str> = groups.collect();
    let number = first + &rest.concat();
    rest.iter().all(is_whole).then_some(number)
}

/// The value that `text` stands for, or what was expected.
pub(super) fn wanted(
    field: RecordField,
    comparison: Comparison,
    text: &str,
    now: Timestamp,
) -> Result<Wanted, &'static str> {
    let is_contained = matches!(comparison, Comparison::Contains | Comparison::ContainsNot);
    let is_order = !is_contained && !matches!(comparison, Comparison::Is | Comparison::IsNot);
    if text.is_empty() {
        return Err("a value; `!FIELD` finds what is not known");
    }
    if is_contained {
        return Ok(Wanted::Text(text.to_lowercase()));
    }
    match field.kind {
        ValueKind::Count | ValueKind::Merged(Some(FieldKind::Number)) => {
            let number = without_separators(text).and_then(|text| text.parse().ok());
            let number = number.filter(|number: &f64| number.is_finite());
            number.map(Wanted::Number).ok_or("a number")
        }
        ValueKind::Time => {
            let since: Result<Since, _> = text.parse();
            let time = since.map(|since| Wanted::Time(since.timestamp(now)));
            time.map_err(|_| "a date, a time in RFC 3339, or a span such as 7d")
        }
        ValueKind::Merged(Some(FieldKind::Asn | FieldKind::Asns)) => {
            let asn = text.parse().map(Wanted::Asn);
            asn.map_err(|_| "an AS number, such as AS15169")
        }
        _ if is_order
            && !matches!(
                field.kind,
                ValueKind::Id | ValueKind::Merged(None | Some(FieldKind::Text))
            ) =>
        {
            Err("`=` or `!=` before it: such values have no order")
        }
        ValueKind::Merged(Some(FieldKind::Country)) => {
            let code = values::country(text).map(|code| code.as_str().to_lowercase());
            code.map(Wanted::Text).map_err(|_| values::COUNTRY)
        }
        ValueKind::Merged(Some(FieldKind::Flag)) => match text.to_lowercase().as_str() {
            "true" | "yes" | "1" => Ok(Wanted::Flag(true)),
            "false" | "no" | "0" => Ok(Wanted::Flag(false)),
            _ => Err("yes or no"),
        },
        ValueKind::Address | ValueKind::Merged(Some(FieldKind::Prefix)) => {
            let network = values::prefix(text);
            let network = network.map(ipcascade_core::address::canonical_network);
            network
                .map(Wanted::Network)
                .map_err(|_| "an address or a prefix, such as 192.0.2.0/24")
        }
        ValueKind::Id | ValueKind::Records | ValueKind::Merged(_) => {
            Ok(Wanted::Text(text.to_lowercase()))
        }
    }
}
