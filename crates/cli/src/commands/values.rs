//! Values of options that several commands have.

use std::net::IpAddr;

use ipcascade_core::country::CountryCode;
use ipnet::IpNet;

/// Reads a number of at least one.
pub(crate) fn count(text: &str) -> Result<u64, &'static str> {
    match text.trim().parse() {
        Ok(count) if count > 0 => Ok(count),
        _ => Err("expected a whole number, 1 or more"),
    }
}

/// What is expected of [`country`].
pub(crate) const COUNTRY: &str = "the code or the name of a country, such as NL or Netherlands";

/// Reads a country: its code, in any case, or its English name ([ISO 3166-1](https://www.iso.org/iso-3166-country-codes.html)).
pub(crate) fn country(text: &str) -> Result<CountryCode, String> {
    // The library has names without blanks and marks, and as codes also numbers.
    let is_name = text
        .chars()
        .all(|c| c.is_alphabetic() || " .,'’()-".contains(c));
    let name: String = text.chars().filter(|c| c.is_alphabetic()).collect();
    let named = || CountryCode::parse(name.parse::<celes::Country>().ok()?.alpha2);
    let country = match text.trim().to_ascii_uppercase().as_str() {
        // Not the code of any country, and what people write for one.
        "UK" => CountryCode::parse("GB"),
        _ => CountryCode::parse(text).or_else(|| named().filter(|_| is_name && name.len() > 2)),
    };
    country.ok_or_else(|| format!("expected {COUNTRY} (XX and ZZ stand for unknown ones)"))
}

/// Reads a prefix; an address is the prefix of itself alone.
pub(crate) fn prefix(text: &str) -> Result<IpNet, &'static str> {
    let text = text.trim();
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse()
        .or_else(|_| address())
        .map_err(|_| "expected a prefix, such as 192.0.2.0/24 or 2001:db8::/32, or an address")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_prefixes_are_read() {
        assert_eq!(count(" 12 "), Ok(12));
        for text in ["0", "", "x", "-1", "99999999999999999999"] {
            assert!(count(text).is_err(), "{text}");
        }
        let code = |text: &str| country(text).ok().map(|code| code.to_string());
        for (text, expected) in [
            ("nl", Some("NL")),
            ("Netherlands", Some("NL")),
            ("south korea", Some("KR")),
            ("USA", Some("US")),
            ("Cote d'Ivoire", Some("CI")),
            ("uk", Some("GB")),
            ("840", None),
            ("n-l", None),
            ("xx", None),
            ("Atlantis", None),
            ("", None),
        ] {
            assert_eq!(code(text).as_deref(), expected, "{text}");
        }
        let shown = |text: &str| prefix(text).map(|prefix| prefix.to_string());
        assert_eq!(shown("192.0.2.0/24").as_deref(), Ok("192.0.2.0/24"));
        assert_eq!(shown("192.0.2.1").as_deref(), Ok("192.0.2.1/32"));
        assert!(shown("1.2.3.4/33").is_err() && shown("51.77.*").is_err());
    }
}
