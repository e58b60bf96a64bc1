//! The winning value of each field, and what all sources state.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;
use smallvec::SmallVec;

use crate::address::Address;
use crate::asn::Asn;
use crate::clock::Timestamp;
use crate::document::Document;
use crate::field::Field;
use crate::policy::plausibility::Plausibility;
use crate::policy::source_order::{Policy, key_in};
use crate::policy::subject::About;
use crate::policy::usable_section::{asn_of, usable};
use crate::provider_name::ProviderName;
use crate::section::{SectionValue, SectionView};
use crate::store::AddressRow;

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
        self.merged_for(field, address, document, origin.map(|(asn, _)| asn))
    }

    /// The same where `origin` is the origin AS, whatever the sections say: that of the inventory.
    pub fn merged_for<'a>(
        &self,
        field: Field,
        address: Address,
        document: &'a Document,
        origin: Option<Asn>,
    ) -> Option<Merged<'a>> {
        let mut said = self.said(field, address, document);
        let fits = |source: ProviderName, section| {
            let own = self.key_of(source, Field::ASN);
            let own = own.and_then(|key| asn_of(section, key));
            About::of(field).fits(own, origin)
        };
        said.find_map(|(section, merged)| fits(merged.source, section).then_some(merged))
    }

    /// The same for a stored row: the origin AS is that of the inventory, if it has one.
    pub fn merged_of<'a>(&self, field: Field, row: &'a AddressRow) -> Option<Merged<'a>> {
        match row.current_asn {
            None => self.merged(field, row.address, &row.enrichment),
            origin => self.merged_for(field, row.address, &row.enrichment, origin),
        }
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
        self.merged_view_for(address, document, None)
    }

    /// The same where `origin` is the origin AS, whatever the sections say; `None`: the one that has won.
    pub fn merged_view_for<'a>(
        &self,
        address: Address,
        document: &'a Document,
        origin: Option<Asn>,
    ) -> Vec<(Field, Merged<'a>)> {
        let winners = self.winners_for(address, document, origin);
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
        self.winners_for(address, document, None)
    }

    fn winners_for<'p, 'a>(
        &'p self,
        address: Address,
        document: &'a Document,
        origin: Option<Asn>,
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
        let origin = origin.or_else(|| origins.next());
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

    /// The form in which a value that a section has for `field` is merged; `None` if it is not one that can be.
    pub fn usual_form(field: Field, value: &Value) -> Option<Cow<'_, Value>> {
        let kind = Plausibility::of(field);
        let said = SectionValue::Value(value);
        (!value.is_null() && kind.is_plausible(said)).then(|| kind.usual_form(said))
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
