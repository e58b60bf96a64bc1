//! Values in sections, as a database can index them.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::provider_name::ProviderName;
use crate::store::list_order::ListValue;

/// A key of the sections of a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SectionKey {
    /// The provider.
    pub provider: ProviderName,
    /// The key in its sections.
    pub key: &'static str,
}

/// What an identifier may have of a provider and a key: PostgreSQL's have 63 bytes.
const LONGEST: usize = 45;

impl SectionKey {
    /// Whether provider and key consist of letters, digits and `_`, and so can be put into SQL unquoted; those of
    /// linked providers do.
    pub fn is_plain(&self) -> bool {
        is_plain(self.provider.as_str()) && is_plain(self.key)
    }

    /// What the name of an index ends with: no other key has the same. `None` if an identifier cannot have it, whose case
    /// databases ignore.
    pub fn in_identifiers(&self) -> Option<String> {
        let name = format!("{}${}", self.provider, self.key);
        let is_lower = !name.bytes().any(|byte| byte.is_ascii_uppercase());
        (self.is_plain() && is_lower && name.len() <= LONGEST).then_some(name)
    }
}

impl fmt::Display for SectionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.provider, self.key)
    }
}

/// Whether a name can be put into SQL unquoted.
pub(super) fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Something that is true of every row of a list: its section has a value under one of these keys that passes a test. A
/// store that has the values in an index need not read other rows.
#[derive(Clone)]
pub struct SectionTest {
    /// The keys.
    pub keys: Vec<SectionKey>,
    test: Arc<dyn Fn(&Value) -> bool + Send + Sync>,
}

impl SectionTest {
    /// Values under one of `keys` for which `test` is true.
    pub fn new(
        keys: Vec<SectionKey>,
        test: impl Fn(&Value) -> bool + Send + Sync + 'static,
    ) -> Self {
        let test = Arc::new(test);
        Self { keys, test }
    }

    /// Whether a value passes.
    pub fn passes(&self, value: &Value) -> bool {
        (self.test)(value)
    }
}

impl fmt::Debug for SectionTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SectionTest").field(&self.keys).finish()
    }
}

/// What a row is sorted by if a value under one of these keys is the one that counts; `None` if it is not one that can.
#[derive(Clone)]
pub struct SectionOrder {
    /// The keys.
    pub keys: Vec<SectionKey>,
    of: Arc<OfValue>,
}

type OfValue = dyn Fn(&Value) -> Option<ListValue> + Send + Sync;

impl SectionOrder {
    /// What `of` returns for a value under one of `keys`.
    pub fn new(
        keys: Vec<SectionKey>,
        of: impl Fn(&Value) -> Option<ListValue> + Send + Sync + 'static,
    ) -> Self {
        let of = Arc::new(of);
        Self { keys, of }
    }

    /// What a row with this value is sorted by.
    pub fn of(&self, value: &Value) -> Option<ListValue> {
        (self.of)(value)
    }
}

impl fmt::Debug for SectionOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SectionOrder").field(&self.keys).finish()
    }
}

/// An index over the values under a key of sections.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueIndex {
    /// What its name ends with ([`SectionKey::in_identifiers`]).
    pub key: String,
    /// The bytes that it takes.
    pub bytes: u64,
    /// Whether it is used: one whose making was broken off is not.
    pub is_finished: bool,
}

impl ValueIndex {
    /// Whether it is over the values under `key`.
    pub fn is_of(&self, key: SectionKey) -> bool {
        key.in_identifiers().as_ref() == Some(&self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_of_some_length_are_in_identifiers() {
        let key = |provider, key| SectionKey {
            provider: ProviderName::new(provider),
            key,
        };
        let name = key("maxmind", "country").in_identifiers();
        assert_eq!(name.as_deref(), Some("maxmind$country"));
        for odd in [
            key("max'mind", "country"),
            key("maxmind", "geo.country"),
            key("maxmind", ""),
            key("maxmind", "Country"),
            key("maxmind", "a_key_that_is_longer_than_an_identifier_may_be"),
        ] {
            assert_eq!(odd.in_identifiers(), None, "{odd}");
        }
        // Two keys never share a name.
        let (one, other) = (key("a_b", "c"), key("a", "b_c"));
        assert_ne!(one.in_identifiers(), other.in_identifiers());
    }
}
