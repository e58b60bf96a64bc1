//! Country codes.

use std::fmt;

use serde::{Serialize, Serializer};
use serde_json::Value;

/// A country by its ISO 3166-1 alpha-2 code, in upper case.
///
/// The user-assigned codes `XX` and `ZZ`, which sources use for "unknown", are not country codes.
///
/// ```
/// use ipcascade_core::country::CountryCode;
///
/// assert_eq!(CountryCode::parse(" nl ").unwrap().as_str(), "NL");
/// assert!(CountryCode::parse("XX").is_none() && CountryCode::parse("NLD").is_none());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CountryCode([u8; 2]);

impl CountryCode {
    /// Reads a code in any case, with white space around it.
    pub fn parse(text: &str) -> Option<Self> {
        let &[first, second] = text.trim().as_bytes() else {
            return None;
        };
        let code = [first, second].map(|byte| byte.to_ascii_uppercase());
        let is_code = code.iter().all(u8::is_ascii_uppercase);
        (is_code && !matches!(&code, b"XX" | b"ZZ")).then_some(Self(code))
    }

    /// Reads a code from a JSON string.
    pub fn from_json(value: &Value) -> Option<Self> {
        Self::parse(value.as_str()?)
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        // Two upper-case ASCII letters, as `parse` ensures.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for CountryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for CountryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for CountryCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
