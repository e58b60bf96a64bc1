//! Parses a line of the program's output into an outcome.

use ipcascade_core::address::Address;
use ipcascade_core::field::Field;
use ipcascade_core::fields::Fields;
use ipcascade_core::lookup::{FailureClass, Finding, LookupFailure, Outcome};
use ipcascade_core::section_keys::{FOUND, PREFIX, RESERVED_KEYS};
use ipnet::IpNet;
use serde_json::{Map, Value};

const ADDRESS: &str = "address";
const ERROR: &str = "error";
const RETRY: &str = "retry";
/// How much is shown of what the program wrote, in characters.
const LONGEST_SHOWN: usize = 200;
/// Keys of an answer that are about the answer itself, beside those that every section has.
pub(crate) const OWN_KEYS: [&str; 3] = [ADDRESS, ERROR, RETRY];

/// Reads an answer; the error says why the line is not one.
pub(crate) fn read(line: &[u8]) -> Result<(Address, Outcome), String> {
    let answer: Map<String, Value> =
        serde_json::from_slice(line).map_err(|error| format!("expected a JSON object, {error}"))?;
    let address = answer.get(ADDRESS).and_then(Value::as_str);
    let address = address.ok_or_else(|| format!("it has no `{ADDRESS}`"))?;
    let address = address
        .parse()
        .map_err(|_| format!("`{ADDRESS}` is not an address: `{}`", shown(address)))?;
    Ok((address, outcome(address, answer)))
}

fn outcome(address: Address, mut answer: Map<String, Value>) -> Outcome {
    let failed = |class, problem: String| Outcome::Failed(LookupFailure::new(class, problem));
    if let Some(error) = answer.get(ERROR).filter(|error| !error.is_null()) {
        let is_transient = answer.get(RETRY) == Some(&Value::Bool(true));
        let class = match is_transient {
            true => FailureClass::Transient,
            false => FailureClass::Permanent,
        };
        let error = error
            .as_str()
            .map_or_else(|| error.to_string(), str::to_owned);
        return failed(class, format!("the program reports: {}", shown(&error)));
    }
    let is_own = |key: &str| OWN_KEYS.contains(&key) || RESERVED_KEYS.contains(&key);
    let mut fields = answer
        .iter()
        .filter(|(key, value)| !is_own(key) && !value.is_null());
    match answer.get(FOUND) {
        None | Some(Value::Bool(true)) => {}
        Some(Value::Bool(false)) if fields.next().is_none() => return Outcome::NotFound,
        Some(Value::Bool(false)) => {
            let problem =
                format!("its answer for {address} has fields, and says that nothing was found");
            return failed(FailureClass::Permanent, problem);
        }
        Some(other) => {
            let other = shown(&other.to_string());
            let problem = format!("its `{FOUND}` for {address} is {other}: expected true or false");
            return failed(FailureClass::Permanent, problem);
        }
    }
    let prefix = match answer.get(PREFIX).filter(|prefix| !prefix.is_null()) {
        None => None,
        Some(prefix) => match prefix.as_str().and_then(|text| text.parse::<IpNet>().ok()) {
            Some(prefix) if prefix.contains(&address.ip()) => Some(prefix.trunc()),
            _ => {
                let prefix = shown(&prefix.to_string());
                let problem = format!("its `{PREFIX}` {prefix} is not one that {address} is in");
                return failed(FailureClass::Permanent, problem);
            }
        },
    };
    answer.retain(|key, value| !is_own(key) && !value.is_null());
    for (name, value) in &answer {
        let kind = Field::well_known(name).and_then(Field::kind);
        if let Some(kind) = kind.filter(|kind| !kind.is_of(value)) {
            let value = shown(&value.to_string());
            let problem = format!("its `{name}` for {address} is {value}: expected {kind}");
            return failed(FailureClass::Permanent, problem);
        }
    }
    if answer.is_empty() && prefix.is_none() {
        let problem = format!(
            "its answer for {address} has no field; it has to say `\"{FOUND}\": false` if it knows nothing"
        );
        return failed(FailureClass::Permanent, problem);
    }
    Outcome::Found(Finding {
        fields: Fields::from(answer),
        prefix,
    })
}

/// What the program wrote, as it may be shown: on one line, and not all of it.
pub(crate) fn shown(text: &str) -> String {
    let shown = text.chars().filter(|c| !c.is_control());
    shown.take(LONGEST_SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Result<Outcome, String> {
        read(line.as_bytes()).map(|(_, outcome)| outcome)
    }

    #[test]
    fn every_kind_of_answer_is_read() {
        let Ok(Outcome::Found(finding)) = of(
            r#"{"address": "::ffff:8.8.8.8", "owner": "G", "note": null, "prefix": "8.8.8.0/24", "cached_at": 1}"#,
        ) else {
            panic!("found is expected")
        };
        assert_eq!(finding.fields.json(), r#""owner":"G""#);
        assert_eq!(finding.prefix.unwrap().to_string(), "8.8.8.0/24");
        let nothing = of(r#"{"address": "8.8.8.8", "found": false}"#);
        assert!(matches!(nothing, Ok(Outcome::NotFound)));
        let both = of(r#"{"address": "8.8.8.8", "found": false, "owner": "G"}"#);
        assert!(matches!(both, Ok(Outcome::Failed(_))));
        for (line, class) in [
            (
                r#"{"address": "8.8.8.8", "error": "down", "retry": true}"#,
                FailureClass::Transient,
            ),
            (
                r#"{"address": "8.8.8.8", "error": {"code": 7}}"#,
                FailureClass::Permanent,
            ),
            (r#"{"address": "8.8.8.8"}"#, FailureClass::Permanent),
            (
                r#"{"address": "8.8.8.8", "found": "no"}"#,
                FailureClass::Permanent,
            ),
            (
                r#"{"address": "8.8.8.8", "prefix": "9.0.0.0/8", "a": 1}"#,
                FailureClass::Permanent,
            ),
            (
                r#"{"address": "8.8.8.8", "is_tor": "yes"}"#,
                FailureClass::Permanent,
            ),
            (
                r#"{"address": "8.8.8.8", "asn": -1}"#,
                FailureClass::Permanent,
            ),
        ] {
            let Ok(Outcome::Failed(failure)) = of(line) else {
                panic!("{line} is a failure")
            };
            assert_eq!(failure.class, class, "{line}");
        }
        for line in ["", "Loading...", "[]", "{}", r#"{"address": "8.8.8"}"#] {
            assert!(of(line).is_err(), "{line}");
        }
    }

    #[test]
    fn what_is_shown_of_an_answer_is_short_and_without_control_characters() {
        let long = "x".repeat(5000);
        for value in ["a\u{7f}b", "a\u{9b}b", "a\\u001bb", &long] {
            for line in [
                format!(r#"{{"address": "8.8.8.8", "error": "{value}"}}"#),
                format!(r#"{{"address": "8.8.8.8", "found": "{value}"}}"#),
                format!(r#"{{"address": "8.8.8.8", "prefix": "{value}"}}"#),
                format!(r#"{{"address": "8.8.8.8", "asn": "{value}"}}"#),
                format!(r#"{{"address": "{value}"}}"#),
            ] {
                let message = match of(&line) {
                    Ok(Outcome::Failed(failure)) => failure.message.to_string(),
                    Err(problem) => problem,
                    other => panic!("{line}: {other:?}"),
                };
                assert!(!message.contains(char::is_control), "{message:?}");
                assert!(message.len() < 400, "{message}");
            }
        }
    }
}
