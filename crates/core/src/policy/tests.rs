//! Which source wins, and what is evidence.

use serde_json::{Value, json};

use crate::address::Address;
use crate::asn::Asn;
use crate::asn_evidence::{AsnColumn, AsnEvidence};
use crate::document::Document;
use crate::field::{Field, FieldSource};
use crate::policy::source_order::{Policy, PolicySource};
use crate::provider_name::ProviderName;

const GEO: ProviderName = ProviderName::new("geo");

const WHOIS: ProviderName = ProviderName::new("whois");

const GEO_FIELDS: &[FieldSource] = &[
    FieldSource::same(Field::ASN),
    FieldSource::same(Field::ASN_ORG),
    FieldSource::same(Field::COUNTRY),
];

const WHOIS_FIELDS: &[FieldSource] = &[
    FieldSource::same(Field::ASN),
    FieldSource::same(Field::ASN_ORG),
    FieldSource::new(Field::REGISTRY_COUNTRY, "country"),
    FieldSource::same(Field::REGISTRY),
];

fn policy() -> Policy {
    Policy::new(vec![
        PolicySource {
            name: GEO,
            fields: GEO_FIELDS.into(),
        },
        PolicySource {
            name: WHOIS,
            fields: WHOIS_FIELDS.into(),
        },
    ])
}

fn address() -> Address {
    "198.41.0.4".parse().unwrap()
}

fn document(value: Value) -> Document {
    Document::from_value(value).0
}

#[test]
fn validity_is_that_of_the_origin_that_has_won() {
    const ROUTES: ProviderName = ProviderName::new("routes");
    const FIELDS: &[FieldSource] = &[
        FieldSource::same(Field::ASN),
        FieldSource::same(Field::RPKI),
    ];
    let sources = [(GEO, GEO_FIELDS), (ROUTES, FIELDS)];
    let source = |(name, fields): (ProviderName, &'static [FieldSource])| PolicySource {
        name,
        fields: fields.into(),
    };
    let policy = Policy::new(sources.map(source).into());
    let address = "198.41.0.4".parse().unwrap();
    for (asn, expected) in [(1, Some("invalid")), (2, None)] {
        let document = json!({"geo": {"asn": 1}, "routes": {"asn": asn, "rpki": "invalid"}});
        let document = Document::from_value(document).0;
        let merged = policy.merged(Field::RPKI, address, &document);
        let merged = merged.and_then(|merged| merged.value.as_str().map(str::to_owned));
        assert_eq!(merged.as_deref(), expected, "AS{asn}");
    }
}

#[test]
fn the_first_source_that_says_something_wins_each_field() {
    let document = document(json!({
        "geo": {"asn": null, "asn_org": " ", "country": "us"},
        "whois": {"asn": "AS65001", "asn_org": "EXAMPLE", "country": "NL"},
    }));
    let merged = |field| {
        policy()
            .merged(field, address(), &document)
            .map(|m| m.source)
    };
    assert_eq!(merged(Field::ASN), Some(WHOIS));
    assert_eq!(merged(Field::ASN_ORG), Some(WHOIS));
    assert_eq!(merged(Field::COUNTRY), Some(GEO));
    assert_eq!(merged(Field::CITY), None);
}

#[test]
fn one_source_s_as_has_not_the_name_of_another_s() {
    let document = document(json!({
        "geo": {"asn": 9676, "country": "tw"},
        "whois": {"asn": "AS9674", "asn_org": "FarEasTone", "country": "TW", "registry": "apnic"},
    }));
    let view = policy().merged_view(address(), &document);
    let view: Vec<(&str, Value)> = view
        .iter()
        .map(|(field, merged)| (field.name(), merged.value.clone().into_owned()))
        .collect();
    assert_eq!(view, [("asn", json!(9676)), ("country", json!("TW"))]);
    for field in [Field::ASN_ORG, Field::REGISTRY, Field::REGISTRY_COUNTRY] {
        assert_eq!(
            policy().merged(field, address(), &document),
            None,
            "{field}"
        );
    }
    let preferring = policy().prefer(Field::ASN, vec![WHOIS]);
    let merged = |field| {
        let merged = preferring.merged(field, address(), &document);
        merged.map(|merged| merged.value.into_owned())
    };
    assert_eq!(merged(Field::ASN), Some(json!(9674)));
    assert_eq!(merged(Field::ASN_ORG), Some(json!("FarEasTone")));
}

#[test]
fn a_statement_about_a_prefix_needs_no_as() {
    let document = document(json!({
        "geo": {"asn": 65001, "asn_org": "EXAMPLE"},
        "whois": {"registry": "arin", "country": "US"},
    }));
    let merged = policy().merged(Field::REGISTRY, address(), &document);
    assert_eq!(merged.unwrap().source, WHOIS);
    let nameless = super::tests::document(json!({"whois": {"asn_org": "NAME"}}));
    let merged = policy().merged(Field::ASN_ORG, address(), &nameless);
    assert_eq!(merged.unwrap().source, WHOIS);
}

#[test]
fn preference_for_a_field_goes_before_the_general_order() {
    let document = document(json!({"geo": {"asn": 1}, "whois": {"asn": 2}}));
    assert_eq!(
        policy().attribution(address(), &document),
        Some((Asn::new(1).unwrap(), GEO))
    );
    let policy = policy().prefer(Field::ASN, vec![WHOIS]);
    assert_eq!(
        policy.attribution(address(), &document),
        Some((Asn::new(2).unwrap(), WHOIS))
    );
    assert_eq!(policy.rank(Field::ASN, "geo"), Some(1));
}

#[test]
fn sections_about_another_as_or_prefix_do_not_count() {
    let asn = Asn::new(65001).unwrap();
    let evidence = |value| policy().asn_evidence(asn, address(), &document(value));
    let other_as = json!({"whois": {"asn": 65002, "asn_org": "OTHER", "registry": "arin"}});
    assert_eq!(evidence(other_as), AsnEvidence::default());
    let other_prefix =
        json!({"whois": {"asn": 65001, "asn_org": "OTHER", "prefix": "4.0.41.0/24"}});
    assert_eq!(evidence(other_prefix), AsnEvidence::default());
    let good =
        json!({"whois": {"asn": 65001, "asn_org": "GOOD", "registry": "RIPENCC", "country": "NL"}});
    let evidence = evidence(good);
    assert_eq!(
        evidence.get(AsnColumn::RirRegistry).unwrap().value,
        "ripencc"
    );
    assert_eq!(
        evidence.get(AsnColumn::OrganizationCountry).unwrap().value,
        "NL"
    );
}

#[test]
fn a_geo_country_stands_in_for_the_registry_only_if_allowed_and_marked() {
    let asn = Asn::new(65001).unwrap();
    let document = document(json!({"geo": {"asn": 65001, "country": "DE"}}));
    assert_eq!(
        policy().asn_evidence(asn, address(), &document),
        AsnEvidence::default()
    );
    let lenient = policy().geo_country_fills_registry(true);
    let evidence = lenient.asn_evidence(asn, address(), &document);
    let country = evidence.get(AsnColumn::OrganizationCountry).unwrap();
    assert!(country.inferred && country.value == "DE");
}
