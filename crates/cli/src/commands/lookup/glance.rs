//! One line that says what matters about an address.

use ipcascade_core::clock::Timestamp;
use ipcascade_core::field::Field;
use ipcascade_core::policy::{Merged, Policy};
use ipcascade_core::special_purpose::special_purpose;
use ipcascade_core::store::AddressRow;
use unicode_width::UnicodeWidthStr as _;

use crate::output::{csv_cell, one_line, shortened, words};
use crate::records::address::KnownAddress;

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
    parts: Vec<(Weight, String)>,
}

/// What is left out first if the line is too long, the lightest before others.
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
            glance.add(Weight::Danger, format!("not global ({})", special.reason));
        }
        if let Some(prefix) = text(Field::PREFIX) {
            glance.add(Weight::Place, prefix);
        }
        let country = text(Field::COUNTRY);
        if let Some(country) = country.filter(|country| glance.country.as_ref() != Some(country)) {
            glance.add(Weight::Place, format!("in {country}"));
        }
        glance.add(Weight::Inventory, inventory(known.stored, now));
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
        self.parts.push((weight, part));
    }

    /// The line in at most `width` columns: the name is shortened first, then the lightest parts are left out, with `…`
    /// in their place.
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
        loop {
            let line = self.line(SHORTEST_NAME, true);
            let lightest = (0..self.parts.len())
                .rev()
                .min_by_key(|&at| self.parts[at].0);
            match lightest {
                Some(at) if line.width() > width => drop(self.parts.remove(at)),
                _ => return shortened(&line, width),
            }
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
        parts.extend(others.map(|(_, part)| one_line(part).into_owned()));
        if is_cut {
            parts.push("…".to_owned());
        }
        parts.join(BETWEEN)
    }
}

/// What the inventory has of it.
fn inventory(row: Option<&AddressRow>, now: Timestamp) -> String {
    let Some(row) = row else {
        return "not stored".to_owned();
    };
    // Rows without a time are read with the beginning of 1970.
    let seen = (row.last_seen != Timestamp::UNIX_EPOCH)
        .then(|| format!(", last seen {}", words::ago(row.last_seen, now)))
        .unwrap_or_default();
    match row.session_count {
        0 => format!("no sessions{seen}"),
        sessions => format!("{}{seen}", words::sessions(sessions)),
    }
}
