//! Which source wins: one merged value for each field, derived from the sections each time.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use smallvec::SmallVec;

use crate::address::Address;
use crate::asn::Asn;
use crate::asn_description::AsnSource;
use crate::asn_evidence::{AsnColumn, AsnEvidence, AsnFact};
use crate::clock::Timestamp;
use crate::country::CountryCode;
use crate::document::Document;
use crate::field::{Field, FieldSource};
use crate::provider_name::ProviderName;
use crate::rir::Rir;
use crate::section::{SectionValue, SectionView};
use crate::section_keys::EMBEDDED_IPV4;

/// A provider as the policy sees it: its name and which keys of its sections hold the normalised fields.
#[derive(Clone, Debug)]
pub struct PolicySource {
    /// The provider, which is also the name of its section.
    pub name: ProviderName,
    /// Which keys of its sections hold which fields.
    pub fields: Cow<'static, [FieldSource]>,
}

/// The order of sources, in general and for single fields.
#[derive(Clone, Debug, Default)]
pub struct Policy {
    sources: Vec<PolicySource>,
    prefer: BTreeMap<Field, Vec<ProviderName>>,
    geo_country_fills_registry: bool,
    /// Sources that know about ASes themselves.
    asn_sources: Vec<AsnSource>,
    /// Sources that would, if they had any data.
    silent: Vec<ProviderName>,
    /// The fields in the order in which sources declare them, each with its sources in the order that applies to it.
    order: Vec<Ordered>,
}

/// A field with the sources that may have it, the best first.
#[derive(Clone, Debug)]
struct Ordered {
    field: Field,
    kind: Plausibility,
    candidates: Vec<Candidate>,
}

/// A source that may have a field.
#[derive(Clone, Copy, Debug)]
struct Candidate {
    /// Its index among all.
    place: usize,
    name: ProviderName,
    /// Its key for the field.
    key: &'static str,
}

/// What makes a value plausible.
#[derive(Clone, Copy, Debug)]
enum Plausibility {
    Asn,
    Country,
    /// Anything but blank text.
    Other,
}

/// One field of the merged view.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Merged<'a> {
    /// The value that won.
    pub value: Cow<'a, Value>,
    /// The provider that it came from.
    pub source: ProviderName,
    /// When it was obtained.
    pub cached_at: Option<Timestamp>,
}

/// A field of the merged view, with the value as it is in the winning section.
#[derive(Clone, Copy, Debug)]
pub struct Winner<'a> {
    /// The field.
    pub field: Field,
    /// The provider that it came from.
    pub source: ProviderName,
    /// Its section.
    pub section: SectionView<'a>,
    /// The value that won.
    pub said: SectionValue<'a>,
}

impl<'a> Winner<'a> {
    /// The value in its usual form: an AS is a number, a country is upper case. The section keeps its own form.
    pub fn value(&self) -> Cow<'a, Value> {
        Plausibility::of(self.field).usual_form(self.said)
    }
}

impl Policy {
    /// A policy in which the first of `sources` wins.
    pub fn new(sources: Vec<PolicySource>) -> Self {
        let mut policy = Self {
            sources,
            ..Self::default()
        };
        policy.put_in_order();
        policy
    }

    fn put_in_order(&mut self) {
        let declared = self.sources.iter().flat_map(|source| &*source.fields);
        // The first one says what the others are about; the core puts it into the section of any source.
        let fields = [Field::EMBEDDED_IPV4].into_iter();
        let fields = fields.chain(declared.map(|source| source.field));
        let mut order: Vec<Ordered> = Vec::new();
        for field in fields {
            if order.iter().all(|known| known.field != field) {
                order.push(Ordered {
                    field,
                    kind: Plausibility::of(field),
                    candidates: self.ordered(field),
                });
            }
        }
        self.order = order;
    }

    fn ordered(&self, field: Field) -> Vec<Candidate> {
        let preferred = self.prefer.get(&field).map_or(&[][..], Vec::as_slice);
        let sources = || self.sources.iter().enumerate();
        let first = preferred
            .iter()
            .filter_map(|&name| sources().find(|(_, source)| source.name == name));
        let rest = sources().filter(|(_, source)| !preferred.contains(&source.name));
        first
            .chain(rest)
            .filter_map(|(place, source)| {
                Some(Candidate {
                    place,
                    name: source.name,
                    key: key_in(source, field)?,
                })
            })
            .collect()
    }

    /// Puts `order` before the general order for `field`.
    #[must_use]
    pub fn prefer(mut self, field: Field, order: Vec<ProviderName>) -> Self {
        self.prefer.insert(field, order);
        self.put_in_order();
        self
    }

    /// Lets the geo country stand in for an AS's registration country while there is no registry data; such a value is
    /// marked as inferred.
    #[must_use]
    pub const fn geo_country_fills_registry(mut self, allowed: bool) -> Self {
        self.geo_country_fills_registry = allowed;
        self
    }

    /// Lets what `source` knows about an AS itself count like the content of sections, with the rank of the provider.
    #[must_use]
    pub fn informed_by(mut self, source: AsnSource) -> Self {
        self.asn_sources.push(source);
        self
    }

    /// What `source` knows about `asn` itself, for `column`.
    fn described(&self, column: AsnColumn, source: ProviderName, asn: Asn) -> Option<AsnFact> {
        let mut sources = self.asn_sources.iter();
        let described = sources.find(|it| it.name() == source)?;
        let described = described.describe(asn)?;
        let flag = |is: Option<bool>| is.map(|is| is.to_string());
        let value = match column {
            AsnColumn::OrganizationName => None,
            AsnColumn::OrganizationCountry => described.country.map(|code| code.to_string()),
            AsnColumn::RirRegistry => described.registry,
            AsnColumn::AsnType => described.asn_type.and_then(|kind| text(&kind.into())),
            AsnColumn::IsKnownHosting => flag(described.is_hosting),
            AsnColumn::IsKnownVpn => flag(described.is_vpn),
        };
        let allocated = described.allocated;
        Some(AsnFact {
            value: value?,
            source,
            cached_at: described.as_of,
            inferred: false,
            allocated: allocated.filter(|_| column == AsnColumn::RirRegistry),
        })
    }

    /// The same for a provider that no longer has any data.
    #[must_use]
    pub fn silent(mut self, provider: ProviderName) -> Self {
        self.silent.push(provider);
        self
    }

    /// Whether `source` knows ASNs themselves, but has nothing about `asn` for `column`.
    pub(crate) fn is_withdrawn(&self, column: AsnColumn, source: &str, asn: Asn) -> bool {
        let mut sources = self.asn_sources.iter();
        let named = sources.find(|it| it.name().as_str() == source);
        match named {
            Some(it) => self.described(column, it.name(), asn).is_none(),
            None => self.silent.iter().any(|name| name.as_str() == source),
        }
    }

    /// The sources in general order.
    pub fn sources(&self) -> &[PolicySource] {
        &self.sources
    }

    /// The fields that can be merged, in the order of [`merged_view`](Self::merged_view).
    pub fn fields(&self) -> impl Iterator<Item = Field> {
        self.order.iter().map(|ordered| ordered.field)
    }

    /// The sources in the order that applies to `field`, with the key under which each has it.
    pub fn candidates(&self, field: Field) -> impl Iterator<Item = (ProviderName, &'static str)> {
        let candidates = self.candidates_of(field).iter();
        candidates.map(|candidate| (candidate.name, candidate.key))
    }

    fn candidates_of(&self, field: Field) -> &[Candidate] {
        let known = self.order.iter().find(|known| known.field == field);
        known.map_or(&[], |known| &known.candidates)
    }

    /// The rank of `source` for `field`: 0 is the best, `None` if it does not have the field.
    pub fn rank(&self, field: Field, source: &str) -> Option<usize> {
        self.candidates(field)
            .position(|(name, _)| name.as_str() == source)
    }

    /// The winning value of `field` for `address`.
    pub fn merged<'a>(
        &self,
        field: Field,
        address: Address,
        document: &'a Document,
    ) -> Option<Merged<'a>> {
        let origin = match About::of(field) {
            About::Address => None,
            About::Origin | About::OriginOrPrefix => self.attribution(address, document),
        };
        let origin = origin.map(|(asn, _)| asn);
        let mut said = self.said(field, address, document);
        let fits = |source: ProviderName, section| {
            let own = self.key_of(source, Field::ASN);
            let own = own.and_then(|key| asn_of(section, key));
            About::of(field).fits(own, origin)
        };
        said.find_map(|(section, merged)| fits(merged.source, section).then_some(merged))
    }

    /// What sources say about `field`, each with its section, in order of preference.
    fn said<'p, 'a>(
        &'p self,
        field: Field,
        address: Address,
        document: &'a Document,
    ) -> impl Iterator<Item = (SectionView<'a>, Merged<'a>)> + use<'p, 'a> {
        let kind = Plausibility::of(field);
        self.candidates(field).filter_map(move |(source, key)| {
            let section = usable(document, source, address)?;
            Some((section, statement(kind, source, section, key)?))
        })
    }

    /// Every field that any source has for `address`, in the order in which sources declare them.
    pub fn merged_view<'a>(
        &self,
        address: Address,
        document: &'a Document,
    ) -> Vec<(Field, Merged<'a>)> {
        let winners = self.winners(address, document);
        winners
            .map(|winner| {
                let merged = Merged {
                    value: winner.value(),
                    source: winner.source,
                    cached_at: winner.section.cached_at(),
                };
                (winner.field, merged)
            })
            .collect()
    }

    /// The same, with the values as they are in the sections.
    pub fn winners<'p, 'a>(
        &'p self,
        address: Address,
        document: &'a Document,
    ) -> impl Iterator<Item = Winner<'a>> + use<'p, 'a> {
        let sections = self.sources.iter();
        let mut sections: SmallVec<[(Option<SectionView<'a>>, usize); 8]> = sections
            .map(|source| (usable(document, source.name, address), 0))
            .collect();
        let asn_keys: SmallVec<[Option<&str>; 8]> = self
            .sources
            .iter()
            .map(|source| key_in(source, Field::ASN))
            .collect();
        let own_asn = move |place: usize, section| {
            let key = asn_keys.get(place).copied().flatten()?;
            asn_of(section, key)
        };
        let origins = self.candidates_of(Field::ASN).iter();
        let mut origins = origins.filter_map(|candidate| {
            let (section, _) = sections.get(candidate.place)?;
            own_asn(candidate.place, (*section)?)
        });
        let origin = origins.next();
        self.order.iter().filter_map(move |ordered| {
            let about = About::of(ordered.field);
            ordered.candidates.iter().find_map(|candidate| {
                let (section, near) = sections.get_mut(candidate.place)?;
                let section = (*section)?;
                if about != About::Address && !about.fits(own_asn(candidate.place, section), origin)
                {
                    return None;
                }
                let said = section.said_near(candidate.key, near)?;
                ordered.kind.is_plausible(said).then_some(Winner {
                    field: ordered.field,
                    source: candidate.name,
                    section,
                    said,
                })
            })
        })
    }

    /// The value of the first source under `key`, whatever that means, for fields that are not normalised.
    pub fn stated<'a>(
        &self,
        key: &str,
        address: Address,
        document: &'a Document,
    ) -> Option<Merged<'a>> {
        self.sources.iter().find_map(|source| {
            let section = usable(document, source.name, address)?;
            Some(Merged {
                value: section.get(key)?,
                source: source.name,
                cached_at: section.cached_at(),
            })
        })
    }

    /// The origin AS of `address` and its source.
    pub fn attribution(
        &self,
        address: Address,
        document: &Document,
    ) -> Option<(Asn, ProviderName)> {
        let merged = self.merged(Field::ASN, address, document)?;
        Some((Asn::from_json(&merged.value)?, merged.source))
    }

    /// The usable statements of sources about `field`, in order of preference.
    pub fn statements<'a>(
        &self,
        field: Field,
        address: Address,
        document: &'a Document,
    ) -> Vec<Merged<'a>> {
        let said = self.said(field, address, document);
        said.map(|(_, merged)| merged).collect()
    }

    /// The evidence about `asn` in the sections of `address`. A section that names another AS, or is for a prefix that
    /// does not contain the address, is not evidence.
    pub fn asn_evidence(&self, asn: Asn, address: Address, document: &Document) -> AsnEvidence {
        let fact = |column: AsnColumn, field: Field, normalise: fn(&Value) -> Option<String>| {
            self.candidates(field).find_map(|(source, key)| {
                if let Some(described) = self.described(column, source, asn) {
                    return Some(described);
                }
                let section = usable(document, source, address)?;
                let own_asn = self
                    .key_of(source, Field::ASN)
                    .and_then(|key| section.get(key));
                if own_asn.and_then(|own| Asn::from_json(&own)) != Some(asn) {
                    return None;
                }
                let value = normalise(section.get(key)?.as_ref())?;
                let cached_at = section.cached_at();
                Some(AsnFact {
                    value,
                    source,
                    cached_at,
                    inferred: false,
                    allocated: None,
                })
            })
        };
        let facts = AsnColumn::ALL.into_iter().filter_map(|column| {
            let field = column.field();
            let fact = match column {
                AsnColumn::OrganizationName | AsnColumn::AsnType => fact(column, field, text),
                AsnColumn::RirRegistry => fact(column, field, registry),
                AsnColumn::OrganizationCountry => fact(column, field, country_code).or_else(|| {
                    let geo = fact(column, Field::COUNTRY, country_code);
                    let geo = geo.filter(|_| self.geo_country_fills_registry);
                    geo.map(|fact| AsnFact {
                        inferred: true,
                        ..fact
                    })
                }),
                // Such a value in a section is about the address.
                AsnColumn::IsKnownHosting | AsnColumn::IsKnownVpn => {
                    let mut sources = self.candidates(field);
                    sources.find_map(|(source, _)| self.described(column, source, asn))
                }
            };
            Some((column, fact?))
        });
        facts.collect()
    }

    fn key_of(&self, source: ProviderName, field: Field) -> Option<&'static str> {
        let source = self
            .sources
            .iter()
            .find(|candidate| candidate.name == source)?;
        key_in(source, field)
    }
}

/// The key under which sections of `source` have `field`.
fn key_in(source: &PolicySource, field: Field) -> Option<&'static str> {
    if field == Field::EMBEDDED_IPV4 {
        return Some(EMBEDDED_IPV4);
    }
    let found = source.fields.iter().find(|known| known.field == field)?;
    Some(found.key)
}

/// The section of `source`, if it is found and can be about `address`.
fn usable(document: &Document, source: ProviderName, address: Address) -> Option<SectionView<'_>> {
    document
        .section(source.as_str())
        .filter(|section| section.is_found() && section.concerns(address))
}

/// The value under `key` in a `section` of `source`, if it is plausible.
fn statement<'a>(
    kind: Plausibility,
    source: ProviderName,
    section: SectionView<'a>,
    key: &str,
) -> Option<Merged<'a>> {
    let said = section.said_near(key, &mut 0)?;
    kind.is_plausible(said).then(|| Merged {
        value: kind.usual_form(said),
        source,
        cached_at: section.cached_at(),
    })
}

/// The AS that a section names.
fn asn_of(section: SectionView<'_>, key: &str) -> Option<Asn> {
    match section.said_near(key, &mut 0)? {
        SectionValue::Value(value) => Asn::from_json(value),
        SectionValue::Prefix(_) | SectionValue::Version(_) | SectionValue::CachedAt(_) => None,
    }
}

/// The subject of a field.
#[derive(Clone, Copy, PartialEq, Eq)]
enum About {
    /// The address.
    Address,
    /// Its origin AS.
    Origin,
    /// The origin AS, or the prefix if a source names no AS.
    OriginOrPrefix,
}

impl About {
    fn of(field: Field) -> Self {
        match field {
            Field::ASN_ORG | Field::ASN_TYPE | Field::RPKI => Self::Origin,
            Field::REGISTRY | Field::REGISTRY_COUNTRY => Self::OriginOrPrefix,
            _ => Self::Address,
        }
    }

    /// Whether a section that names the AS `own` is about `origin`, the AS that has won: an AS never gets the name of
    /// another.
    fn fits(self, own: Option<Asn>, origin: Option<Asn>) -> bool {
        match (self, origin) {
            (Self::Address, _) | (_, None) => true,
            (Self::OriginOrPrefix, _) if own.is_none() => true,
            (Self::Origin | Self::OriginOrPrefix, origin) => own == origin,
        }
    }
}

impl Plausibility {
    /// The value, in the form in which it is merged.
    fn usual_form(self, said: SectionValue<'_>) -> Cow<'_, Value> {
        let value = said.to_value();
        let usual = match self {
            Self::Asn => Asn::from_json(&value).map(|asn| Value::from(asn.get())),
            Self::Country => {
                CountryCode::from_json(&value).map(|code| Value::from(code.to_string()))
            }
            Self::Other => None,
        };
        match usual {
            Some(usual) if usual != *value => Cow::Owned(usual),
            _ => value,
        }
    }

    fn of(field: Field) -> Self {
        match field {
            Field::ASN => Self::Asn,
            Field::COUNTRY | Field::REGISTRY_COUNTRY | Field::REGISTERED_COUNTRY => Self::Country,
            _ => Self::Other,
        }
    }

    fn is_plausible(self, said: SectionValue<'_>) -> bool {
        let SectionValue::Value(value) = said else {
            return matches!(self, Self::Other);
        };
        match self {
            Self::Asn => Asn::from_json(value).is_some(),
            Self::Country => CountryCode::from_json(value).is_some(),
            Self::Other => value.as_str().is_none_or(|text| !text.trim().is_empty()),
        }
    }
}

fn country_code(value: &Value) -> Option<String> {
    CountryCode::from_json(value).map(|code| code.to_string())
}

fn text(value: &Value) -> Option<String> {
    let text: String = value.as_str()?.chars().filter(|&c| c != '\0').collect();
    let text = text.trim();
    (!text.is_empty() && text != "NA").then(|| text.to_owned())
}

fn registry(value: &Value) -> Option<String> {
    Rir::from_json(value).map(|rir| rir.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
        let good = json!({"whois": {"asn": 65001, "asn_org": "GOOD", "registry": "RIPENCC", "country": "NL"}});
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
}
