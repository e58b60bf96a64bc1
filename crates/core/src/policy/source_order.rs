//! The order of sources, in general and for single fields.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::asn_description::AsnSource;
use crate::field::{Field, FieldSource};
use crate::policy::plausibility::Plausibility;
use crate::provider_name::ProviderName;
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
    pub(super) sources: Vec<PolicySource>,
    prefer: BTreeMap<Field, Vec<ProviderName>>,
    pub(super) geo_country_fills_registry: bool,
    /// Sources that know about ASes themselves.
    pub(super) asn_sources: Vec<AsnSource>,
    /// Sources that would, if they had any data.
    pub(super) silent: Vec<ProviderName>,
    /// The fields in the order in which sources declare them, each with its sources in the order that applies to it.
    pub(super) order: Vec<Ordered>,
}

/// A field with the sources that may have it, the best first.
#[derive(Clone, Debug)]
pub(super) struct Ordered {
    pub(super) field: Field,
    pub(super) kind: Plausibility,
    pub(super) candidates: Vec<Candidate>,
}

/// A source that may have a field.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    /// Its index among all.
    pub(super) place: usize,
    pub(super) name: ProviderName,
    /// Its key for the field.
    pub(super) key: &'static str,
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

    /// The same for a provider that no longer has any data.
    #[must_use]
    pub fn silent(mut self, provider: ProviderName) -> Self {
        self.silent.push(provider);
        self
    }

    /// The same policy for these fields only: a merged view has no others, and takes less work.
    #[must_use]
    pub fn restricted_to(mut self, fields: &[Field]) -> Self {
        // The origin AS decides which names of ASes count.
        self.order
            .retain(|ordered| ordered.field == Field::ASN || fields.contains(&ordered.field));
        self
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

    pub(super) fn candidates_of(&self, field: Field) -> &[Candidate] {
        let known = self.order.iter().find(|known| known.field == field);
        known.map_or(&[], |known| &known.candidates)
    }

    /// The rank of `source` for `field`: 0 is the best, `None` if it does not have the field.
    pub fn rank(&self, field: Field, source: &str) -> Option<usize> {
        self.candidates(field)
            .position(|(name, _)| name.as_str() == source)
    }

    pub(super) fn key_of(&self, source: ProviderName, field: Field) -> Option<&'static str> {
        let source = self
            .sources
            .iter()
            .find(|candidate| candidate.name == source)?;
        key_in(source, field)
    }
}

/// The key under which sections of `source` have `field`.
pub(super) fn key_in(source: &PolicySource, field: Field) -> Option<&'static str> {
    if field == Field::EMBEDDED_IPV4 {
        return Some(EMBEDDED_IPV4);
    }
    let found = source.fields.iter().find(|known| known.field == field)?;
    Some(found.key)
}
