//! Converts publishers' values to those of sections.

use ipcascade_core::asn::Asn;
use serde_json::{Number, Value};

use crate::record_value::RecordValue;

/// The type of a field of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldType {
    /// An ASN: any width of integer, or text such as `AS13335`; becomes a number.
    Asn,
    /// The number at the front of a text such as `AS15169 Google LLC`.
    AsnBeforeName,
    /// The name after the number there.
    NameAfterAsn,
    /// A two-letter code; becomes upper case.
    Code,
    /// Text that is not such a code: the name that some publishers put under the key that others use for the code.
    NameNotCode,
    /// Text that is neither such a code nor begins with an ASN: for records that consist of a single text.
    Label,
    /// Text; a number becomes text.
    Text,
    /// Degrees, up to the given number on either side of zero.
    Degrees(u16),
    /// Any other number.
    Number,
    /// A non-negative integer.
    Count,
    /// True or false.
    Flag,
    /// The value as it is in the file.
    Any,
}

impl FieldType {
    /// The value as this type of field, if it is one: not absent, empty, or of another type.
    pub(crate) fn normalise(self, value: &RecordValue<'_>) -> Option<Value> {
        match self {
            Self::Asn => Asn::from_json(&value.to_value()).map(Value::from),
            Self::AsnBeforeName => asn_and_name(text(value)?).map(|(asn, _)| asn.into()),
            Self::NameAfterAsn => {
                let (_, name) = asn_and_name(text(value)?)?;
                (!is_nothing(name)).then(|| name.into())
            }
            Self::Code => code(text(value)?),
            Self::NameNotCode => {
                let name = text(value)?;
                (!is_code_like(name)).then(|| name.into())
            }
            Self::Label => {
                let label = text(value)?;
                (!is_code_like(label) && asn_and_name(label).is_none()).then(|| label.into())
            }
            Self::Text => match value {
                RecordValue::Number(number) => Some(number.to_string().into()),
                other => text(other).map(Value::from),
            },
            Self::Degrees(most) => {
                let degrees = number(value)?;
                let within = degrees.as_f64()?.abs() <= f64::from(most);
                within.then_some(degrees.into())
            }
            Self::Number => number(value).map(Value::from),
            Self::Count => count(value),
            Self::Flag => flag(value),
            Self::Any => match value {
                RecordValue::Nothing => None,
                RecordValue::Text(text) if is_nothing(text) => None,
                other => Some(other.to_value()),
            },
        }
    }
}

/// Text with content; some publishers write `-` for no value.
fn text<'t>(value: &'t RecordValue<'_>) -> Option<&'t str> {
    let RecordValue::Text(text) = value else {
        return None;
    };
    (!is_nothing(text)).then_some(text.as_ref())
}

fn is_nothing(text: &str) -> bool {
    matches!(text.trim(), "" | "-")
}

/// The number and the name of `AS15169 Google LLC`; the letters are required, since other names begin with numbers too.
fn asn_and_name(text: &str) -> Option<(Asn, &str)> {
    let text = text.trim();
    let (number, name) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let digits = number
        .strip_prefix("AS")
        .or_else(|| number.strip_prefix("as"))?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let asn = digits.parse().ok().filter(|_| is_number)?;
    Some((asn, name.trim()))
}

fn is_code_like(text: &str) -> bool {
    let text = text.trim();
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn code(text: &str) -> Option<Value> {
    let code = text.trim().to_ascii_uppercase();
    // ISO 3166 leaves XX and ZZ to users, who use them for "unknown".
    (is_code_like(&code) && !matches!(code.as_str(), "XX" | "ZZ")).then(|| code.into())
}

fn number(value: &RecordValue<'_>) -> Option<Number> {
    match value {
        RecordValue::Number(number) => Some(number.clone()),
        RecordValue::Text(text) => Number::from_f64(text.trim().parse().ok()?),
        _ => None,
    }
}

fn count(value: &RecordValue<'_>) -> Option<Value> {
    match value {
        RecordValue::Number(number) => number
            .as_u64()
            .or_else(|| whole(number.as_f64()?))
            .map(Value::from),
        RecordValue::Text(text) => {
            let text = text.trim();
            let number: Option<u64> = text.parse().ok();
            number
                .or_else(|| whole(text.parse().ok()?))
                .map(Value::from)
        }
        _ => None,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the range is checked first"
)]
fn whole(number: f64) -> Option<u64> {
    (number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number))
        .then_some(number as u64)
}

fn flag(value: &RecordValue<'_>) -> Option<Value> {
    let flag = match value {
        RecordValue::Flag(flag) => *flag,
        RecordValue::Number(number) => match number.as_f64()? {
            0.0 => false,
            1.0 => true,
            _ => return None,
        },
        RecordValue::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" => true,
            "false" | "0" | "no" => false,
            _ => return None,
        },
        _ => return None,
    };
    Some(flag.into())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize as _;
    use serde_json::json;

    use super::*;

    fn tree(value: &Value) -> RecordValue<'_> {
        if value.is_null() {
            return RecordValue::Nothing;
        }
        RecordValue::deserialize(value).unwrap()
    }

    #[test]
    fn what_says_nothing_is_absent() {
        for (kind, value) in [
            (FieldType::Asn, json!(0)),
            (FieldType::Asn, json!("AS0")),
            (FieldType::Asn, json!("")),
            (FieldType::Code, json!("")),
            (FieldType::Code, json!("-")),
            (FieldType::Code, json!("ZZ")),
            (FieldType::Code, json!("Germany")),
            (FieldType::NameNotCode, json!("DE")),
            (FieldType::Text, json!(" ")),
            (FieldType::Text, json!({"names": {}})),
            (FieldType::Degrees(90), json!(90.5)),
            (FieldType::Degrees(90), json!("north")),
            (FieldType::Degrees(90), json!("NaN")),
            (FieldType::Count, json!(-1)),
            (FieldType::Count, json!(1.5)),
            (FieldType::Flag, json!("")),
            (FieldType::Flag, json!(2)),
            (FieldType::Any, json!(null)),
            (FieldType::Any, json!("-")),
            (FieldType::AsnBeforeName, json!("15169 Google LLC")),
            (FieldType::AsnBeforeName, json!("AS Roma")),
            (FieldType::AsnBeforeName, json!("AS0 Nobody")),
            (FieldType::NameAfterAsn, json!("AS15169")),
            (FieldType::NameAfterAsn, json!("AS15169 -")),
            (FieldType::Label, json!("us")),
            (FieldType::Label, json!("AS15169 Google LLC")),
            (FieldType::Label, json!(5)),
        ] {
            assert_eq!(kind.normalise(&tree(&value)), None, "{kind:?} {value}");
        }
    }

    #[test]
    fn every_spelling_becomes_the_one_of_the_section() {
        for (kind, value, expected) in [
            (
                FieldType::Asn,
                json!(4_294_967_295_u64),
                json!(4_294_967_295_u64),
            ),
            (FieldType::Asn, json!("AS13335"), json!(13335)),
            (FieldType::Asn, json!("13335"), json!(13335)),
            (
                FieldType::AsnBeforeName,
                json!("AS15169 Google LLC"),
                json!(15169),
            ),
            (FieldType::AsnBeforeName, json!(" as15169"), json!(15169)),
            (
                FieldType::NameAfterAsn,
                json!("AS15169  Google LLC "),
                json!("Google LLC"),
            ),
            (FieldType::Label, json!("Rack 5"), json!("Rack 5")),
            (FieldType::Code, json!("de"), json!("DE")),
            (FieldType::NameNotCode, json!("Germany"), json!("Germany")),
            (FieldType::Text, json!(10115), json!("10115")),
            (FieldType::Degrees(180), json!("-122.4"), json!(-122.4)),
            (FieldType::Degrees(90), json!(0), json!(0)),
            (FieldType::Count, json!("20"), json!(20)),
            (FieldType::Count, json!(20.0), json!(20)),
            (FieldType::Flag, json!("true"), json!(true)),
            (FieldType::Flag, json!(0), json!(false)),
        ] {
            assert_eq!(
                kind.normalise(&tree(&value)),
                Some(expected),
                "{kind:?} {value}"
            );
        }
    }
}
