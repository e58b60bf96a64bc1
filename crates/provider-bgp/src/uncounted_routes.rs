//! Routes that do not count, and how many there were. None of them is evidence of an origin, and a wrong origin would
//! be worse than none.

use std::collections::BTreeMap;
use std::fmt;

use ipcascade_core::asn::Asn;
use ipnet::IpNet;

/// A path that ends in an AS_SET has no unambiguous origin (RFC 6472, RFC 9774).
pub(crate) const AS_SET: &str = "ending in an AS_SET";
pub(crate) const NO_ORIGIN: &str = "of a path without an origin";
const TOO_SHORT: &str = "to a default route, or to a prefix too short to be announced";
const AS0: &str = "from AS0, which is reserved";

/// The shortest prefixes that are announced, by the registries' largest allocations.
const SHORTEST_IPV4: u8 = 8;
const SHORTEST_IPV6: u8 = 16;

/// Returns the AS of `number`, if a route from it to `prefix` counts.
pub(crate) fn check(prefix: IpNet, number: u32) -> Result<Asn, String> {
    if !is_announced(prefix) {
        return Err(TOO_SHORT.to_owned());
    }
    let asn = Asn::new(number).ok_or_else(|| AS0.to_owned())?;
    match asn.never_origin() {
        Some(why) => Err(format!("from a number that no origin has ({why})")),
        None => Ok(asn),
    }
}

/// Whether `prefix` is long enough to be announced. If none of its routes counts, nothing is known about it: the origin
/// of the prefix around it is not its origin.
pub(crate) const fn is_announced(prefix: IpNet) -> bool {
    match prefix {
        IpNet::V4(prefix) => prefix.prefix_len() >= SHORTEST_IPV4,
        IpNet::V6(prefix) => prefix.prefix_len() >= SHORTEST_IPV6,
    }
}

/// Counts of passed-over routes, by reason.
#[derive(Debug, Default)]
pub(crate) struct UncountedRoutes(BTreeMap<String, u64>);

impl UncountedRoutes {
    pub(crate) fn count(&mut self, why: &str) {
        match self.0.get_mut(why) {
            Some(count) => *count += 1,
            None => {
                self.0.insert(why.to_owned(), 1);
            }
        }
    }

    /// The total.
    pub(crate) fn total(&self) -> u64 {
        self.0.values().sum()
    }
}

impl fmt::Display for UncountedRoutes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (why, count)) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{count} {why}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_and_what_does_not() {
        let counts = |prefix: &str, number| check(prefix.parse().unwrap(), number).is_ok();
        assert!(counts("1.0.0.0/8", 13335) && counts("2001::/16", 4_199_999_999));
        for (prefix, number) in [
            ("0.0.0.0/0", 13335),
            ("0.0.0.0/7", 13335),
            ("::/0", 13335),
            ("2000::/3", 13335),
            ("1.0.0.0/24", 0),
            ("1.0.0.0/24", 23456),
            ("1.0.0.0/24", 64512),
            ("1.0.0.0/24", 65535),
            ("1.0.0.0/24", u32::MAX),
        ] {
            assert!(!counts(prefix, number), "{prefix} {number}");
        }
    }
}
