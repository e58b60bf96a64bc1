//! The audit: compares the sources of one address after another.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use smallvec::SmallVec;

use crate::asn::Asn;
use crate::audit::agreement::{agree, is_verdict, share_origin};
use crate::audit::counts::{AsnDifferences, ComparedValues, OfAsn, PairCount, SourcePair};
use crate::audit::invalid_origins::other_invalid_origins;
use crate::audit::statement::{SourceStatement, statements};
use crate::audit::topic::Topic;
use crate::audit::topic_sources::TopicSources;
use crate::policy::{Policy, PolicySource};
use crate::store::AddressRow;

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

/// Compares sources address by address, and counts. Memory grows with the number of ASes about which sources disagree,
/// not with that of addresses.
#[derive(Debug)]
pub struct Audit {
    policy: Arc<Policy>,
    topics: Arc<[(Topic, TopicSources)]>,
    addresses: u64,
    pairs: BTreeMap<SourcePair, ComparedValues>,
    asns: BTreeMap<(Option<Asn>, SourcePair), OfAsn>,
}

impl Audit {
    /// An audit of `topics` among the sources of `policy`.
    pub fn new(policy: Arc<Policy>, topics: impl IntoIterator<Item = Topic>) -> Self {
        let with_sources = |topic| (topic, TopicSources::of(topic, &policy));
        let topics = topics.into_iter().map(with_sources).collect();
        Self {
            policy,
            topics,
            addresses: 0,
            pairs: BTreeMap::new(),
            asns: BTreeMap::new(),
        }
    }

    /// Compares the sections of an address; those that cannot be about it are ignored.
    pub fn examine(&mut self, row: &AddressRow) -> Vec<SourceDifference> {
        let policy = &*Arc::clone(&self.policy);
        self.addresses += 1;
        let mut differences = Vec::new();
        let is_there =
            |source: &PolicySource| row.enrichment.section(source.name.as_str()).is_some();
        let present: SmallVec<[bool; 16]> = policy.sources().iter().map(is_there).collect();
        for &(topic, ref sources) in Arc::clone(&self.topics).iter() {
            if !sources.may_disagree(&present) {
                continue;
            }
            let (left_fields, right_fields) = topic.fields();
            let lefts = statements(policy, left_fields, row);
            let rights = statements(policy, right_fields, row);
            if topic == Topic::Rpki {
                for (left, right) in other_invalid_origins(policy, row) {
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
                    if agree(topic, left, right) || share_origin(policy, topic, left, right, row) {
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

    /// The same where only the counts matter.
    pub fn count(&mut self, row: &AddressRow) {
        self.examine(row);
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

    /// Adds what another audit, of the same topics and by the same policy, has counted.
    pub fn add(&mut self, other: Self) {
        self.addresses += other.addresses;
        for (pair, compared) in other.pairs {
            let known = self.pairs.entry(pair).or_default();
            known.all += compared.all;
            known.different += compared.different;
        }
        for (of, found) in other.asns {
            self.asns.entry(of).or_default().add_all(found);
        }
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
