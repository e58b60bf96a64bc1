//! Where the addresses of a prefix are in the order of texts.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::listing::Cell;

/// Ranges of texts, bytewise, that contain the addresses of a prefix in any spelling; `None` if they may be anywhere.
pub(super) fn text_ranges(prefix: &IpNet) -> Option<Vec<(Cell, Option<Cell>)>> {
    let (beginnings, separator) = match prefix.network() {
        IpAddr::V4(network) => {
            let whole = usize::from(prefix.prefix_len() / 8).min(3);
            let octets = network.octets().into_iter().take(whole);
            let octets: Vec<String> = octets.map(|octet| octet.to_string()).collect();
            (vec![octets.join(".")], '.')
        }
        IpAddr::V6(network) => match network.segments()[0] {
            // A group of zeros may be part of `::`.
            0 => return None,
            _ if prefix.prefix_len() < 16 => return None,
            group => (in_any_case(&format!("{group:x}")), ':'),
        },
    };
    if beginnings.iter().any(String::is_empty) {
        return None;
    }
    let range = |from: String, to: String| (Cell::Text(from), Some(Cell::Text(to)));
    // The character after `.` and `:` in ASCII.
    let next = match separator {
        '.' => '/',
        _ => ';',
    };
    let mut ranges: Vec<_> = beginnings
        .into_iter()
        .map(|text| range(format!("{text}{separator}"), format!("{text}{next}")))
        .collect();
    // Odd spellings begin with blanks, with zeros, or as IPv4-mapped addresses.
    ranges.push(range(String::new(), "1".to_owned()));
    ranges.push(range(":".to_owned(), ";".to_owned()));
    // Not up to a last character: the encoding of a database may lack it.
    ranges.push((Cell::Text("\u{7f}".to_owned()), None));
    Some(ranges)
}

/// A text with each of its letters in both cases.
fn in_any_case(text: &str) -> Vec<String> {
    text.chars().fold(vec![String::new()], |texts, letter| {
        let with = |case: char| texts.iter().map(move |text| format!("{text}{case}"));
        let (lower, upper) = (letter.to_ascii_lowercase(), letter.to_ascii_uppercase());
        match lower == upper {
            true => with(lower).collect(),
            false => with(lower).chain(with(upper)).collect(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_texts_cover_their_prefix() {
        for anywhere in ["128.0.0.0/1", "::/96", "2000::/3"] {
            assert_eq!(text_ranges(&anywhere.parse().unwrap()), None);
        }
        for (prefix, spellings) in [
            (
                "10.0.0.0/8",
                vec!["10.1.2.3", " 10.1.2.3", "::ffff:10.0.0.1", "10.1.2.3 "],
            ),
            (
                "10.16.0.0/12",
                vec!["10.17.2.3", "0:0:0:0:0:ffff:10.17.2.3", "::FFFF:0a10:1"],
            ),
            ("10.16.3.4/32", vec!["10.16.3.4", "\u{a0}10.16.3.4"]),
            (
                "2a00:db8::/32",
                vec!["2a00:db8::1", "2A00:DB8::1", "2a00:0db8:0:0:0:0:0:1"],
            ),
            ("a00::/16", vec!["a00::1", "A00::1", "0a00::1", "0A00::1"]),
        ] {
            let ranges = text_ranges(&prefix.parse().unwrap()).unwrap();
            for spelling in spellings {
                let text = Cell::Text(spelling.to_owned());
                let mut covering = ranges
                    .iter()
                    .filter(|(from, to)| *from <= text && to.as_ref().is_none_or(|to| text < *to));
                assert!(covering.next().is_some(), "{prefix}: {spelling}");
            }
        }
        let ranges = text_ranges(&"10.16.0.0/16".parse().unwrap()).unwrap();
        let other = Cell::Text("10.17.0.1".to_owned());
        assert!(
            !ranges
                .iter()
                .any(|(from, to)| *from <= other && to.as_ref().is_none_or(|to| other < *to))
        );
    }
}
