//! Time zones.

use chrono::TimeDelta;

/// Names of zones that are ambiguous, or not fixed.
pub(super) const UNKNOWN_ZONES: &[&str] = &[
    "ACDT", "ACST", "ADT", "AEDT", "AEST", "AKDT", "AKST", "ART", "AST", "AWST", "BRT", "BST",
    "CAT", "CDT", "CEST", "CET", "CST", "EAT", "EDT", "EEST", "EET", "EST", "HKT", "HST", "IST",
    "JST", "KST", "MDT", "MSK", "MST", "NZDT", "NZST", "PDT", "PKT", "PST", "SAST", "SGT", "WAT",
    "WEST", "WET", "WIB",
];

/// Whether the text after a time, or after a date alone, may belong to it: then the time is unknown.
pub(super) fn is_unclear(rest: &str, is_date: bool) -> bool {
    // Neither the name of a zone nor an offset.
    let is_word = rest
        .strip_prefix(' ')
        .is_some_and(|next| next.starts_with(|c: char| c.is_ascii_lowercase()));
    if is_word && !is_date {
        return false;
    }
    let next = rest.trim_start();
    let is_offset = rest.starts_with(['+', '\u{2212}'])
        || (rest.starts_with('-')
            && rest
                .get(1..)
                .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())));
    let place = next.trim_start_matches(['[', '(']);
    let place = place
        .split(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '/' | '_' | '-'))
        .next();
    let is_place = place.is_some_and(|place| {
        place.split_once('/').is_some_and(|(area, _)| {
            matches!(
                area,
                "Africa"
                    | "America"
                    | "Asia"
                    | "Atlantic"
                    | "Australia"
                    | "Etc"
                    | "Europe"
                    | "Indian"
                    | "Pacific"
            )
        })
    });
    let is_time_like = is_date && {
        let word = next.split_ascii_whitespace().next().unwrap_or_default();
        let is_address = word
            .split([':', ',', '/'])
            .next()
            .is_some_and(|word| word.parse::<std::net::Ipv4Addr>().is_ok());
        let begins_number = next.starts_with(|c: char| c.is_ascii_digit());
        (begins_number && !is_address) || rest.starts_with([',', '-', '_', 'T'])
    };
    is_offset || is_place || is_time_like || is_unknown_zone(next.trim_start_matches(['(', '[']))
}

/// Whether `text` begins with the name of an unknown zone.
pub(super) fn is_unknown_zone(text: &str) -> bool {
    let word = text
        .trim_start()
        .split(|c: char| !c.is_ascii_alphabetic())
        .next();
    word.is_some_and(|word| UNKNOWN_ZONES.contains(&word))
}

/// The zone that `text` begins with; without one it is UTC. Some programs write `+00:00Z`.
pub(super) fn zone(text: &str) -> (TimeDelta, &str) {
    let spaceless = text.strip_prefix(' ').unwrap_or(text);
    let offset = || {
        let sign = match spaceless.bytes().next()? {
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let rest = spaceless.get(1..)?;
        let hours: i64 = rest.get(..2)?.parse().ok()?;
        let rest = rest.get(2..)?;
        let digits = rest.strip_prefix(':').unwrap_or(rest);
        let minutes: Option<i64> = digits.get(..2).and_then(|text| text.parse().ok());
        let after = match minutes {
            Some(_) => digits.get(2..)?,
            None => rest,
        };
        let after = after.strip_prefix('Z').unwrap_or(after);
        let is_zone =
            hours <= 14 && minutes.is_none_or(|minutes| minutes % 15 == 0 && minutes < 60);
        is_zone.then(|| {
            (
                TimeDelta::minutes(sign * (hours * 60 + minutes.unwrap_or(0))),
                after,
            )
        })
    };
    if let Some(found) = offset() {
        return found;
    }
    for name in ["Z", "z", "UTC", "GMT"] {
        // `GMT+2` is another one.
        if let Some(after) = spaceless.strip_prefix(name)
            && !after.starts_with(['+', '-'])
        {
            return (TimeDelta::zero(), after);
        }
    }
    (TimeDelta::zero(), text)
}
