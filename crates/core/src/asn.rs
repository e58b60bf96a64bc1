//! Autonomous system numbers.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An autonomous system number: 32 bits, unsigned ([RFC 6793]), never zero.
///
/// AS0 is reserved ([RFC 7607]) and means "none" here, so it is not an `Asn`: an address without an origin has no `Asn`
/// at all. Written `AS15169` for people and as a number in JSON.
///
/// ```
/// use ipcascade_core::asn::Asn;
///
/// let asn: Asn = "AS4294967295".parse().unwrap();
/// assert_eq!(asn.to_string(), "AS4294967295");
/// assert_eq!(serde_json::to_string(&asn).unwrap(), "4294967295");
/// assert!("AS0".parse::<Asn>().is_err());
/// ```
///
/// [RFC 6793]: https://www.rfc-editor.org/rfc/rfc6793
/// [RFC 7607]: https://www.rfc-editor.org/rfc/rfc7607
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Asn(NonZeroU32);

impl Asn {
    /// The number as an `Asn`, or `None` for AS0.
    pub const fn new(number: u32) -> Option<Self> {
        match NonZeroU32::new(number) {
            Some(number) => Some(Self(number)),
            None => None,
        }
    }

    /// The plain number.
    pub const fn get(self) -> u32 {
        self.0.get()
    }

    /// Returns why no address can originate from an AS with this number: it stands for another one, or is for use
    /// inside networks only ([RFC 6793], [RFC 6996], [RFC 7300]). Documentation ASNs are not included.
    ///
    /// ```
    /// use ipcascade_core::asn::Asn;
    ///
    /// let why = |number| Asn::new(number).unwrap().never_origin();
    /// assert_eq!(why(15169), None);
    /// assert_eq!(why(23456), Some("AS_TRANS, which stands for a number of 32 bits"));
    /// assert_eq!(why(64512), Some("for private use"));
    /// ```
    ///
    /// [RFC 6996]: https://www.rfc-editor.org/rfc/rfc6996
    /// [RFC 7300]: https://www.rfc-editor.org/rfc/rfc7300
    pub const fn never_origin(self) -> Option<&'static str> {
        match self.get() {
            23_456 => Some("AS_TRANS, which stands for a number of 32 bits"),
            64_512..=65_534 | 4_200_000_000..=4_294_967_294 => Some("for private use"),
            65_535 | 4_294_967_295 => Some("reserved"),
            _ => None,
        }
    }

    /// Reads an `Asn` from a 64-bit database column; `None` for zero and numbers out of range.
    pub fn from_i64(number: i64) -> Option<Self> {
        u32::try_from(number).ok().and_then(Self::new)
    }

    /// Reads an ASN as files and services write it in JSON: a number of any width, a number with a fraction of zero, or
    /// text such as `"15169"` and `"AS15169"`.
    pub fn from_json(value: &Value) -> Option<Self> {
        match value {
            Value::Number(number) => {
                let number = number.as_i64().or_else(|| whole(number.as_f64()?))?;
                Self::from_i64(number)
            }
            Value::String(text) => text.parse().ok(),
            _ => None,
        }
    }
}

/// Converts a float to an integer, if it is a whole number in the range of ASNs.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the range is checked first"
)]
fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number))
        .then_some(number as i64)
}

impl fmt::Display for Asn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AS{}", self.0)
    }
}

/// Text that is not an autonomous system number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an AS number: expected 1 to 4294967295, with or without `AS` in front")]
pub struct ParseAsnError(String);

impl FromStr for Asn {
    type Err = ParseAsnError;

    /// Accepts `15169`, `AS15169`, `as15169`, `ASN15169` and the dotted form `64512.1` of RFC 5396.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ParseAsnError(text.chars().take(40).collect());
        let trimmed = text.trim();
        let behind = |word: &str| {
            let front = trimmed.get(..word.len())?;
            let rest = trimmed.get(word.len()..)?;
            front.eq_ignore_ascii_case(word).then(|| rest.trim_start())
        };
        let digits = behind("asn").or_else(|| behind("as")).unwrap_or(trimmed);
        if !digits
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.')
        {
            return Err(error());
        }
        let number = match digits.split_once('.') {
            Some((high, low)) => {
                let high: u16 = high.parse().map_err(|_| error())?;
                let low: u16 = low.parse().map_err(|_| error())?;
                u32::from(high) << 16 | u32::from(low)
            }
            None => digits.parse().map_err(|_| error())?,
        };
        Self::new(number).ok_or_else(error)
    }
}

impl From<Asn> for i64 {
    fn from(asn: Asn) -> Self {
        Self::from(asn.get())
    }
}

impl From<Asn> for Value {
    fn from(asn: Asn) -> Self {
        Self::from(asn.get())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_is_read_in_every_usual_spelling() {
        for text in [
            "15169",
            "AS15169",
            "as15169",
            " AS 15169 ",
            "asn15169",
            "ASN 15169",
        ] {
            assert_eq!(text.parse::<Asn>().unwrap().get(), 15169, "{text}");
        }
        assert_eq!("1.10".parse::<Asn>().unwrap().get(), 65546);
    }

    #[test]
    fn zero_negative_too_large_and_garbage_are_refused() {
        for text in [
            "",
            "0",
            "AS0",
            "-1",
            "+5",
            "4294967296",
            "AS",
            "ASN",
            "ASNN1",
            "1.2.3",
            "15169 36040",
            "é1",
        ] {
            assert!(text.parse::<Asn>().is_err(), "{text}");
        }
    }

    #[test]
    fn json_of_every_width_is_read() {
        for value in [
            json!(13335),
            json!(13335.0),
            json!("13335"),
            json!("AS13335"),
        ] {
            assert_eq!(Asn::from_json(&value), Asn::new(13335), "{value}");
        }
        for value in [
            json!(0),
            json!(-5),
            json!(1.5),
            json!(4294967296_u64),
            json!(null),
            json!([1]),
        ] {
            assert_eq!(Asn::from_json(&value), None, "{value}");
        }
    }
}
