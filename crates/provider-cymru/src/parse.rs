//! Parses the text of answers; pure.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use chrono::NaiveDate;
use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipnet::IpNet;

use crate::answer::{AnnouncedPrefix, BadAnswer, Registration};

/// The longest name of an organisation that is kept, in characters.
const LONGEST_NAME: usize = 255;
/// A field with more ASNs than this is not believed.
const MOST_NUMBERS: usize = 1_000;

/// Reads `15169 | 8.8.8.0/24 | US | arin | 2023-12-28`; `None` if it names no prefix or is `NA` throughout.
///
/// # Errors
///
/// If the text has another form.
pub(crate) fn origin_record(text: &str) -> Result<Option<AnnouncedPrefix>, BadAnswer> {
    let fields: Vec<&str> = text.split('|').map(str::trim).collect();
    let [asns, prefix, rest @ ..] = fields.as_slice() else {
        return Err(BadAnswer::shape(text));
    };
    if rest.len() > 3 {
        return Err(BadAnswer::shape(text));
    }
    let asns = numbers(asns).ok_or_else(|| BadAnswer::shape(text))?;
    let Some(prefix) = present(prefix) else {
        return if asns.is_empty() {
            Ok(None)
        } else {
            Err(BadAnswer::shape(text))
        };
    };
    let prefix: IpNet = prefix.parse().map_err(|_| BadAnswer::shape(text))?;
    Ok(Some(AnnouncedPrefix {
        prefix: prefix.trunc(),
        asns: asns.into_iter().map(|asn| (asn, None)).collect(),
        registration: registration(rest),
    }))
}

/// Reads `23028 | US | arin | 2002-01-04 | TEAM-CYMRU - Team Cymru Inc., US`: the number and the name, if it has one.
///
/// # Errors
///
/// If the text has another form.
pub(crate) fn details_record(text: &str) -> Result<(Asn, Option<Arc<str>>), BadAnswer> {
    let fields: Vec<&str> = text.splitn(5, '|').map(str::trim).collect();
    let [asn, _country, _registry, _allocated, name] = fields.as_slice() else {
        return Err(BadAnswer::shape(text));
    };
    let asn = asn.parse().map_err(|_| BadAnswer::shape(text))?;
    Ok((asn, organisation(name)))
}

/// A line of a bulk answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum BulkLine {
    /// About an address: its origin, nothing (`NA`), or an unusable line.
    About(IpAddr, Result<Option<AnnouncedPrefix>, BadAnswer>),
    /// An error message (escaped), with the number of the query line that it is about if it names one.
    Error(Option<usize>, String),
    /// A banner, a header, an empty line, details of an AS, anything else.
    Other,
}

/// Reads a line of a bulk answer in `verbose` form: `23028 | 216.90.108.31 | 216.90.108.0/24 | US | arin | 1998-09-25 |
/// TEAM-CYMRU, US`.
pub(crate) fn bulk_line(line: &str) -> BulkLine {
    let line = line.trim();
    let starts_with_error = line
        .get(..5)
        .is_some_and(|start| start.eq_ignore_ascii_case("error"));
    if starts_with_error {
        let shown: String = line.chars().take(200).collect();
        return BulkLine::Error(line_number(line), shown.escape_debug().to_string());
    }
    let fields: Vec<&str> = line.splitn(7, '|').map(str::trim).collect();
    let [asns, address, rest @ ..] = fields.as_slice() else {
        return BulkLine::Other;
    };
    // Their spelling of an IPv6 address may differ from ours: only the parsed address counts.
    let Ok(address) = address.parse::<Address>() else {
        return BulkLine::Other;
    };
    BulkLine::About(address.ip(), bulk_origin(line, asns, rest))
}

fn bulk_origin(
    line: &str,
    asns: &str,
    rest: &[&str],
) -> Result<Option<AnnouncedPrefix>, BadAnswer> {
    let bad = || BadAnswer::shape(line);
    let asns = numbers(asns).ok_or_else(bad)?;
    if asns.is_empty() {
        return Ok(None);
    }
    let [prefix, country, registry, allocated, name] = rest else {
        return Err(bad());
    };
    let prefix: IpNet = prefix.parse().map_err(|_| bad())?;
    // A name beside several numbers could be attributed to the wrong one.
    let name = match asns.as_slice() {
        [_] => organisation(name),
        _ => None,
    };
    Ok(Some(AnnouncedPrefix {
        prefix: prefix.trunc(),
        asns: asns
            .into_iter()
            .map(|asn| (asn, name.clone()))
            .collect::<BTreeMap<_, _>>(),
        registration: registration(&[country, registry, allocated]),
    }))
}

/// The 7 of `Error: no ASN or IP match on line 7.`
fn line_number(error: &str) -> Option<usize> {
    let (_, after) = error.rsplit_once("line ")?;
    let digits = after.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// The ASNs of a field: separated by spaces, in braces if they are a set. `NA` and 0 count as none. `None` if it is
/// anything else, or absurdly long.
fn numbers(field: &str) -> Option<Vec<Asn>> {
    let numbers: Vec<Asn> = field
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | '{' | '}'))
        .filter(|token| present(token).is_some() && *token != "0")
        .map(|token| token.parse().ok())
        .collect::<Option<_>>()?;
    (numbers.len() <= MOST_NUMBERS).then_some(numbers)
}

/// Country, registry and date; missing and invalid values are left out.
fn registration(fields: &[&str]) -> Registration {
    let field = |index: usize| fields.get(index).and_then(|field| present(field));
    let is_country = |text: &&str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_alphabetic());
    let is_word = |text: &&str| text.len() <= 16 && text.bytes().all(|b| b.is_ascii_alphanumeric());
    let is_date = |text: &&str| NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok();
    Registration {
        country: field(0).filter(is_country).map(str::to_ascii_uppercase),
        registry: field(1).filter(is_word).map(str::to_ascii_lowercase),
        allocated: field(2).filter(is_date).map(str::to_owned),
    }
}

/// The name of an organisation. Text written by holders of ASNs ends up on terminals and in databases, so it is bounded
/// and without control characters.
fn organisation(field: &str) -> Option<Arc<str>> {
    let name: String = present(field)?
        .chars()
        .filter(|c| !c.is_control())
        .take(LONGEST_NAME)
        .collect();
    present(name.trim()).map(Arc::from)
}

/// The field, unless it is empty or `NA`.
fn present(field: &str) -> Option<&str> {
    (!field.is_empty() && !field.eq_ignore_ascii_case("na")).then_some(field)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::txt_text::txt_text;

    #[test]
    fn an_origin_record_is_read() {
        let origin = origin_record("23028 | 216.90.108.0/24 | US | arin | 1998-09-25")
            .unwrap()
            .unwrap();
        assert_eq!(origin.prefix.to_string(), "216.90.108.0/24");
        assert_eq!(origin.asn().unwrap().0.get(), 23028);
        let registration = &origin.registration;
        assert_eq!(registration.country.as_deref(), Some("US"));
        assert_eq!(registration.registry.as_deref(), Some("arin"));
        assert_eq!(registration.allocated.as_deref(), Some("1998-09-25"));
    }

    #[test]
    fn missing_fields_are_missing() {
        for text in [
            "1930 | 193.136.0.0/15 | | |",
            "1930 | 193.136.0.0/15 | NA | NA | NA",
            "1930 | 193.136.0.0/15",
            "1930 | 193.136.0.0/15 | Portugal |  | 0000-00-00",
        ] {
            let origin = origin_record(text).unwrap().unwrap();
            assert_eq!(origin.registration, Registration::default(), "{text}");
        }
        assert_eq!(origin_record("NA | NA | | other |"), Ok(None));
        let unannounced = origin_record("NA | 10.0.0.0/8 | US | arin |").unwrap();
        assert!(unannounced.unwrap().asns.is_empty());
    }

    #[test]
    fn other_shapes_are_refused() {
        for text in [
            "",
            "v=spf1 -all",
            "23028",
            "23028 | not a prefix | US | arin | 1998-09-25",
            "name | 216.90.108.0/24 | US | arin | 1998-09-25",
            "4294967296 | 216.90.108.0/24 | US | arin | 1998-09-25",
            "23028 | 216.90.108.0/24 | US | arin | 1998-09-25 | more",
            "23028 | NA | US | arin | 1998-09-25",
        ] {
            assert!(origin_record(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_name_may_hold_the_separator() {
        let (asn, name) = details_record("64496 | US | arin | 2002-01-04 | A | B - C, US").unwrap();
        assert_eq!(asn.get(), 64496);
        assert_eq!(name.as_deref(), Some("A | B - C, US"));
        assert!(details_record("64496 | US | arin").is_err());
        let (_, name) = details_record("64496 | | | | NA").unwrap();
        assert_eq!(name, None);
    }

    #[test]
    fn text_of_others_is_tamed() {
        let (_, name) = details_record("64496 | | | | \u{1b}[31mRED\0, US").unwrap();
        assert_eq!(name.as_deref(), Some("[31mRED, US"));
        let long = format!("64496 | | | | {}", "x".repeat(1_000));
        assert_eq!(details_record(&long).unwrap().1.unwrap().len(), 255);
        let (_, name) = details_record("64496 | | | | \0").unwrap();
        assert_eq!(name, None);
        let origin = origin_record("64496 | 193.136.0.0/15 | | a\0b |").unwrap();
        assert_eq!(origin.unwrap().registration.registry, None);
    }

    #[test]
    fn bulk_lines_are_told_apart() {
        let line = "23028   | 216.90.108.31    | 216.90.108.0/24     | US | arin     | 1998-09-25 | TEAM-CYMRU - Team Cymru Inc., US\r";
        let BulkLine::About(ip, Ok(Some(origin))) = bulk_line(line) else {
            panic!("{:?}", bulk_line(line));
        };
        assert_eq!(ip.to_string(), "216.90.108.31");
        let (asn, name) = origin.asn().unwrap();
        assert_eq!(asn.get(), 23028);
        assert_eq!(
            name.map(AsRef::as_ref),
            Some("TEAM-CYMRU - Team Cymru Inc., US")
        );

        let unknown = "NA      | 192.0.2.1      | NA   |    | other    |            | NA";
        let ip: IpAddr = "192.0.2.1".parse().unwrap();
        assert_eq!(bulk_line(unknown), BulkLine::About(ip, Ok(None)));
        assert!(matches!(
            bulk_line("Error: no ASN or IP match on line 7."),
            BulkLine::Error(Some(7), _)
        ));
        assert!(matches!(
            bulk_line("Error: too busy"),
            BulkLine::Error(None, _)
        ));
        for other in [
            "Bulk mode; whois.cymru.com [2026-07-11 17:51:43 +0000]",
            "AS      | IP               | BGP Prefix          | CC | Registry | Allocated  | AS Name",
            "15169 | US | arin | 2000-03-30 | GOOGLE - Google LLC, US",
            "",
        ] {
            assert_eq!(bulk_line(other), BulkLine::Other, "{other}");
        }
    }

    #[test]
    fn an_address_in_their_spelling_is_ours() {
        let line = "15169 | 2001:4860:4860:0000:0000:0000:0000:8888 | 2001:4860::/32 | US | arin | 2005-03-14 | GOOGLE, US";
        let ip: IpAddr = "2001:4860:4860::8888".parse().unwrap();
        assert!(matches!(bulk_line(line), BulkLine::About(found, Ok(Some(_))) if found == ip));
    }

    proptest! {
        #[test]
        fn arbitrary_text_is_refused_without_panic(text in "(?s).{0,200}", bytes: Vec<u8>) {
            let separators = text.matches('|').count();
            prop_assert!(separators > 0 || origin_record(&text).is_err());
            prop_assert!(separators > 3 || details_record(&text).is_err());
            prop_assert!(separators > 0 || !matches!(bulk_line(&text), BulkLine::About(..)));
            prop_assert!(txt_text([bytes.as_slice()]).len() <= 3 * bytes.len());
        }

        #[test]
        fn every_origin_record_comes_back(asn in 1_u32.., address: u32, length in 0_u8..=32) {
            let prefix = ipnet::Ipv4Net::new(address.into(), length).unwrap().trunc();
            let origin = origin_record(&format!("{asn} | {prefix} | DE | ripencc | 2001-01-01"))
                .unwrap()
                .unwrap();
            prop_assert_eq!(origin.prefix, IpNet::V4(prefix));
            prop_assert_eq!(origin.asn().unwrap().0.get(), asn);
        }
    }
}
