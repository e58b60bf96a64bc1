//! One line that says what matters about an address.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use ipcascade_core::clock::Timestamp;
use ipcascade_core::field::Field;
use ipcascade_core::policy::{Merged, Policy};
use ipcascade_core::special_purpose::special_purpose;
use ipcascade_core::store::AddressRow;
use unicode_width::UnicodeWidthStr as _;

use crate::output::{csv_cell, one_line, shortened, words};
use crate::records::address::KnownAddress;

/// What the inventory has of something that is not in it.
pub(super) const NOT_STORED: &str = "not stored";

/// What is between two parts.
const BETWEEN: &str = " · ";

/// What the name of an organization is shortened to at least, before other parts are left out.
const SHORTEST_NAME: usize = 12;

/// The flags that are worth a word, with the words.
const FLAGS: [(Field, &str); 6] = [
    (Field::IS_TOR, "Tor exit"),
    (Field::IS_VPN, "VPN"),
    (Field::IS_PROXY, "proxy"),
    (Field::IS_BLOCKLISTED, "on a block list"),
    (Field::RIOT, "common business service"),
    (Field::IS_HOSTING, "hosting"),
];

/// The parts of the line, each of which is in it only if it is known.
#[derive(Debug, Default)]
pub(super) struct Glance {
    asn: Option<String>,
    name: Option<String>,
    country: Option<String>,
    parts: Vec<Part>,
}

/// A part of the line.
#[derive(Clone, Debug)]
struct Part {
    weight: Weight,
    text: String,
    /// What is enough of it.
    short: Option<String>,
}

impl Part {
    /// Its forms, the longer one first.
    fn forms(&self) -> impl Iterator<Item = Self> {
        let short = self.short.clone().map(|text| Self {
            weight: self.weight,
            text,
            short: None,
        });
        std::iter::once(self.clone()).chain(short)
    }
}

/// How much a part matters where there is not room for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    Place,
    Use,
    Inventory,
    Danger,
}

impl Glance {
    /// What is known of an address.
    pub(super) fn of(known: &KnownAddress<'_>, policy: &Policy, now: Timestamp) -> Self {
        let merged = |field| policy.merged_for(field, known.address, known.document, known.origin);
        let text = |field| merged(field).map(|merged| csv_cell(&merged.value));
        let registered = text(Field::REGISTRY_COUNTRY);
        let mut glance = Self {
            asn: known.origin.map(|asn| asn.to_string()),
            name: known.origin.and_then(|_| text(Field::ASN_ORG)),
            country: known.origin.and(registered),
            parts: Vec::new(),
        };
        if let Some(special) = special_purpose(known.address) {
            glance.add(Weight::Danger, format!("bogon ({})", special.reason));
        }
        if let Some(prefix) = text(Field::PREFIX) {
            glance.add(Weight::Place, prefix);
        }
        let country = text(Field::COUNTRY);
        if let Some(country) = country.filter(|country| glance.country.as_ref() != Some(country)) {
            glance.add(Weight::Place, format!("in {country}"));
        }
        glance.parts.push(inventory(known.stored, now));
        if let Some(Merged { value, source, .. }) = merged(Field::CLASSIFICATION)
            && value.as_str() != Some("unknown")
        {
            glance.add(Weight::Danger, format!("{} ({source})", csv_cell(&value)));
        }
        for (field, word) in FLAGS {
            if merged(field).is_some_and(|merged| merged.value.as_bool() == Some(true)) {
                let weight = match field {
                    Field::IS_HOSTING | Field::RIOT => Weight::Use,
                    _ => Weight::Danger,
                };
                glance.add(weight, word.to_owned());
            }
        }
        if text(Field::RPKI).as_deref() == Some("invalid") {
            glance.add(Weight::Danger, "RPKI invalid".to_owned());
        }
        glance
    }

    fn add(&mut self, weight: Weight, part: String) {
        self.parts.push(Part {
            weight,
            text: part,
            short: None,
        });
    }

    /// The line in at most `width` columns: the name is shortened first; then of the parts those are kept that weigh
    /// most, or their short forms, and `…` stands for the others.
    pub(super) fn fitted(mut self, width: usize) -> String {
        let whole = self.line(usize::MAX, false);
        if whole.width() <= width {
            return whole;
        }
        let name = self
            .name
            .as_deref()
            .map_or(0, |name| one_line(name).width());
        let room = name.saturating_sub(whole.width() - width);
        if room >= SHORTEST_NAME {
            return self.line(room, false);
        }
        let parts = std::mem::take(&mut self.parts);
        let mut by_weight: Vec<usize> = (0..parts.len()).collect();
        by_weight.sort_by_key(|&at| (Reverse(parts[at].weight), at));
        let mut kept = BTreeMap::new();
        for at in by_weight {
            for part in parts[at].forms() {
                let mut more = kept.clone();
                more.insert(at, part);
                self.parts = more.values().cloned().collect();
                if self.line(SHORTEST_NAME, true).width() <= width {
                    kept = more;
                    break;
                }
            }
        }
        self.parts = kept.into_values().collect();
        let line = self.line(SHORTEST_NAME, true);
        match line.width() <= width {
            true => line,
            false => shortened(&self.line(usize::MAX, false), width),
        }
    }

    /// The line with a name of at most `name` columns.
    fn line(&self, name: usize, is_cut: bool) -> String {
        let mut parts = Vec::new();
        if let Some(asn) = &self.asn {
            let mut part = asn.clone();
            if let Some(organization) = &self.name {
                part = format!("{part} {}", shortened(&one_line(organization), name));
            }
            if let Some(country) = &self.country {
                part = format!("{part}, {}", one_line(country));
            }
            parts.push(part);
        }
        let others = self.parts.iter();
        parts.extend(others.map(|part| one_line(&part.text).into_owned()));
        if is_cut {
            parts.push("…".to_owned());
        }
        parts.join(BETWEEN)
    }
}

/// What the inventory has of it.
fn inventory(row: Option<&AddressRow>, now: Timestamp) -> Part {
    let sessions = match row.map(|row| row.session_count) {
        None => NOT_STORED.to_owned(),
        Some(0) => "no sessions".to_owned(),
        Some(sessions) => words::sessions(sessions),
    };
    // Rows without a time are read with the beginning of 1970.
    let seen = row.map(|row| row.last_seen);
    let seen = seen.filter(|at| *at != Timestamp::UNIX_EPOCH);
    let (text, short) = match seen {
        Some(at) => {
            let text = format!("{sessions}, last seen {}", words::ago(at, now));
            (text, Some(sessions))
        }
        None => (sessions, None),
    };
    Part {
        weight: Weight::Inventory,
        text,
        short,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(weight: Weight, text: &str, short: Option<&str>) -> Part {
        Part {
            weight,
            text: text.to_owned(),
            short: short.map(str::to_owned),
        }
    }

    fn glance(name: &str) -> Glance {
        Glance {
            asn: Some("AS4134".to_owned()),
            name: Some(name.to_owned()),
            country: Some("CN".to_owned()),
            parts: vec![
                part(Weight::Place, "45.0.0.0/15", None),
                part(
                    Weight::Inventory,
                    "12 sessions, last seen 2 days ago",
                    Some("12 sessions"),
                ),
                part(Weight::Danger, "malicious (greynoise)", None),
                part(Weight::Danger, "Tor exit", None),
            ],
        }
    }

    #[test]
    fn what_is_dangerous_outlasts_all_else() {
        let shown = [200, 110, 80, 60, 40, 20].map(|width| {
            let line = glance("CHINANET-BACKBONE").fitted(width);
            assert!(line.width() <= width, "{width}: {line}");
            line
        });
        assert_eq!(
            shown,
            [
                "AS4134 CHINANET-BACKBONE, CN · 45.0.0.0/15 · 12 sessions, last seen 2 days ago · malicious (greynoise) · Tor exit",
                "AS4134 CHINANET-BACK…, CN · 45.0.0.0/15 · 12 sessions, last seen 2 days ago · malicious (greynoise) · Tor exit",
                "AS4134 CHINANET-BA…, CN · 12 sessions · malicious (greynoise) · Tor exit · …",
                "AS4134 CHINANET-BA…, CN · malicious (greynoise) · …",
                "AS4134 CHINANET-BA…, CN · Tor exit · …",
                "AS4134 CHINANET-BAC…",
            ]
        );
    }

    #[test]
    fn hostile_and_wide_names_stay_in_one_line() {
        for name in [
            "E\u{1b}[2JVIL\n\u{202e}",
            "日本語のとても長い組織の名前です日本語",
            "",
        ] {
            for width in [20, 40, 80, 200] {
                let line = glance(name).fitted(width);
                assert!(line.width() <= width, "{width}: {line}");
                assert_eq!(one_line(&line), line);
            }
        }
    }

    #[test]
    fn nothing_that_is_not_known_is_in_it() {
        let nothing = Glance {
            parts: vec![inventory(None, Timestamp::UNIX_EPOCH)],
            ..Glance::default()
        };
        assert_eq!(nothing.fitted(80), "not stored");
    }
}
