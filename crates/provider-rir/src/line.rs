//! Reads one line of a "delegated-extended" file.

use std::net::{Ipv4Addr, Ipv6Addr};

use chrono::NaiveDate;

/// A parsed line.
#[derive(Debug, PartialEq)]
pub(crate) enum DelegatedLine<'a> {
    /// Empty, or a comment.
    Nothing,
    /// The first line: `version|registry|serial|records|startdate|enddate|UTCoffset`.
    Header {
        registry: &'a str,
        /// The day of the file.
        end: Option<NaiveDate>,
    },
    /// `registry|*|type|*|count|summary`.
    Summary { kind: &'a str, count: u64 },
    /// A range of addresses, or of ASNs.
    Range(Delegation<'a>),
}

#[derive(Debug, PartialEq)]
pub(crate) struct Delegation<'a> {
    pub(crate) family: Family,
    /// First and last address or ASN, as numbers.
    pub(crate) first: u128,
    pub(crate) last: u128,
    pub(crate) registry: &'a str,
    pub(crate) country: Option<[u8; 2]>,
    pub(crate) date: Option<NaiveDate>,
    pub(crate) status: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    V4,
    V6,
    /// ASNs.
    Asn,
}

/// Reads `line`; the error says what is wrong with it.
pub(crate) fn read(line: &str) -> Result<DelegatedLine<'_>, &'static str> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(DelegatedLine::Nothing);
    }
    let mut parts = line.split('|');
    let mut next = || parts.next().map(str::trim);
    let (Some(first), Some(second), Some(third), Some(fourth), Some(fifth), Some(sixth)) =
        (next(), next(), next(), next(), next(), next())
    else {
        return Err("has fewer than six fields");
    };
    if first.starts_with(|c: char| c.is_ascii_digit()) {
        let end = date(sixth).ok().flatten();
        let end = end.or_else(|| date(third).ok().flatten());
        return Ok(DelegatedLine::Header {
            registry: second,
            end,
        });
    }
    if sixth == "summary" {
        let count = fifth.parse().map_err(|_| "has a count that is no number")?;
        return Ok(DelegatedLine::Summary { kind: third, count });
    }
    let status = next().filter(|status| !status.is_empty());
    let status = status.ok_or("has no status")?;
    let (family, (start, last)) = match third {
        "asn" => (Family::Asn, asns(fourth, fifth)?),
        "ipv4" => (Family::V4, ipv4(fourth, fifth)?),
        "ipv6" => (Family::V6, ipv6(fourth, fifth)?),
        _ => return Err("is about neither ipv4, ipv6 nor asn"),
    };
    Ok(DelegatedLine::Range(Delegation {
        family,
        first: start,
        last,
        registry: first,
        country: country(second)?,
        date: date(sixth)?,
        status,
    }))
}

/// Reads the first number and the count.
fn asns(start: &str, count: &str) -> Result<(u128, u128), &'static str> {
    let first: u32 = start.parse().map_err(|_| "has no AS number to start at")?;
    let count: u64 = count.parse().map_err(|_| "has a count that is no number")?;
    let last = count
        .checked_sub(1)
        .and_then(|more| u64::from(first).checked_add(more))
        .filter(|&last| last <= u64::from(u32::MAX));
    let last = last.ok_or("has a count that is 0 or beyond the last AS number")?;
    Ok((first.into(), last.into()))
}

/// Reads the first address and the count, which need not be a power of two.
fn ipv4(start: &str, count: &str) -> Result<(u128, u128), &'static str> {
    let start: Ipv4Addr = start
        .parse()
        .map_err(|_| "has no IPv4 address to start at")?;
    let count: u64 = count.parse().map_err(|_| "has a count that is no number")?;
    let first = u64::from(u32::from(start));
    let last = count
        .checked_sub(1)
        .and_then(|more| first.checked_add(more))
        .filter(|&last| last <= u64::from(u32::MAX));
    let last = last.ok_or("has a count that is 0 or beyond the last address")?;
    Ok((first.into(), last.into()))
}

/// Reads the first address and the length of the prefix.
fn ipv6(start: &str, length: &str) -> Result<(u128, u128), &'static str> {
    let start: Ipv6Addr = start
        .parse()
        .map_err(|_| "has no IPv6 address to start at")?;
    let length: u32 = length
        .parse()
        .map_err(|_| "has a prefix length that is no number")?;
    let hosts = match length {
        0 => u128::MAX,
        1..=128 => u128::MAX.checked_shr(length).unwrap_or(0),
        _ => return Err("has a prefix length above 128"),
    };
    let first = u128::from(start);
    if first & hosts != 0 {
        return Err("has address bits after its prefix");
    }
    Ok((first, first | hosts))
}

/// Reads a country; `ZZ` and an empty text mean none.
fn country(text: &str) -> Result<Option<[u8; 2]>, &'static str> {
    match text.as_bytes() {
        [] | b"ZZ" | b"zz" => Ok(None),
        [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
            Ok(Some([a.to_ascii_uppercase(), b.to_ascii_uppercase()]))
        }
        _ => Err("has a country that is not two letters"),
    }
}

fn date(text: &str) -> Result<Option<NaiveDate>, &'static str> {
    if text.is_empty() || text == "00000000" {
        return Ok(None);
    }
    if text.len() != 8 {
        return Err("has a date that is not YYYYMMDD");
    }
    NaiveDate::parse_from_str(text, "%Y%m%d")
        .map(Some)
        .map_err(|_| "has a date that is not YYYYMMDD")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(line: &str) -> Delegation<'_> {
        match read(line) {
            Ok(DelegatedLine::Range(range)) => range,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn each_kind_of_line_is_told_apart() {
        assert_eq!(read("# a comment"), Ok(DelegatedLine::Nothing));
        assert_eq!(read(" \r"), Ok(DelegatedLine::Nothing));
        let header = read("2.3|arin|1700000000000|163000|19700101|20261105|-0500");
        let end = NaiveDate::from_ymd_opt(2026, 11, 5);
        let registry = "arin";
        assert_eq!(header, Ok(DelegatedLine::Header { registry, end }));
        let summary = DelegatedLine::Summary {
            kind: "ipv4",
            count: 42,
        };
        assert_eq!(read("arin|*|ipv4|*|42|summary"), Ok(summary));
        let asns = range("apnic|JP|asn|173|2|20020801|allocated|A91A7381");
        assert_eq!(
            (asns.family, asns.first, asns.last),
            (Family::Asn, 173, 174)
        );
    }

    #[test]
    fn ranges_are_read_with_and_without_their_last_field() {
        let line = "apnic|au|ipv4|1.0.0.0|768|20110811|assigned|A91872ED";
        let delegation = range(line);
        assert_eq!(delegation, range(line.rsplit_once('|').unwrap().0));
        assert_eq!(delegation.first, 0x0100_0000);
        assert_eq!(delegation.last, 0x0100_02ff);
        assert_eq!(delegation.country, Some(*b"AU"));
        assert_eq!(delegation.date, NaiveDate::from_ymd_opt(2011, 8, 11));
        let delegation = range("ripencc|ZZ|ipv6|2001:600::|32||available");
        assert_eq!(delegation.last - delegation.first, u128::MAX >> 32);
        assert_eq!((delegation.country, delegation.date), (None, None));
        assert_eq!(range("x||ipv6|::|0|00000000|reserved").last, u128::MAX);
        assert_eq!(range("x||ipv6|::1|128||reserved").last, 1);
    }

    #[test]
    fn lines_that_cannot_be_are_refused() {
        for line in [
            "<html>",
            "arin|US|asn|AS1|1|20110811|allocated",
            "arin|US|asn|4294967295|2|20110811|allocated",
            "arin|US|asn|1|0|20110811|allocated",
            "arin|US|ipv4|1.0.0.0|256",
            "arin|US|ipv4|1.0.0.0|256|20110811",
            "arin|US|ipv4|1.0.0.0|256|20110811|",
            "arin|US|ipv4|1.0.0|256|20110811|allocated",
            "arin|US|ipv4|1.0.0.0|0|20110811|allocated",
            "arin|US|ipv4|255.255.255.0|257|20110811|allocated",
            "arin|US|ipv4|1.0.0.0|18446744073709551615|20110811|allocated",
            "arin|US|ipv4|1.0.0.0|256|20111311|allocated",
            "arin|US|ipv4|1.0.0.0|256|2011-8-1|allocated",
            "arin|USA|ipv4|1.0.0.0|256|20110811|allocated",
            "arin|US|ipv6|2001::|129|20110811|allocated",
            "arin|US|ipv6|2001::1|32|20110811|allocated",
            "arin|US|ipv5|2001::1|32|20110811|allocated",
        ] {
            assert!(read(line).is_err(), "{line}");
        }
    }
}
