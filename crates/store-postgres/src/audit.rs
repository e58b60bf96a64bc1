//! What is wrong with a row of an address, and what it would be if it were right: the checks that
//! need the row to be understood, not just compared.

use ipcascade_core::{Address, Asn, Check, Document, Field, Policy, SectionView, special_purpose};
use serde_json::Value;

use crate::rows::RawAddress;
use crate::shape::Shape;

/// The findings on one row.
pub(crate) struct Audit {
    /// The address, if the key is one in any spelling.
    pub(crate) address: Option<Address>,
    /// What is wrong, with an example for people.
    pub(crate) violations: Vec<(Check, String)>,
    /// The document as it should be.
    pub(crate) document: Document,
    /// The attribution as it should be.
    pub(crate) current_asn: Option<Asn>,
    /// Who says so.
    pub(crate) source: Option<&'static str>,
}

/// Audits a row.
pub(crate) fn audit(raw: &RawAddress, policy: &Policy, shape: &Shape) -> Audit {
    let key = raw.text.escape_debug().to_string();
    let stored_asn = raw.current_asn.and_then(Asn::from_i64);
    let (document, defect) = raw.document();
    let mut audit = Audit {
        address: raw.address(),
        violations: Vec::new(),
        document,
        current_asn: stored_asn,
        source: None,
    };
    let is_object = raw
        .enrichment
        .as_deref()
        .is_none_or(|text| text.trim_start().starts_with('{'));
    if let Some(defect) = defect {
        audit.note(Check::DocumentShape, format!("{key}: {defect}"));
    } else if !is_object {
        audit.note(
            Check::DocumentShape,
            format!("{key}: JSON, but not an object"),
        );
    }
    let Some(address) = audit.address else {
        audit.note(Check::AddressSpelling, format!("{key}: not an IP address"));
        return audit;
    };
    if address.to_string() != raw.text {
        audit.note(
            Check::AddressSpelling,
            format!("{key}: should be {address}"),
        );
    }
    audit.attribute(address, &key, policy, shape);
    audit.drop_foreign_sections(address, &key);
    audit
}

impl Audit {
    fn note(&mut self, check: Check, example: String) {
        self.violations.push((check, example));
    }

    /// Whether there is anything to mend but the key.
    pub(crate) fn has_wrong_content(&self) -> bool {
        let is_content = |(check, _): &(Check, String)| *check != Check::AddressSpelling;
        self.violations.iter().any(is_content)
    }

    fn attribute(&mut self, address: Address, key: &str, policy: &Policy, shape: &Shape) {
        let stored = self.current_asn;
        let purpose = special_purpose(address);
        if purpose.is_some() || self.document.is_special() {
            if let Some(asn) = stored {
                let reason = purpose.map_or("marked as not global", |purpose| purpose.reason);
                self.note(
                    Check::BogonAttributed,
                    format!("{key}: {asn}, but {reason}"),
                );
                if let Some(purpose) = purpose {
                    self.document.mark_special(purpose);
                }
                self.current_asn = None;
            }
            return;
        }
        let said = policy.attribution(address, &self.document);
        let expected = match said {
            Some((asn, _)) if shape.holds(asn) => Some(asn),
            Some(_) => None,
            // Sections that could name an AS, and do not, say that there is none.
            None if self.is_about_asns(policy) => None,
            None => stored,
        };
        if expected != stored {
            let name =
                |asn: Option<Asn>| asn.map_or_else(|| "none".to_owned(), |asn| asn.to_string());
            let example = format!("{key}: {}, should be {}", name(stored), name(expected));
            self.note(Check::Attribution, example);
            self.current_asn = expected;
            self.source = said.map(|(_, source)| source.as_str());
        }
    }

    fn is_about_asns(&self, policy: &Policy) -> bool {
        policy
            .candidates(Field::ASN)
            .any(|(source, _)| self.document.section(source.as_str()).is_some())
    }

    fn drop_foreign_sections(&mut self, address: Address, key: &str) {
        let is_foreign = |section: SectionView<'_>| !section.concerns(address);
        let names: Vec<String> = self
            .document
            .section_names()
            .filter(|name| self.document.section(name).is_some_and(is_foreign))
            .map(str::to_owned)
            .collect();
        if names.is_empty() {
            return;
        }
        for name in &names {
            let prefix = self.document.section(name).and_then(SectionView::prefix);
            let prefix = prefix.map(|prefix| prefix.to_string()).unwrap_or_default();
            self.note(
                Check::SectionPrefix,
                format!("{key}: {name} is for {prefix}"),
            );
        }
        let Ok(Value::Object(mut sections)) = serde_json::to_value(&self.document) else {
            return;
        };
        sections.retain(|name, _| !names.contains(name));
        self.document = Document::from_value(Value::Object(sections)).0;
    }
}
