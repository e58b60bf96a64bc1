//! What sources state about an AS: in the sections of an address, and of the AS itself.

use serde_json::Value;

use crate::address::Address;
use crate::asn::Asn;
use crate::asn_evidence::{AsnColumn, AsnEvidence, AsnFact};
use crate::country::CountryCode;
use crate::document::Document;
use crate::field::Field;
use crate::policy::source_order::Policy;
use crate::policy::usable_section::usable;
use crate::provider_name::ProviderName;
use crate::rir::Rir;

impl Policy {
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

    /// Whether `source` knows ASNs themselves, but has nothing about `asn` for `column`.
    pub(crate) fn is_withdrawn(&self, column: AsnColumn, source: &str, asn: Asn) -> bool {
        let mut sources = self.asn_sources.iter();
        let named = sources.find(|it| it.name().as_str() == source);
        match named {
            Some(it) => self.described(column, it.name(), asn).is_none(),
            None => self.silent.iter().any(|name| name.as_str() == source),
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
