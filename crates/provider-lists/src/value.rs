//! Reads the value that an entry has for a field.

use ipcascade_core::asn::Asn;
use ipcascade_core::country::CountryCode;
use ipcascade_core::field::{Field, FieldKind};
use serde_json::Value;

/// Reads `text` as a value of `field`; `None` if it is blank.
pub(crate) fn from_text(field: Field, text: &str) -> Result<Option<Value>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let value = match field.kind() {
        None => Some(scalar(text)),
        Some(FieldKind::Flag) => flag(text).map(Value::Bool),
        Some(FieldKind::Number) => Some(scalar(text)).filter(Value::is_number),
        Some(FieldKind::Asn) => text.parse().ok().map(|asn: Asn| asn.get().into()),
        Some(FieldKind::Country) => CountryCode::parse(text).map(|code| code.as_str().into()),
        Some(FieldKind::Text | FieldKind::Prefix) => Some(text.into()),
        Some(FieldKind::Texts | FieldKind::Asns) => Some(
            text.split([' ', ','])
                .filter(|it| !it.is_empty())
                .map(scalar)
                .collect(),
        ),
    };
    checked(field, value.unwrap_or_else(|| text.into())).map(Some)
}

/// Reads a JSON value of `field`; `None` if it is `null` or blank.
pub(crate) fn from_json(field: Field, value: &Value) -> Result<Option<Value>, String> {
    match (value, field.kind()) {
        (Value::Null, _) => Ok(None),
        (Value::String(text), _) => from_text(field, text),
        (Value::Number(number), Some(FieldKind::Flag)) => from_text(field, &number.to_string()),
        _ => checked(field, value.clone()).map(Some),
    }
}

/// Refuses a value that is not valid for `field`.
pub(crate) fn checked(field: Field, value: Value) -> Result<Value, String> {
    match field.kind() {
        Some(kind) if !kind.is_of(&value) => Err(format!(
            "{value} is not a value of `{field}`: expected {kind}"
        )),
        _ => Ok(value),
    }
}

/// Reads `true`, `false` and numbers as such, everything else as text.
fn scalar(text: &str) -> Value {
    let read = serde_json::from_str::<Value>(text).ok();
    // A number that is not written in its canonical form (`007`, `1e3`) is rather a name.
    let read = read.filter(|value| value.is_boolean() || value.is_number());
    let is_so_written = |value: &Value| -> bool {
        let written = value.to_string();
        written == text
    };
    read.filter(is_so_written).unwrap_or_else(|| text.into())
}

fn flag(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "y" | "t" => Some(true),
        "false" | "0" | "no" | "n" | "f" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_of_the_kind_of_their_field() {
        let own = Field::named("score");
        for (field, text, expected) in [
            (own, "87", json!(87)),
            (own, "007", json!("007")),
            (own, "1e3", json!("1e3")),
            (own, "true", json!(true)),
            (own, "null", json!("null")),
            (Field::IS_TOR, "Yes", json!(true)),
            (Field::COUNTRY, "nl", json!("NL")),
            (Field::ASN, "AS64500", json!(64500)),
            (Field::LATITUDE, "52.5", json!(52.5)),
            (Field::CITY, "1984", json!("1984")),
            (Field::LISTS, "a, b", json!(["a", "b"])),
        ] {
            assert_eq!(from_text(field, text), Ok(Some(expected)), "{text}");
        }
        assert_eq!(from_text(own, "  "), Ok(None));
        for (field, text) in [
            (Field::IS_TOR, "perhaps"),
            (Field::COUNTRY, "Netherlands"),
            (Field::ASN, "AS0"),
            (Field::LATITUDE, "north"),
        ] {
            assert!(from_text(field, text).is_err(), "{text}");
        }
        assert_eq!(from_json(Field::IS_TOR, &json!(1)), Ok(Some(json!(true))));
        assert!(from_json(Field::IS_TOR, &json!([true])).is_err());
    }
}
