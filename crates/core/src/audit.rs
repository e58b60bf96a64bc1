//! Finds where sources disagree, over many addresses.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::asn::Asn;
use crate::clock::{Timestamp, rfc3339};
use crate::field::Field;
use crate::policy::Policy;
use crate::provider_name::ProviderName;
use crate::store::AddressRow;

/// Pairs of values that are distinguished for one AS and pair of sources; more are only counted.
const DISTINCT_VALUES: usize = 64;

/// What sources can disagree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Which AS announces the address.
    Asn,
    /// Which country the address is in.
    Country,
    /// Which country the network is registered in.
    Registration,
    /// Which RIR it was allocated by.
    Registry,
    /// The geo country by one source, against the registration country by another: two facts that may well differ, so
    /// not a conflict.
    CountryVsRegistration,
    /// The origin AS by one source, against its RPKI validity by the same source: they differ if the announcement is
    /// invalid. The announcement is a fact, authorised or not, so not a conflict.
    Rpki,
}

impl Topic {
    /// Every topic, in the order in which they are reported.
    pub const ALL: [Self; 6] = [
        Self::Asn,
        Self::Country,
        Self::Registration,
        Self::Registry,
        Self::CountryVsRegistration,
        Self::Rpki,
    ];

    /// The name, as in options and output.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Asn => "asn",
            Self::Country => "country",
            Self::Registration => "registration",
            Self::Registry => "registry",
            Self::CountryVsRegistration => "country_vs_registration",
            Self::Rpki => "rpki",
        }
    }

    /// Whether at most one of two different values can be true.
    pub const fn is_conflict(self) -> bool {
        !matches!(self, Self::CountryVsRegistration | Self::Rpki)
    }

    /// Whether two statements of one source are compared, instead of those of two sources.
    const fn is_within_source(self) -> bool {
        matches!(self, Self::Rpki)
    }

    /// The fields of the left side and of the right side.
    const fn fields(self) -> (&'static [Field], &'static [Field]) {
        const REGISTERED: &[Field] = &[Field::REGISTRY_COUNTRY, Field::REGISTERED_COUNTRY];
        match self {
            Self::Asn => (&[Field::ASN], &[Field::ASN]),
            Self::Country => (&[Field::COUNTRY], &[Field::COUNTRY]),
            Self::Registration => (REGISTERED, REGISTERED),
            Self::Registry => (&[Field::REGISTRY], &[Field::REGISTRY]),
            Self::CountryVsRegistration => (&[Field::COUNTRY], REGISTERED),
            Self::Rpki => (&[Field::ASN], &[Field::RPKI]),
        }
    }
}

/// A value in the canonical form in which sources are compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(untagged)]
pub enum ComparableValue {
    /// An AS.
    Asn(Asn),
    /// A country in upper case, a registry or a validity in lower case.
    Text(String),
}

impl fmt::Display for ComparableValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asn(asn) => asn.fmt(f),
            Self::Text(text) => text.fmt(f),
        }
    }
}

/// A statement of one source about an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceStatement {
    /// The provider.
    pub source: ProviderName,
    /// The field.
    pub field: Field,
    /// The value.
    pub value: ComparableValue,
    /// When it was obtained.
    #[serde(serialize_with = "timestamp")]
    pub cached_at: Option<Timestamp>,
}

fn timestamp<S: serde::Serializer>(
    at: &Option<Timestamp>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    at.map(rfc3339).serialize(serializer)
}

/// Two sources that disagree about an address, or one whose two statements do not agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceDifference {
    /// The topic.
    pub topic: Topic,
    /// The source with precedence by policy; where two facts are compared, that of the location.
    pub left: SourceStatement,
    /// The other one.
    pub right: SourceStatement,
}

/// How often two sources could be compared, and how often they differed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PairCount {
    /// The topic.
    pub topic: Topic,
    /// The source with precedence by policy.
    pub left: ProviderName,
    /// The other one.
    pub right: ProviderName,
    /// Addresses with statements of both.
    pub compared: u64,
    /// Addresses about which they disagree.
    pub different: u64,
}

/// An AS with addresses about which two sources disagree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AsnDifferences {
    /// The AS that the addresses are attributed to, if any.
    pub asn: Option<Asn>,
    /// The topic.
    pub topic: Topic,
    /// The source with precedence by policy.
    pub left: ProviderName,
    /// The other one.
    pub right: ProviderName,
    /// Addresses about which they disagree.
    pub different: u64,
    /// The most common pair of differing values.
    pub commonest: Option<(ComparableValue, ComparableValue)>,
}

type SourcePair = (Topic, ProviderName, ProviderName);

#[derive(Clone, Copy, Debug, Default)]
struct ComparedValues {
    all: u64,
    different: u64,
}

#[derive(Clone, Debug, Default)]
struct OfAsn {
    different: u64,
    values: HashMap<(ComparableValue, ComparableValue), u64>,
}

/// Compares sources address by address, and counts. Memory grows with the number of ASes about which sources disagree,
/// not with that of addresses.
#[derive(Debug)]
pub struct Audit<'a> {
    policy: &'a Policy,
    topics: Vec<Topic>,
    addresses: u64,
    pairs: BTreeMap<SourcePair, ComparedValues>,
    asns: BTreeMap<(Option<Asn>, SourcePair), OfAsn>,
}

impl<'a> Audit<'a> {
    /// An audit of `topics` among the sources of `policy`.
    pub fn new(policy: &'a Policy, topics: impl IntoIterator<Item = Topic>) -> Self {
        Self {
            policy,
            topics: topics.into_iter().collect(),
            addresses: 0,
            pairs: BTreeMap::new(),
            asns: BTreeMap::new(),
        }
    }

    /// Compares the sections of an address; those that cannot be about it are ignored.
    pub fn examine(&mut self, row: &AddressRow) -> Vec<SourceDifference> {
        self.addresses += 1;
        let mut differences = Vec::new();
        for topic in self.topics.clone() {
            let (left_fields, right_fields) = topic.fields();
            let lefts = statements(self.policy, left_fields, row);
            let rights = statements(self.policy, right_fields, row);
            if topic == Topic::Rpki {
                for (left, right) in other_invalid_origins(self.policy, row) {
                    let pair = (topic, left.source, right.source);
                    self.pairs.entry(pair).or_default().all += 1;
                    self.differ(topic, row, &left, &right);
                    differences.push(SourceDifference { topic, left, right });
                }
            }
            let is_one_fact = left_fields == right_fields;
            for (index, left) in lefts.iter().enumerate() {
                // Each pair of statements about one fact is compared once.
                let after = if is_one_fact { index + 1 } else { 0 };
                for right in &rights[after.min(rights.len())..] {
                    if (left.source == right.source) != topic.is_within_source()
                        || !is_verdict(topic, right)
                    {
                        continue;
                    }
                    let pair = (topic, left.source, right.source);
                    self.pairs.entry(pair).or_default().all += 1;
                    if agree(topic, left, right)
                        || share_origin(self.policy, topic, left, right, row)
                    {
                        continue;
                    }
                    self.differ(topic, row, left, right);
                    differences.push(SourceDifference {
                        topic,
                        left: left.clone(),
                        right: right.clone(),
                    });
                }
            }
        }
        differences
    }

    fn differ(
        &mut self,
        topic: Topic,
        row: &AddressRow,
        left: &SourceStatement,
        right: &SourceStatement,
    ) {
        let pair = (topic, left.source, right.source);
        self.pairs.entry(pair).or_default().different += 1;
        let of_asn = self.asns.entry((row.current_asn, pair)).or_default();
        of_asn.add(left, right);
    }

    /// The number of addresses examined.
    pub const fn addresses(&self) -> u64 {
        self.addresses
    }

    /// How often each pair of sources could be compared, by topic.
    pub fn pairs(&self) -> impl Iterator<Item = PairCount> {
        self.pairs
            .iter()
            .map(|(&(topic, left, right), compared)| PairCount {
                topic,
                left,
                right,
                compared: compared.all,
                different: compared.different,
            })
    }

    /// The ASes with addresses about which sources disagree, most addresses first.
    pub fn asns(&self) -> Vec<AsnDifferences> {
        let mut asns: Vec<_> = self
            .asns
            .iter()
            .map(|(&(asn, (topic, left, right)), found)| AsnDifferences {
                asn,
                topic,
                left,
                right,
                different: found.different,
                commonest: found.commonest(),
            })
            .collect();
        asns.sort_by_key(|found| std::cmp::Reverse(found.different));
        asns
    }

    /// Whether any two sources contradict each other.
    pub fn has_conflicts(&self) -> bool {
        self.pairs
            .iter()
            .any(|((topic, ..), compared)| topic.is_conflict() && compared.different > 0)
    }
}

impl OfAsn {
    fn add(&mut self, left: &SourceStatement, right: &SourceStatement) {
        self.different += 1;
        let values = (left.value.clone(), right.value.clone());
        if self.values.len() < DISTINCT_VALUES || self.values.contains_key(&values) {
            *self.values.entry(values).or_default() += 1;
        }
    }

    fn commonest(&self) -> Option<(ComparableValue, ComparableValue)> {
        let commonest = self
            .values
            .iter()
            .min_by_key(|(values, count)| (std::cmp::Reverse(**count), *values));
        commonest.map(|(values, _)| values.clone())
    }
}

/// The statements of sources about `fields`, in the order of the policy.
fn statements(policy: &Policy, fields: &[Field], row: &AddressRow) -> Vec<SourceStatement> {
    let of_field = |&field: &Field| {
        policy
            .statements(field, row.address, &row.enrichment)
            .into_iter()
            .filter_map(move |said| {
                Some(SourceStatement {
                    source: said.source,
                    field,
                    value: spelled(field, &said.value)?,
                    cached_at: said.cached_at,
                })
            })
    };
    let mut statements: Vec<SourceStatement> = fields.iter().flat_map(of_field).collect();
    statements.sort_by_key(|said| {
        policy
            .sources()
            .iter()
            .position(|source| source.name == said.source)
    });
    statements
}

/// The RPKI-invalid origins of the prefix, except the one that the source names as the address's: each against the
/// verdict.
fn other_invalid_origins(
    policy: &Policy,
    row: &AddressRow,
) -> Vec<(SourceStatement, SourceStatement)> {
    let origins = statements(policy, &[Field::ASN], row);
    let refused = policy.statements(Field::RPKI_INVALID, row.address, &row.enrichment);
    let mut pairs = Vec::new();
    for said in refused {
        let is_main = |asn: Asn| {
            let mut own = origins.iter().filter(|it| it.source == said.source);
            own.any(|own| own.value == ComparableValue::Asn(asn))
        };
        let asns = said.value.as_array().into_iter().flatten();
        for asn in asns.filter_map(Asn::from_json).filter(|&asn| !is_main(asn)) {
            let statement = |field, value| SourceStatement {
                source: said.source,
                field,
                value,
                cached_at: said.cached_at,
            };
            pairs.push((
                statement(Field::ORIGINS, ComparableValue::Asn(asn)),
                statement(Field::RPKI, ComparableValue::Text("invalid".to_owned())),
            ));
        }
    }
    pairs
}

/// A value in the canonical form in which values of this field are compared.
fn spelled(field: Field, value: &Value) -> Option<ComparableValue> {
    let text = || Some(value.as_str()?.trim());
    Some(match field {
        Field::ASN => ComparableValue::Asn(Asn::from_json(value)?),
        Field::REGISTRY | Field::RPKI => ComparableValue::Text(text()?.to_ascii_lowercase()),
        _ => ComparableValue::Text(text()?.to_ascii_uppercase()),
    })
}

/// Whether `right` can be compared with `left`: without a ROA for the prefix, the RPKI makes no statement.
fn is_verdict(topic: Topic, right: &SourceStatement) -> bool {
    topic != Topic::Rpki || is_text(right, "valid") || is_text(right, "invalid")
}

fn agree(topic: Topic, left: &SourceStatement, right: &SourceStatement) -> bool {
    match topic {
        Topic::Rpki => is_text(right, "valid"),
        _ => left.value == right.value,
    }
}

fn is_text(statement: &SourceStatement, expected: &str) -> bool {
    matches!(&statement.value, ComparableValue::Text(text) if text == expected)
}

/// Whether one of the two sources has several origins, including the one that the other names.
fn share_origin(
    policy: &Policy,
    topic: Topic,
    left: &SourceStatement,
    right: &SourceStatement,
    row: &AddressRow,
) -> bool {
    if topic != Topic::Asn {
        return false;
    }
    let origins = policy.statements(Field::ORIGINS, row.address, &row.enrichment);
    [(left, right), (right, left)]
        .into_iter()
        .any(|(one, other)| {
            let known = origins.iter().find(|said| said.source == one.source);
            let known = known.and_then(|said| said.value.as_array());
            known.into_iter().flatten().any(|origin| {
                Asn::from_json(origin).is_some_and(|asn| ComparableValue::Asn(asn) == other.value)
            })
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::document::Document;
    use crate::field::FieldSource;
    use crate::policy::PolicySource;

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
        let mut audit = Audit::new(&policy, Topic::ALL);
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
        let wrong =
            json!({"geo": {"asn": 64500}, "routes": {"asn": 64501, "prefix": "4.0.41.0/24"}});
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
        let mut audit = Audit::new(&policy, Topic::ALL);
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

        let both = json!({"asn": 64501, "origins": [64501, 64666], "rpki": "valid", "rpki_invalid": [64666]});
        let differences = audit.examine(&row(json!({"routes": both})));
        assert_eq!(differences.len(), 1, "{differences:?}");
        assert_eq!(differences[0].left.value.to_string(), "AS64666");
        let alone = json!({"asn": 64501, "rpki": "invalid", "rpki_invalid": [64501]});
        assert_eq!(audit.examine(&row(json!({"routes": alone}))).len(), 1);
    }

    #[test]
    fn counts_are_by_pair_of_sources_and_by_as() {
        let policy = policy();
        let mut audit = Audit::new(&policy, [Topic::Asn]);
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
}
