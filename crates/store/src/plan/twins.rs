//! Merges rows that are one address in several spellings, without losing anything. The order of the rows does not
//! matter.

use std::cmp::Reverse;

use ipcascade_core::asn::Asn;
use ipcascade_core::clock::{Timestamp, parse_timestamp};
use ipcascade_core::document::Document;
use ipcascade_core::store::AddressRow;
use serde_json::{Map, Value};

/// The row with everything that `a` and `b`, rows of one address, contain. Of two sections with one name the later one
/// counts.
pub(super) fn merged(a: AddressRow, b: AddressRow) -> AddressRow {
    let (attribution, verified) = attribution(&a).max(attribution(&b)).into_parts();
    AddressRow {
        address: a.address,
        current_asn: attribution,
        asn_last_verified: verified,
        first_seen: a.first_seen.min(b.first_seen),
        last_seen: a.last_seen.max(b.last_seen),
        session_count: a.session_count.saturating_add(b.session_count),
        enrichment: documents(&a.enrichment, &b.enrichment),
        enrichment_updated_at: a.enrichment_updated_at.max(b.enrichment_updated_at),
    }
}

/// The quality of an attribution: any is better than none, the later one better than the earlier.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Attribution {
    is_known: bool,
    verified: Option<Timestamp>,
    asn: Option<Reverse<Asn>>,
}

impl Attribution {
    fn into_parts(self) -> (Option<Asn>, Option<Timestamp>) {
        (self.asn.map(|Reverse(asn)| asn), self.verified)
    }
}

fn attribution(row: &AddressRow) -> Attribution {
    Attribution {
        is_known: row.current_asn.is_some(),
        verified: row.asn_last_verified,
        asn: row.current_asn.map(Reverse),
    }
}

fn documents(a: &Document, b: &Document) -> Document {
    let (mut sections, others) = (object(a), object(b));
    for (name, section) in others {
        let is_better = sections
            .get(&name)
            .is_none_or(|known| rank(known) < rank(&section));
        if is_better {
            sections.insert(name, section);
        }
    }
    Document::from_value(Value::Object(sections)).0
}

/// Sections without a readable time are the oldest; of two with the same time the text decides.
fn rank(section: &Value) -> (Option<Timestamp>, String) {
    let cached_at = section.get("cached_at").and_then(Value::as_str);
    (cached_at.and_then(parse_timestamp), section.to_string())
}

fn object(document: &Document) -> Map<String, Value> {
    match serde_json::to_value(document) {
        Ok(Value::Object(sections)) => sections,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn day(day: u32) -> Timestamp {
        parse_timestamp(&format!("2026-01-{:02}", day + 1)).unwrap()
    }

    fn row() -> impl Strategy<Value = AddressRow> {
        let section = (any::<bool>(), 0..3_u32, 0..3_u32);
        let sections = prop::collection::vec((0..3_usize, section), 0..4);
        (
            0..3_u32,
            0..3_u32,
            prop::option::of((1..4_u32, 0..3_u32)),
            sections,
        )
            .prop_map(|(first, last, attribution, sections)| {
                let mut row = AddressRow::new("198.41.0.4".parse().unwrap(), day(first));
                row.last_seen = day(last);
                row.current_asn = attribution.and_then(|(asn, _)| Asn::new(asn));
                row.asn_last_verified = attribution.map(|(_, at)| day(at));
                let sections = sections.into_iter().map(|(name, (dated, at, value))| {
                    let mut section = json!({ "value": value });
                    if dated {
                        section["cached_at"] = json!(ipcascade_core::clock::rfc3339(day(at)));
                    }
                    (["cymru", "spur", "dshield"][name].to_owned(), section)
                });
                row.enrichment = Document::from_value(Value::Object(sections.collect())).0;
                row
            })
    }

    #[test]
    fn nothing_that_either_row_knows_is_lost() {
        let mut odd = AddressRow::new("2606:4700::1111".parse().unwrap(), day(0));
        odd.current_asn = Asn::new(13335);
        let said = json!({"cymru": {"asn": 13335}, "spur": {}});
        odd.enrichment = Document::from_value(said).0;
        let mut twin = AddressRow::new(odd.address, day(1));
        twin.enrichment = Document::from_value(json!({"dshield": {}})).0;
        let merged = merged(twin, odd);
        assert_eq!(merged.current_asn, Asn::new(13335));
        let mut names: Vec<&str> = merged.enrichment.section_names().collect();
        names.sort_unstable();
        assert_eq!(names, ["cymru", "dshield", "spur"]);
    }

    /// Rows are equal if their sections are, in any order.
    fn same(a: &AddressRow, b: &AddressRow) -> bool {
        let sorted = |row: &AddressRow| {
            let mut sections: Vec<_> = object(&row.enrichment)
                .into_iter()
                .map(|(name, section)| (name, section.to_string()))
                .collect();
            sections.sort();
            sections
        };
        let bare = |row: &AddressRow| AddressRow {
            enrichment: Document::default(),
            ..row.clone()
        };
        sorted(a) == sorted(b) && bare(a) == bare(b)
    }

    proptest! {
        #[test]
        fn the_order_of_merging_does_not_matter(a in row(), b in row(), c in row()) {
            let one = merged(merged(a.clone(), b.clone()), c.clone());
            let other = merged(a.clone(), merged(c.clone(), b.clone()));
            prop_assert!(same(&one, &other), "{:#?} {:#?}", one, other);
            prop_assert!(same(&merged(a.clone(), b.clone()), &merged(b, a)));
        }
    }
}
