//! Audits an address row, and derives its correct form: the checks that need the row to be understood, not just
//! compared.

use ipcascade_core::address::Address;
use ipcascade_core::asn::Asn;
use ipcascade_core::document::{Document, DocumentDefect};
use ipcascade_core::field::Field;
use ipcascade_core::policy::Policy;
use ipcascade_core::provider_name::ProviderName;
use ipcascade_core::section::SectionView;
use ipcascade_core::special_purpose::special_purpose;
use ipcascade_core::store::Check;

/// An address row as it is stored, right or wrong.
#[derive(Clone, Copy, Debug)]
pub struct AuditedRow<'a> {
    /// Its key, which need not be an address.
    pub key: &'a str,
    /// Its AS number, which need not be valid.
    pub current_asn: Option<i64>,
    /// The text of its document.
    pub document: Option<&'a str>,
}

/// The findings of an audit.
#[derive(Clone, Debug)]
pub struct RowAudit {
    /// The address, if the key is one in any spelling.
    pub address: Option<Address>,
    /// The faults, each with the key and the details, for people. At most one for a check.
    pub faults: Vec<(Check, String)>,
    /// The correct document.
    pub document: Document,
    /// The correct attribution.
    pub current_asn: Option<Asn>,
    /// The source of the attribution, if it differs from the stored one.
    pub source: Option<ProviderName>,
    /// The sections that are removed because they are for another prefix.
    pub removed: Vec<String>,
}

/// Audits `row`. `holds` returns whether the columns of the store can hold an ASN.
pub fn audit_row(row: AuditedRow<'_>, policy: &Policy, holds: impl Fn(Asn) -> bool) -> RowAudit {
    let (document, defect) = Document::parse(row.document.unwrap_or_default());
    let mut audit = RowAuditor {
        key: row.key.escape_debug().to_string(),
        stored: row.current_asn,
        found: RowAudit {
            address: row.key.parse().ok(),
            faults: Vec::new(),
            document,
            current_asn: row.current_asn.and_then(Asn::from_i64),
            source: None,
            removed: Vec::new(),
        },
    };
    // It is unknown what the rest of such a row is about.
    let Some(address) = audit.found.address else {
        audit.fault(Check::AddressSpelling, "not an IP address");
        return audit.found;
    };
    audit.check_document(row.document, defect);
    if address.to_string() != row.key {
        audit.fault(Check::AddressSpelling, &format!("canonical is {address}"));
    }
    audit.check_attribution(address, policy, holds);
    audit.check_prefixes(address);
    audit.found
}

struct RowAuditor {
    key: String,
    stored: Option<i64>,
    found: RowAudit,
}

impl RowAuditor {
    fn fault(&mut self, check: Check, particulars: &str) {
        let fault = format!("{}: {particulars}", self.key);
        self.found.faults.push((check, fault));
    }

    fn check_document(&mut self, text: Option<&str>, defect: Option<DocumentDefect>) {
        let text = text.map(str::trim);
        if let Some(defect) = defect {
            self.fault(Check::DocumentShape, &defect.to_string());
        } else if text.is_some_and(|text| !text.starts_with('{')) {
            self.fault(Check::DocumentShape, "nothing, but not as an object");
        }
    }

    fn check_attribution(
        &mut self,
        address: Address,
        policy: &Policy,
        holds: impl Fn(Asn) -> bool,
    ) {
        let purpose = special_purpose(address);
        if let Some(purpose) = purpose {
            self.found.document.mark_special(purpose);
        }
        if self.found.document.is_special() {
            if let Some(number) = self.stored {
                let reason = purpose.map_or("marked as not global", |purpose| purpose.reason);
                self.fault(Check::BogonAttributed, &format!("AS{number}, but {reason}"));
            }
            self.found.current_asn = None;
            return;
        }
        let said = policy.attribution(address, &self.found.document);
        let expected = match said {
            Some((asn, _)) => Some(asn).filter(|&asn| holds(asn)),
            // Sections that could name an AS, but do not, mean that it has no AS.
            None if self.has_section_on_asn(policy) => None,
            None => self.found.current_asn,
        };
        if expected == self.found.current_asn {
            return;
        }
        let stored = self
            .stored
            .map_or_else(|| "no AS".to_owned(), |number| format!("AS{number}"));
        let says = said.map_or_else(
            || "no section says so".to_owned(),
            |(asn, source)| format!("{source} says {asn}"),
        );
        self.fault(Check::Attribution, &format!("{stored}, but {says}"));
        self.found.current_asn = expected;
        self.found.source = said.map(|(_, source)| source);
    }

    fn has_section_on_asn(&self, policy: &Policy) -> bool {
        policy
            .candidates(Field::ASN)
            .any(|(source, _)| self.found.document.section(source.as_str()).is_some())
    }

    /// Removes sections for a prefix that does not contain the address.
    fn check_prefixes(&mut self, address: Address) {
        let foreign = |(name, section): (&str, SectionView<'_>)| {
            let prefix = section.prefix().filter(|_| !section.concerns(address))?;
            Some((name.to_owned(), format!("section {name} is for {prefix}")))
        };
        let document = &self.found.document;
        let (names, particulars): (Vec<String>, Vec<String>) = document
            .section_names()
            .filter_map(|name| Some((name, document.section(name)?)))
            .filter_map(foreign)
            .unzip();
        if names.is_empty() {
            return;
        }
        self.fault(Check::SectionPrefix, &particulars.join(", "));
        for name in &names {
            self.found.document.remove(name);
        }
        self.found.removed = names;
    }
}

#[cfg(test)]
mod tests {
    use ipcascade_core::field::FieldSource;
    use ipcascade_core::policy::PolicySource;

    use super::*;

    const GEO: ProviderName = ProviderName::new("geo");
    const FIELDS: &[FieldSource] = &[FieldSource::same(Field::ASN)];

    fn audit(key: &str, current_asn: Option<i64>, document: &str) -> RowAudit {
        let source = PolicySource {
            name: GEO,
            fields: FIELDS.into(),
        };
        let row = AuditedRow {
            key,
            current_asn,
            document: Some(document),
        };
        audit_row(row, &Policy::new(vec![source]), |asn| asn.get() < 5_000_000)
    }

    fn faults(key: &str, current_asn: Option<i64>, document: &str) -> Vec<(Check, String)> {
        audit(key, current_asn, document).faults
    }

    #[test]
    fn a_right_row_has_no_fault() {
        let said = r#"{"geo": {"asn": 3856, "prefix": "198.41.0.0/24"}, "spur": {}}"#;
        assert_eq!(faults("198.41.0.4", Some(3856), said), []);
        assert_eq!(faults("198.41.0.4", None, "{}"), []);
        // Nothing shows that it is wrong.
        assert_eq!(faults("198.41.0.4", Some(7), r#"{"spur": {"asn": 8}}"#), []);
        let special = r#"{"validation": {"is_bogon": true, "reason": "x"}}"#;
        assert_eq!(faults("10.0.0.1", None, special), []);
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a table of cases")]
    fn every_fault_is_named_and_the_row_put_right() {
        for (key, asn, document, check, particulars, as_it_should_be) in [
            (
                "mars",
                None,
                "[1]",
                Check::AddressSpelling,
                "not an IP address",
                None,
            ),
            (
                "::ffff:198.41.0.4",
                None,
                "{}",
                Check::AddressSpelling,
                "canonical is 198.41.0.4",
                None,
            ),
            (
                "198.41.0.4",
                None,
                "[1]",
                Check::DocumentShape,
                "JSON, but not an object",
                None,
            ),
            (
                "198.41.0.4",
                None,
                "null",
                Check::DocumentShape,
                "nothing, but not as an object",
                None,
            ),
            (
                "198.41.0.4",
                None,
                "",
                Check::DocumentShape,
                "nothing, but not as an object",
                None,
            ),
            (
                "10.0.0.1",
                Some(-3),
                "{}",
                Check::BogonAttributed,
                "AS-3, but private-use",
                None,
            ),
            (
                "198.41.0.4",
                Some(1),
                r#"{"geo": {"asn": 2}}"#,
                Check::Attribution,
                "AS1, but geo says AS2",
                Some(2),
            ),
            (
                "198.41.0.4",
                None,
                r#"{"geo": {"asn": 2}}"#,
                Check::Attribution,
                "no AS, but geo says AS2",
                Some(2),
            ),
            (
                "198.41.0.4",
                Some(1),
                r#"{"geo": {}}"#,
                Check::Attribution,
                "AS1, but no section says so",
                None,
            ),
            (
                "198.41.0.4",
                Some(1),
                r#"{"geo": {"asn": 5000001}}"#,
                Check::Attribution,
                "AS1, but geo says AS5000001",
                None,
            ),
            (
                "198.41.0.4",
                Some(1),
                r#"{"spur": {"prefix": "4.0.41.0/24"}}"#,
                Check::SectionPrefix,
                "section spur is for 4.0.41.0/24",
                Some(1),
            ),
        ] {
            let found = audit(key, asn, document);
            assert_eq!(found.faults.len(), 1, "{:?}", found.faults);
            assert_eq!(found.faults[0].0, check);
            assert!(
                found.faults[0].1.ends_with(particulars),
                "{:?}",
                found.faults
            );
            assert_eq!(
                found.current_asn.map(Asn::get),
                as_it_should_be,
                "{key} {document}"
            );
            let repaired = found.document.to_json();
            let asn = found.current_asn.map(i64::from);
            if let Some(address) = found.address {
                assert_eq!(faults(&address.to_string(), asn, &repaired), []);
            }
        }
    }

    #[test]
    fn an_answer_to_another_question_is_not_an_attribution() {
        let document = r#"{"geo": {"asn": 9, "prefix": "4.0.41.0/24"}}"#;
        let found = audit("198.41.0.4", Some(9), document);
        let checks: Vec<Check> = found.faults.iter().map(|(check, _)| *check).collect();
        assert_eq!(checks, [Check::Attribution, Check::SectionPrefix]);
        assert_eq!(found.current_asn, None);
        assert!(found.document.section("geo").is_none());
    }
}
