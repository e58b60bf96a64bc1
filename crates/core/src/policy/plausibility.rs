//! Which values are plausible for a field, and their usual form.

use std::borrow::Cow;

use serde_json::Value;

use crate::asn::Asn;
use crate::country::CountryCode;
use crate::field::Field;
use crate::section::SectionValue;

/// What makes a value plausible.
#[derive(Clone, Copy, Debug)]
pub(super) enum Plausibility {
    Asn,
    Country,
    /// Anything but blank text.
    Other,
}

impl Plausibility {
    /// The value, in the form in which it is merged.
    pub(super) fn usual_form(self, said: SectionValue<'_>) -> Cow<'_, Value> {
        let value = said.to_value();
        let usual = match self {
            Self::Asn => Asn::from_json(&value).map(|asn| Value::from(asn.get())),
            Self::Country => {
                CountryCode::from_json(&value).map(|code| Value::from(code.to_string()))
            }
            Self::Other => None,
        };
        match usual {
            Some(usual) if usual != *value => Cow::Owned(usual),
            _ => value,
        }
    }

    pub(super) fn of(field: Field) -> Self {
        match field {
            Field::ASN => Self::Asn,
            Field::COUNTRY | Field::REGISTRY_COUNTRY | Field::REGISTERED_COUNTRY => Self::Country,
            _ => Self::Other,
        }
    }

    pub(super) fn is_plausible(self, said: SectionValue<'_>) -> bool {
        let SectionValue::Value(value) = said else {
            return matches!(self, Self::Other);
        };
        match self {
            Self::Asn => Asn::from_json(value).is_some(),
            Self::Country => CountryCode::from_json(value).is_some(),
            Self::Other => value.as_str().is_none_or(|text| !text.trim().is_empty()),
        }
    }
}
