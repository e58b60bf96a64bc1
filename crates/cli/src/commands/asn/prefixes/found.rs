//! Prefixes of ASes, from wherever they are known.

use std::collections::{BTreeMap, BTreeSet};

use ipcascade_core::asn::Asn;
use ipcascade_core::provider_name::ProviderName;
use ipnet::IpNet;

use crate::commands::top::Counts;

/// What is known of a prefix of an AS.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// The providers that say so.
    pub(super) providers: BTreeSet<ProviderName>,
    /// The stored addresses with this prefix, if there are any.
    pub(super) stored: Option<Counts>,
}

impl Known {
    pub(super) fn add(&mut self, more: Self) {
        self.providers.extend(more.providers);
        if let Some(more) = more.stored {
            self.stored.get_or_insert_default().add(more);
        }
    }
}

/// A prefix of an AS.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) prefix: IpNet,
    pub(super) asn: Asn,
    pub(super) known: Known,
}

/// Prefixes by their addresses: IPv4 before IPv6, each by number, and then by AS.
#[derive(Debug, Default)]
pub(super) struct FoundPrefixes {
    by_prefix: BTreeMap<(IpNet, Asn), Known>,
    asns: BTreeSet<Asn>,
}

impl FoundPrefixes {
    pub(super) fn add(&mut self, asn: Asn, prefix: IpNet, known: Known) {
        self.asns.insert(asn);
        let there = self.by_prefix.entry((prefix.trunc(), asn));
        there.or_default().add(known);
    }

    /// Whether any prefix of `asn` was found.
    pub(super) fn has(&self, asn: Asn) -> bool {
        self.asns.contains(&asn)
    }

    /// The fewest prefixes of each AS that have the same addresses.
    pub(super) fn aggregated(self) -> Self {
        let mut aggregates: BTreeMap<Asn, Vec<IpNet>> = BTreeMap::new();
        for (prefix, asn) in self.by_prefix.keys() {
            aggregates.entry(*asn).or_default().push(*prefix);
        }
        for prefixes in aggregates.values_mut() {
            *prefixes = IpNet::aggregate(prefixes);
            prefixes.sort_unstable();
        }
        let mut aggregated = Self::default();
        for ((prefix, asn), known) in self.by_prefix {
            // They do not overlap, so the last one that does not begin behind the prefix contains it.
            let aggregate = aggregates.get(&asn).and_then(|prefixes| {
                let behind = prefixes.partition_point(|aggregate| *aggregate <= prefix);
                prefixes.get(behind.checked_sub(1)?)
            });
            aggregated.add(asn, aggregate.copied().unwrap_or(prefix), known);
        }
        aggregated
    }

    /// All of them, in order.
    pub(super) fn into_rows(self) -> impl Iterator<Item = Found> {
        let rows = self.by_prefix.into_iter();
        rows.map(|((prefix, asn), known)| Found { prefix, asn, known })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(prefixes: &[(&str, u32, Option<u64>)]) -> FoundPrefixes {
        let mut found = FoundPrefixes::default();
        for (prefix, asn, addresses) in prefixes {
            let stored = addresses.map(|addresses| Counts {
                addresses,
                sessions: 2 * addresses,
            });
            let known = Known {
                stored,
                ..Known::default()
            };
            found.add(Asn::new(*asn).unwrap(), prefix.parse().unwrap(), known);
        }
        found
    }

    fn shown(found: FoundPrefixes) -> Vec<String> {
        let rows = found.into_rows();
        let rows = rows.map(|row| {
            let counts = row.known.stored.map(|it| (it.addresses, it.sessions));
            format!("{} {} {counts:?}", row.prefix, row.asn)
        });
        rows.collect()
    }

    #[test]
    fn prefixes_are_in_the_order_of_numbers() {
        let found = found(&[
            ("2001:db8::/32", 1, None),
            ("100.0.0.0/8", 1, None),
            ("9.0.0.0/8", 2, Some(1)),
            ("9.0.0.0/8", 1, None),
            ("9.0.0.7/8", 2, Some(2)),
            ("9.0.0.0/16", 1, None),
        ]);
        assert!(found.has(Asn::new(2).unwrap()) && !found.has(Asn::new(3).unwrap()));
        assert_eq!(
            shown(found),
            [
                "9.0.0.0/8 AS1 None",
                "9.0.0.0/8 AS2 Some((3, 6))",
                "9.0.0.0/16 AS1 None",
                "100.0.0.0/8 AS1 None",
                "2001:db8::/32 AS1 None",
            ]
        );
    }

    #[test]
    fn aggregates_have_what_their_parts_have_and_keep_ases_apart() {
        let found = found(&[
            ("10.0.0.0/25", 1, Some(1)),
            ("10.0.0.128/25", 1, None),
            ("10.0.0.64/26", 1, Some(4)),
            ("10.0.1.0/24", 2, Some(8)),
            ("10.0.2.0/24", 1, None),
            ("2001:db8::/33", 1, Some(1)),
            ("2001:db8:8000::/33", 1, Some(1)),
        ]);
        assert_eq!(
            shown(found.aggregated()),
            [
                "10.0.0.0/24 AS1 Some((5, 10))",
                "10.0.1.0/24 AS2 Some((8, 16))",
                "10.0.2.0/24 AS1 None",
                "2001:db8::/32 AS1 Some((2, 4))",
            ]
        );
    }
}
