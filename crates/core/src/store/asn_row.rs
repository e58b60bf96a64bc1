//! An AS row, and which evidence changes it.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::asn::Asn;
use crate::asn_evidence::{AsnColumn, AsnEvidence, AsnFact};
use crate::clock::{Timestamp, parse_timestamp, rfc3339};
use crate::field::Field;
use crate::policy::Policy;

/// The key in a provenance for the value of a flag as its source has set it.
const VALUE: &str = "value";

/// How facts write a flag that is set.
const TRUE: &str = "true";

const FALSE: &str = "false";

/// An AS row.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AsnRow {
    /// Its number.
    pub asn: Asn,
    /// Name of the organization that runs it.
    pub organization_name: Option<String>,
    /// Registration country, ISO 3166-1 alpha-2.
    pub organization_country: Option<String>,
    /// RIR.
    pub rir_registry: Option<String>,
    /// Kind of network, if known.
    pub asn_type: Option<String>,
    /// Whether it is known for hosting.
    pub is_known_hosting: bool,
    /// Whether it is known for VPN exits.
    pub is_known_vpn: bool,
    /// When the first of its addresses was first seen.
    pub first_seen: Timestamp,
    /// When the last of its addresses was last seen.
    pub last_seen: Timestamp,
    /// The number of addresses whose current origin it is.
    pub unique_ip_count: u64,
    /// The number of sessions of these addresses.
    pub total_session_count: u64,
    /// Where the metadata comes from: `{"organization_name": {"source", "cached_at"}, …}`, and whatever other programs
    /// have stored there.
    pub enrichment: Map<String, Value>,
}

impl AsnRow {
    /// A row with nothing but a number, seen at `seen`.
    pub fn new(asn: Asn, seen: Timestamp) -> Self {
        Self {
            asn,
            organization_name: None,
            organization_country: None,
            rir_registry: None,
            asn_type: None,
            is_known_hosting: false,
            is_known_vpn: false,
            first_seen: seen,
            last_seen: seen,
            unique_ip_count: 0,
            total_session_count: 0,
            enrichment: Map::new(),
        }
    }

    /// Takes the statements of `evidence` that are better than the existing values; returns whether anything changed. A
    /// value is replaced if it is missing, if the new one comes from a source that the policy ranks higher, or if it
    /// comes from the same source, later. A stated value takes precedence over an inferred one. A value of unknown
    /// source is kept unless `overwrite`, and so is one that its source, which knows ASNs themselves, no longer states.
    /// A flag that differs from what its source has set is of unknown source.
    pub fn absorb(&mut self, evidence: &AsnEvidence, policy: &Policy, overwrite: bool) -> bool {
        let mut changed = false;
        for (column, fact) in evidence.iter() {
            let provenance = self.provenance(column);
            let is_better = is_better(fact, column.field(), provenance, policy);
            let value = self.value(column, provenance);
            if value.is_some() && !overwrite && !is_better {
                continue;
            }
            // The same value again; from a better source that is worth recording, whichever came first.
            let source = provenance
                .and_then(|it| it.get("source"))
                .and_then(Value::as_str);
            let is_said_anew = is_better && source != Some(fact.source.as_str());
            let is_known = value == Some(&*fact.value);
            if is_known && provenance.is_some() && !is_said_anew {
                continue;
            }
            self.set(column, Some(&fact.value));
            self.enrichment
                .insert(column.name().to_owned(), provenance_of(column, fact));
            changed = true;
        }
        let is_withdrawn = overwrite && self.withdraw(evidence, policy);
        changed || is_withdrawn
    }

    /// Removes values that sources which know ASNs themselves have stated, and no longer state.
    fn withdraw(&mut self, evidence: &AsnEvidence, policy: &Policy) -> bool {
        let mut changed = false;
        for column in AsnColumn::ALL {
            let source = self.enrichment.get(column.name());
            let source = source.and_then(|it| it.get("source")?.as_str());
            let is_withdrawn = evidence.get(column).is_none()
                && source.is_some_and(|source| policy.is_withdrawn(column, source, self.asn));
            if is_withdrawn {
                self.set(column, None);
                self.enrichment.remove(column.name());
                changed = true;
            }
        }
        changed
    }

    /// The provenance of `column`, unless another program has set it since.
    fn provenance(&self, column: AsnColumn) -> Option<&Value> {
        let provenance = self.enrichment.get(column.name())?;
        let is = match column {
            AsnColumn::IsKnownHosting => self.is_known_hosting,
            AsnColumn::IsKnownVpn => self.is_known_vpn,
            _ => return Some(provenance),
        };
        let was = provenance.get(VALUE).and_then(Value::as_bool);
        (was.is_none() || was == Some(is)).then_some(provenance)
    }

    /// The value of `column`, if there is one; a flag that is not set is no value unless it was unset explicitly.
    fn value(&self, column: AsnColumn, provenance: Option<&Value>) -> Option<&str> {
        let flag = |is: bool| {
            let is_said = is || provenance.is_some();
            is_said.then_some(if is { TRUE } else { FALSE })
        };
        let text = match column {
            AsnColumn::OrganizationName => &self.organization_name,
            AsnColumn::OrganizationCountry => &self.organization_country,
            AsnColumn::RirRegistry => &self.rir_registry,
            AsnColumn::AsnType => &self.asn_type,
            AsnColumn::IsKnownHosting => return flag(self.is_known_hosting),
            AsnColumn::IsKnownVpn => return flag(self.is_known_vpn),
        };
        text.as_deref().filter(|text| !text.trim().is_empty())
    }

    fn set(&mut self, column: AsnColumn, value: Option<&str>) {
        let text = match column {
            AsnColumn::OrganizationName => &mut self.organization_name,
            AsnColumn::OrganizationCountry => &mut self.organization_country,
            AsnColumn::RirRegistry => &mut self.rir_registry,
            AsnColumn::AsnType => &mut self.asn_type,
            AsnColumn::IsKnownHosting => return self.is_known_hosting = value == Some(TRUE),
            AsnColumn::IsKnownVpn => return self.is_known_vpn = value == Some(TRUE),
        };
        *text = value.map(str::to_owned);
    }
}

/// Whether `fact` takes precedence over a value of the given provenance.
fn is_better(fact: &AsnFact, field: Field, provenance: Option<&Value>, policy: &Policy) -> bool {
    let Some(provenance) = provenance.and_then(Value::as_object) else {
        return false;
    };
    let rank =
        |source: &str, inferred: bool| (inferred, policy.rank(field, source).unwrap_or(usize::MAX));
    let stored_source = provenance
        .get("source")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let stored_inferred = provenance
        .get("inferred")
        .and_then(Value::as_bool)
        .unwrap_or_default();
    let stored_at = provenance
        .get("cached_at")
        .and_then(Value::as_str)
        .and_then(parse_timestamp);
    let new = rank(fact.source.as_str(), fact.inferred);
    let stored = rank(stored_source, stored_inferred);
    new < stored || (new == stored && fact.cached_at > stored_at)
}

fn provenance_of(column: AsnColumn, fact: &AsnFact) -> Value {
    let mut provenance = json!({"source": fact.source, "cached_at": fact.cached_at.map(rfc3339)});
    let Some(members) = provenance.as_object_mut() else {
        return provenance;
    };
    // Other programs record no source for the flags that they set.
    if matches!(column, AsnColumn::IsKnownHosting | AsnColumn::IsKnownVpn) {
        members.insert(VALUE.to_owned(), (fact.value == TRUE).into());
    }
    if fact.inferred {
        members.insert("inferred".to_owned(), true.into());
    }
    if let Some(allocated) = fact.allocated {
        members.insert("allocated".to_owned(), allocated.to_string().into());
    }
    provenance
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::FieldSource;
    use crate::policy::PolicySource;
    use crate::provider_name::ProviderName;

    const FIRST: ProviderName = ProviderName::new("first");
    const SECOND: ProviderName = ProviderName::new("second");

    fn policy() -> Policy {
        let source = |name| PolicySource {
            name,
            fields: vec![
                FieldSource::same(Field::IS_VPN),
                FieldSource::same(Field::ASN_TYPE),
            ]
            .into(),
        };
        Policy::new(vec![source(FIRST), source(SECOND)])
    }

    fn said(column: AsnColumn, source: ProviderName, value: &str, day: u8) -> AsnEvidence {
        let fact = AsnFact {
            value: value.to_owned(),
            source,
            cached_at: parse_timestamp(&format!("2026-01-{day:02}")),
            inferred: false,
            allocated: None,
        };
        AsnEvidence::from_iter([(column, fact)])
    }

    #[test]
    fn a_flag_that_another_has_set_stays_and_one_of_ours_is_unset_by_what_set_it() {
        let asn = Asn::new(64500).unwrap();
        let mut row = AsnRow::new(asn, parse_timestamp("2026-01-01").unwrap());
        let vpn = |source, value, day| said(AsnColumn::IsKnownVpn, source, value, day);
        row.is_known_vpn = true;
        assert!(!row.absorb(&vpn(FIRST, "false", 1), &policy(), false));
        assert!(row.is_known_vpn, "of unknown source");

        row.is_known_vpn = false;
        assert!(row.absorb(&vpn(SECOND, "true", 2), &policy(), false));
        assert!(row.is_known_vpn);
        assert_eq!(row.enrichment["is_known_vpn"]["source"], "second");
        assert!(!row.absorb(&vpn(SECOND, "false", 1), &policy(), false));
        assert!(row.absorb(&vpn(SECOND, "false", 3), &policy(), false));
        assert!(!row.is_known_vpn);
        row.is_known_vpn = true;
        assert!(!row.absorb(&vpn(SECOND, "false", 4), &policy(), false));
        assert!(row.is_known_vpn, "another has set it meanwhile");
        row.is_known_vpn = false;
        assert!(row.absorb(&vpn(FIRST, "true", 1), &policy(), false));
        assert!(row.is_known_vpn, "a better source");
        assert!(!row.absorb(&vpn(FIRST, "true", 1), &policy(), false));
    }

    #[test]
    fn the_kind_of_an_as_is_text_like_its_name() {
        let asn = Asn::new(64500).unwrap();
        let mut row = AsnRow::new(asn, parse_timestamp("2026-01-01").unwrap());
        assert!(row.absorb(
            &said(AsnColumn::AsnType, SECOND, "isp", 1),
            &policy(),
            false
        ));
        assert!(row.absorb(
            &said(AsnColumn::AsnType, FIRST, "hosting", 1),
            &policy(),
            false
        ));
        assert_eq!(row.asn_type.as_deref(), Some("hosting"));
    }
}
