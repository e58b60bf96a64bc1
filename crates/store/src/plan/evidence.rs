//! The best evidence about an AS from all its addresses.

use std::collections::{BTreeMap, HashMap};

use ipcascade_core::asn_evidence::{AsnColumn, AsnEvidence, AsnFact};
use ipcascade_core::field::Field;
use ipcascade_core::policy::Policy;
use ipcascade_core::provider_name::ProviderName;

/// Distinct values of one field that are distinguished; more are ignored, so that memory stays bounded whatever a
/// database holds.
const DISTINCT_VALUES: usize = 256;

type Votes = HashMap<(bool, ProviderName, String), (u64, AsnFact)>;

/// Collects the evidence of addresses about one AS. The order does not matter.
#[derive(Clone, Debug, Default)]
pub struct EvidenceTally(BTreeMap<AsnColumn, Votes>);

/// A column about which sources of equal rank disagree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The column.
    pub column: AsnColumn,
}

impl EvidenceTally {
    /// Adds the evidence of one address.
    pub fn add(&mut self, evidence: AsnEvidence) {
        for (column, fact) in evidence {
            let votes = self.0.entry(column).or_default();
            let key = (fact.inferred, fact.source, fact.value.clone());
            if votes.len() >= DISTINCT_VALUES && !votes.contains_key(&key) {
                continue;
            }
            let (count, newest) = votes.entry(key).or_insert_with(|| (0, fact.clone()));
            *count += 1;
            newest.cached_at = newest.cached_at.max(fact.cached_at);
        }
    }

    /// Whether there is no evidence.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The best statements: by the policy's order, then the most common value, then the newest, then the first by
    /// alphabet.
    pub fn best(&self, policy: &Policy) -> AsnEvidence {
        let columns = self.0.iter();
        columns
            .filter_map(|(&column, votes)| Some((column, best(votes, column.field(), policy)?)))
            .collect()
    }

    /// The columns for which the winning source has more than one value.
    pub fn conflicts(&self, policy: &Policy) -> Vec<Conflict> {
        let is_disputed = |votes: &Votes, winner: &AsnFact| {
            let winner = (winner.inferred, winner.source);
            let said = votes
                .keys()
                .filter(|(inferred, source, _)| (*inferred, *source) == winner);
            said.count() > 1
        };
        let columns = self.0.iter();
        columns
            .filter(|(column, votes)| {
                best(votes, column.field(), policy)
                    .is_some_and(|winner| is_disputed(votes, &winner))
            })
            .map(|(&column, _)| Conflict { column })
            .collect()
    }
}

fn best(votes: &Votes, field: Field, policy: &Policy) -> Option<AsnFact> {
    votes
        .values()
        .min_by_key(|(count, fact)| {
            let rank = policy
                .rank(field, fact.source.as_str())
                .unwrap_or(usize::MAX);
            let commonest = std::cmp::Reverse(*count);
            (
                fact.inferred,
                rank,
                commonest,
                std::cmp::Reverse(fact.cached_at),
                &fact.value,
            )
        })
        .map(|(_, fact)| fact.clone())
}

#[cfg(test)]
mod tests {
    use ipcascade_core::clock::parse_timestamp;
    use ipcascade_core::field::FieldSource;
    use ipcascade_core::policy::PolicySource;
    use proptest::prelude::*;

    use super::*;

    const FIRST: ProviderName = ProviderName::new("first");
    const SECOND: ProviderName = ProviderName::new("second");
    const NAMES: &[FieldSource] = &[FieldSource::same(Field::ASN_ORG)];

    fn policy() -> Policy {
        Policy::new(vec![
            PolicySource {
                name: FIRST,
                fields: NAMES.into(),
            },
            PolicySource {
                name: SECOND,
                fields: NAMES.into(),
            },
        ])
    }

    fn said(source: ProviderName, value: &str, day: u8) -> AsnEvidence {
        let cached_at = parse_timestamp(&format!("2026-01-{day:02}"));
        let fact = AsnFact {
            value: value.to_owned(),
            source,
            cached_at,
            inferred: false,
            allocated: None,
        };
        AsnEvidence::from_iter([(AsnColumn::OrganizationName, fact)])
    }

    fn winner(all: impl IntoIterator<Item = AsnEvidence>) -> String {
        let mut tally = EvidenceTally::default();
        all.into_iter().for_each(|evidence| tally.add(evidence));
        let best = tally.best(&policy());
        best.get(AsnColumn::OrganizationName).unwrap().value.clone()
    }

    #[test]
    fn policy_order_then_the_commonest_then_the_newest_wins() {
        let second = |value, day| said(SECOND, value, day);
        assert_eq!(
            winner([second("B", 9), second("B", 9), said(FIRST, "A", 1)]),
            "A"
        );
        assert_eq!(
            winner([second("B", 1), second("B", 1), second("C", 9)]),
            "B"
        );
        assert_eq!(winner([second("B", 1), second("C", 9)]), "C");
    }

    proptest! {
        #[test]
        fn the_order_of_collecting_does_not_matter(
            mut all in prop::collection::vec(
                (any::<bool>(), 0..4_usize, 1..5_u8), 1..20
            ),
            seed in any::<usize>(),
        ) {
            let evidence = |&(first, name, day): &(bool, usize, u8)| {
                said(if first { FIRST } else { SECOND }, ["A", "B", "C", "D"][name], day)
            };
            let before = winner(all.iter().map(evidence));
            let turns = seed % all.len();
            all.rotate_left(turns);
            prop_assert_eq!(&before, &winner(all.iter().map(evidence)));
            all.reverse();
            prop_assert_eq!(&before, &winner(all.iter().map(evidence)));
        }
    }
}
