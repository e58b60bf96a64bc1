//! How often sources could be compared and differed, by pair of sources and by AS.

use std::collections::HashMap;

use serde::Serialize;

use crate::asn::Asn;
use crate::audit::statement::{ComparableValue, SourceStatement};
use crate::audit::topic::Topic;
use crate::provider_name::ProviderName;

/// Pairs of values that are distinguished for one AS and pair of sources; more are only counted.
const DISTINCT_VALUES: usize = 64;

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

pub(super) type SourcePair = (Topic, ProviderName, ProviderName);

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct ComparedValues {
    pub(super) all: u64,
    pub(super) different: u64,
}

#[derive(Clone, Debug, Default)]
pub(super) struct OfAsn {
    pub(super) different: u64,
    values: HashMap<(ComparableValue, ComparableValue), u64>,
}

impl OfAsn {
    pub(super) fn add(&mut self, left: &SourceStatement, right: &SourceStatement) {
        self.different += 1;
        let values = (left.value.clone(), right.value.clone());
        if self.values.len() < DISTINCT_VALUES || self.values.contains_key(&values) {
            *self.values.entry(values).or_default() += 1;
        }
    }

    /// The same for what was counted elsewhere.
    pub(super) fn add_all(&mut self, other: Self) {
        self.different += other.different;
        for (values, count) in other.values {
            if self.values.len() < DISTINCT_VALUES || self.values.contains_key(&values) {
                *self.values.entry(values).or_default() += count;
            }
        }
    }

    pub(super) fn commonest(&self) -> Option<(ComparableValue, ComparableValue)> {
        let commonest = self
            .values
            .iter()
            .min_by_key(|(values, count)| (std::cmp::Reverse(**count), *values));
        commonest.map(|(values, _)| values.clone())
    }
}
