//! What is a difference, and how differences are counted.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::asn::Asn;
use crate::audit::examination::{Audit, SourceDifference};
use crate::audit::topic::Topic;
use crate::clock::Timestamp;
use crate::document::Document;
use crate::field::{Field, FieldSource};
use crate::policy::{Policy, PolicySource};
use crate::provider_name::ProviderName;
use crate::store::AddressRow;

const GEO: ProviderName = ProviderName::new("geo");

const ROUTES: ProviderName = ProviderName::new("routes");

fn policy() -> Policy {
    const GEO_FIELDS: &[FieldSource] = &[
        FieldSource::same(Field::ASN),
        FieldSource::same(Field::COUNTRY),
        FieldSource::same(Field::REGISTERED_COUNTRY),
    ];
    const ROUTES_FIELDS: &[FieldSource] = &[
        FieldSource::same(Field::ASN),
        FieldSource::same(Field::ORIGINS),
        FieldSource::same(Field::RPKI),
        FieldSource::same(Field::RPKI_INVALID),
        FieldSource::new(Field::REGISTRY_COUNTRY, "country"),
    ];
    Policy::new(vec![
        PolicySource {
            name: GEO,
            fields: GEO_FIELDS.into(),
        },
        PolicySource {
            name: ROUTES,
            fields: ROUTES_FIELDS.into(),
        },
    ])
}

fn row(document: Value) -> AddressRow {
    let mut row = AddressRow::new("198.41.0.4".parse().unwrap(), Timestamp::UNIX_EPOCH);
    row.enrichment = Document::from_value(document).0;
    row
}

/// The differences, as `topic left right`.
fn examined(document: Value) -> Vec<String> {
    let policy = policy();
    let mut audit = Audit::new(Arc::new(policy), Topic::ALL);
    let differences = audit.examine(&row(document));
    let text =
        |d: &SourceDifference| format!("{} {} {}", d.topic.name(), d.left.value, d.right.value);
    differences.iter().map(text).collect()
}

#[test]
fn spelling_is_not_a_difference_and_values_are() {
    let same = json!({"geo": {"asn": 64500, "registered_country": "nl"},
        "routes": {"asn": "AS64500", "country": "NL"}});
    assert!(examined(same).is_empty());
    let other = json!({"geo": {"asn": 64500, "country": "DE", "registered_country": "NL"},
        "routes": {"asn": 64501, "country": "US"}});
    assert_eq!(
        examined(other),
        [
            "asn AS64500 AS64501",
            "registration NL US",
            "country_vs_registration DE US"
        ]
    );
}

#[test]
fn a_section_about_another_prefix_says_nothing() {
    let wrong = json!({"geo": {"asn": 64500}, "routes": {"asn": 64501, "prefix": "4.0.41.0/24"}});
    assert!(examined(wrong).is_empty());
}

#[test]
fn one_of_several_origins_is_not_a_difference() {
    let several = json!({"geo": {"asn": 64500},
        "routes": {"asn": 64501, "origins": [64501, 64500]}});
    assert!(examined(several).is_empty());
}

#[test]
fn an_rpki_invalid_origin_is_listed_and_is_not_a_conflict() {
    let policy = policy();
    let mut audit = Audit::new(Arc::new(policy), Topic::ALL);
    for (rpki, expected) in [("valid", 0), ("invalid", 1), ("not_found", 0), ("", 0)] {
        let routes = json!({"asn": 64501, "rpki": rpki});
        let row = row(json!({"geo": {"asn": 64501}, "routes": routes}));
        let differences = audit.examine(&row);
        assert_eq!(differences.len(), expected, "{rpki}: {differences:?}");
        for difference in differences {
            assert_eq!(difference.topic, Topic::Rpki);
            assert_eq!(difference.left.value.to_string(), "AS64501");
            assert_eq!(difference.right.value.to_string(), "invalid");
        }
    }
    let pair = audit
        .pairs()
        .find(|pair| pair.topic == Topic::Rpki)
        .unwrap();
    assert_eq!((pair.left, pair.right), (ROUTES, ROUTES));
    assert_eq!((pair.compared, pair.different), (2, 1));
    assert!(!audit.has_conflicts());

    let both =
        json!({"asn": 64501, "origins": [64501, 64666], "rpki": "valid", "rpki_invalid": [64666]});
    let differences = audit.examine(&row(json!({"routes": both})));
    assert_eq!(differences.len(), 1, "{differences:?}");
    assert_eq!(differences[0].left.value.to_string(), "AS64666");
    let alone = json!({"asn": 64501, "rpki": "invalid", "rpki_invalid": [64501]});
    assert_eq!(audit.examine(&row(json!({"routes": alone}))).len(), 1);
}

#[test]
fn counts_are_by_pair_of_sources_and_by_as() {
    let policy = policy();
    let mut audit = Audit::new(Arc::new(policy), [Topic::Asn]);
    for other in [64501, 64501, 64502, 64500] {
        let mut row = row(json!({"geo": {"asn": 64500}, "routes": {"asn": other}}));
        row.current_asn = Asn::new(64500);
        audit.examine(&row);
    }
    audit.examine(&row(json!({"geo": {"asn": 64500}})));
    let pairs: Vec<_> = audit.pairs().collect();
    assert_eq!((pairs[0].compared, pairs[0].different), (4, 3));
    let asns = audit.asns();
    assert_eq!(asns.len(), 1);
    assert_eq!(asns[0].different, 3);
    assert_eq!(asns[0].commonest.as_ref().unwrap().1.to_string(), "AS64501");
    assert_eq!(audit.addresses(), 5);
    assert!(audit.has_conflicts());
}
