//! Conditions on fields: `country=US`, `session_count>=10`, `is_tor`, `!is_vpn`, `asn_org~telecom`.

use ipcascade_core::clock::Timestamp;
use ipcascade_core::store::{ListCondition, ListValue};
use ipnet::IpNet;
use serde_json::Value;

use crate::records::field;
use crate::records::field::{RecordField, ValueKind};
use crate::records::record::is_known;
use crate::records::wanted::{Comparison, Wanted, wanted};

/// A condition on a field.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    pub(crate) field: RecordField,
    test: FieldTest,
}

#[derive(Clone, Debug, PartialEq)]
enum FieldTest {
    /// It is known, and not false.
    Holds,
    /// It is unknown, or false.
    DoesNot,
    Compare(Comparison, Wanted),
}

/// In an order in which none is found in place of a longer one.
const COMPARISONS: [(&str, Comparison); 8] = [
    ("!=", Comparison::IsNot),
    (">=", Comparison::AtLeast),
    ("<=", Comparison::AtMost),
    ("!~", Comparison::ContainsNot),
    ("=", Comparison::Is),
    (">", Comparison::Above),
    ("<", Comparison::Below),
    ("~", Comparison::Contains),
];

/// Comparisons of other languages, and what they are here.
const MISTAKEN: [(&str, &str); 5] = [
    ("=>", ">="),
    ("=<", "<="),
    ("=!", "!="),
    ("=~", "~"),
    ("<>", "!="),
];

impl Condition {
    /// Reads a condition on one of `fields`; spans such as `7d` end at `now`.
    ///
    /// # Errors
    ///
    /// What is wrong with it, as a sentence.
    pub(crate) fn parse(
        text: &str,
        fields: &[RecordField],
        now: Timestamp,
    ) -> Result<Self, String> {
        let Some(at) = text.find(|c: char| "=<>~".contains(c)) else {
            let (name, test) = match text.trim().strip_prefix('!') {
                Some(name) => (name, FieldTest::DoesNot),
                None => (text, FieldTest::Holds),
            };
            let field = field::named(name, fields)?;
            return Ok(Self { field, test });
        };
        // `!` belongs to what follows.
        let at = if text[..at].ends_with('!') {
            at - 1
        } else {
            at
        };
        let (name, rest) = text.split_at(at);
        let is_mistaken = |(sign, _): &&(&str, &str)| rest.starts_with(sign);
        if let Some((typed, meant)) = MISTAKEN.iter().find(is_mistaken) {
            return Err(format!(
                "`{typed}` of `{text}` is not a comparison: did you mean `{meant}`?"
            ));
        }
        let found = COMPARISONS
            .iter()
            .find_map(|(sign, comparison)| Some((*comparison, rest.strip_prefix(sign)?)));
        let Some((comparison, value)) = found else {
            return Err(format!("`{text}` is not a condition"));
        };
        let field = field::named(name, fields)?;
        let value = value.strip_prefix('=').unwrap_or(value).trim();
        let wanted = wanted(field, comparison, value, now)
            .map_err(|expected| format!("`{}` of `{text}`: expected {expected}", value))?;
        Ok(Self {
            field,
            test: FieldTest::Compare(comparison, wanted),
        })
    }

    /// `name=value`.
    pub(crate) fn is(
        name: &str,
        value: &str,
        fields: &[RecordField],
        now: Timestamp,
    ) -> Result<Self, String> {
        Self::parse(&format!("{name}={value}"), fields, now)
    }

    /// Whether a value meets it. What is not known equals nothing, and differs from nothing.
    pub(crate) fn holds(&self, value: Option<&Value>) -> bool {
        let is_set = |value: &Value| is_known(value) && *value != Value::Bool(false);
        let (comparison, wanted) = match &self.test {
            FieldTest::Holds => return value.is_some_and(is_set),
            FieldTest::DoesNot => return !value.is_some_and(is_set),
            FieldTest::Compare(comparison, wanted) => (*comparison, wanted),
        };
        // A flag that is not set is the same as one that is unset.
        let unset = Value::Bool(false);
        let value = match wanted {
            Wanted::Flag(_) => value.or(Some(&unset)),
            _ => value,
        };
        let Some(value) = value else { return false };
        match comparison {
            Comparison::IsNot => !any(value, &|value| wanted.is(value)),
            Comparison::Is => any(value, &|value| wanted.is(value)),
            Comparison::Contains => any(value, &|value| wanted.is_within(value)),
            Comparison::ContainsNot => !any(value, &|value| wanted.is_within(value)),
            Comparison::AtLeast => any(value, &|value| wanted.order(value, |order| order.is_ge())),
            Comparison::AtMost => any(value, &|value| wanted.order(value, |order| order.is_le())),
            Comparison::Above => any(value, &|value| wanted.order(value, |order| order.is_gt())),
            Comparison::Below => any(value, &|value| wanted.order(value, |order| order.is_lt())),
        }
    }

    /// A condition that every row meets which meets this one, for a database to find rows by, and whether it is the same.
    /// What a row without a value is shown with (a count of 0) is not for a database to decide, nor are values that it has
    /// and that are not shown (numbers that are not ASNs, times that cannot be read).
    #[expect(
        clippy::cast_possible_truncation,
        reason = "whole numbers of at most 15 digits are cast"
    )]
    pub(crate) fn stored(&self) -> Option<(ListCondition, bool)> {
        let (comparison, wanted) = match &self.test {
            FieldTest::Holds if self.field.kind == ValueKind::ASN => {
                return Some((ListCondition::Known, false));
            }
            FieldTest::Holds | FieldTest::DoesNot => return None,
            FieldTest::Compare(comparison, wanted) => (*comparison, wanted),
        };
        let value = match wanted {
            Wanted::Number(number) if number.fract() == 0.0 && (1.0..1e15).contains(number) => {
                ListValue::Number(*number as i64)
            }
            Wanted::Asn(asn) => ListValue::Number((*asn).into()),
            Wanted::Time(time) => ListValue::Timestamp(*time),
            Wanted::Text(text) if comparison == Comparison::Is && is_plain(text) => {
                let upper = text.to_ascii_uppercase();
                return Some((ListCondition::IsInAnyCase(upper), true));
            }
            _ => return None,
        };
        let is_number = matches!(wanted, Wanted::Number(_));
        match comparison {
            Comparison::Is if matches!(wanted, Wanted::Time(_)) => {
                Some((ListCondition::AtLeast(value), false))
            }
            Comparison::Is => Some((ListCondition::Is(value), true)),
            Comparison::AtLeast => Some((ListCondition::AtLeast(value), is_number)),
            Comparison::Above => Some(match value {
                ListValue::Number(number) if is_number => {
                    // What is not a number may be greater, and is shown as another one.
                    (ListCondition::AtLeast(ListValue::Number(number + 1)), false)
                }
                value => (ListCondition::AtLeast(value), false),
            }),
            // Zero is in these.
            Comparison::AtMost | Comparison::Below if is_number => None,
            Comparison::AtMost | Comparison::Below => Some((ListCondition::AtMost(value), false)),
            Comparison::IsNot | Comparison::Contains | Comparison::ContainsNot => None,
        }
    }

    /// The prefix that addresses must be inside of, if that is all that it says.
    pub(crate) fn prefix(&self) -> Option<IpNet> {
        match &self.test {
            FieldTest::Compare(Comparison::Is, Wanted::Network(network)) => Some(*network),
            _ => None,
        }
    }
}

/// Whether only texts that differ in the case of ASCII letters equal this one in lower case: the lower case of the sign for
/// kelvin is a `k`.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.is_ascii() && !text.contains('k')
}

/// Whether a value, or one of the values of a list, is such.
fn any(value: &Value, is_such: &dyn Fn(&Value) -> bool) -> bool {
    match value {
        Value::Array(values) => values.iter().any(is_such),
        value => is_such(value),
    }
}

#[cfg(test)]
mod tests {
    use ipcascade_core::clock::parse_timestamp;
    use serde_json::json;

    use super::*;
    use crate::records::{asn, session};

    fn fields() -> Vec<RecordField> {
        use ipcascade_core::field::Field;
        let merged = Field::WELL_KNOWN.iter().copied().map(RecordField::merged);
        let mut fields: Vec<RecordField> = merged.collect();
        fields.extend(asn::FIELDS.iter().chain(session::FIELDS));
        fields
    }

    fn parse(text: &str) -> Result<Condition, String> {
        Condition::parse(text, &fields(), parse_timestamp("2026-03-10").unwrap())
    }

    #[test]
    fn conditions_hold_for_what_they_say() {
        for (text, value, expected) in [
            ("country=us", json!("US"), true),
            ("country == US", json!("US"), true),
            ("country!=us", json!("NL"), true),
            ("country!=us", json!("US"), false),
            ("country!=us", Value::Null, false),
            ("country", json!("US"), true),
            ("!country", Value::Null, true),
            ("is_tor", json!(true), true),
            ("is_tor", json!(false), false),
            ("!is_tor", json!(false), true),
            ("!is_tor", Value::Null, true),
            ("is_tor=no", Value::Null, true),
            ("session_count>=1,000", json!(1000), true),
            ("session_count>1000", json!(1000), false),
            ("session_count<1000", json!(999), true),
            ("last_seen>=7d", json!("2026-03-03T00:00:00Z"), true),
            ("last_seen>=7d", json!("2026-03-02T23:59:59Z"), false),
            ("asn=AS15169", json!(15169), true),
            ("origins=15169", json!([1, 15169]), true),
            ("lists=tor", json!(["Tor", "x"]), true),
            ("lists~or", json!(["Tor", "x"]), true),
            ("lists!~or", json!(["Tor", "x"]), false),
            ("asn_org~TELE", json!("Deutsche Telekom"), true),
            ("asn_org!~tele", json!("Google"), true),
            ("asn_org=google llc", json!("Google LLC"), true),
            ("address=192.0.2.0/24", json!("192.0.2.7"), true),
            ("address=192.0.2.7", json!("192.0.2.7"), true),
            ("address!=192.0.2.0/24", json!("192.0.3.7"), true),
            ("prefix=192.0.0.0/16", json!("192.0.2.0/24"), true),
        ] {
            let condition = parse(text).unwrap();
            let value = Some(&value).filter(|value| !value.is_null());
            assert_eq!(condition.holds(value), expected, "{text} {value:?}");
        }
    }

    #[test]
    fn what_is_not_a_condition_is_refused_with_what_was_expected() {
        for (text, expected) in [
            ("ccountry=US", "did you mean `country`?"),
            ("session_count=>10", "did you mean `>=`?"),
            ("session_count =< 10", "did you mean `<=`?"),
            ("country=!US", "did you mean `!=`?"),
            ("country<>US", "did you mean `!=`?"),
            ("asn_org=~ovh", "did you mean `~`?"),
            (
                "country=Atlantis",
                "expected the code or the name of a country",
            ),
            ("country=", "expected a value"),
            ("is_tor=perhaps", "expected yes or no"),
            ("session_count>many", "expected a number"),
            ("session_count>1,5", "expected a number"),
            ("last_seen>soon", "expected a date"),
            ("country>US", "such values have no order"),
            ("address=foo", "expected an address or a prefix"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }

    #[test]
    fn a_database_leaves_out_nothing_that_meets_the_condition() {
        let stored = |text: &str| parse(text).unwrap().stored();
        let number = ListValue::Number(10);
        for (text, expected) in [
            (
                "session_count>=10",
                Some((ListCondition::AtLeast(number.clone()), true)),
            ),
            (
                "session_count>10",
                Some((ListCondition::AtLeast(ListValue::Number(11)), false)),
            ),
            ("session_count=10", Some((ListCondition::Is(number), true))),
            ("session_count!=10", None),
            // A row without a count is shown with 0.
            ("session_count=0", None),
            ("session_count<=10", None),
            (
                "asn_org=OVH-x",
                Some((ListCondition::IsInAnyCase("OVH-X".to_owned()), true)),
            ),
            // Another letter has the same lower case.
            ("asn_org=kippo", None),
            ("asn_org=é", None),
            ("asn_org!=x", None),
            ("asn", Some((ListCondition::Known, false))),
            ("!asn", None),
        ] {
            assert_eq!(stored(text), expected, "{text}");
        }
    }
}
