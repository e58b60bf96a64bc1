//! Route origin validation (RFC 6811): whether the announcement of a prefix by an AS agrees with the RPKI.

use ipcascade_core::asn::Asn;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use prefix_trie::PrefixMap;

/// The validity of an announcement by the RPKI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Validity {
    /// A payload allows it.
    Valid,
    /// Payloads cover the prefix, but none allows it.
    Invalid(InvalidReason),
    /// No payload covers the prefix.
    NotFound,
}

/// Why no payload allows an announcement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum InvalidReason {
    /// They are all for another AS.
    Asn,
    /// One is for the AS, but not for a prefix of this length.
    Length,
}

impl Validity {
    /// The validation state, as RFC 6811 calls it.
    pub(crate) const fn state(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Invalid(_) => "invalid",
            Self::NotFound => "not_found",
        }
    }

    /// Why it is invalid.
    pub(crate) const fn reason(self) -> Option<&'static str> {
        match self {
            Self::Invalid(InvalidReason::Asn) => Some("asn"),
            Self::Invalid(InvalidReason::Length) => Some("length"),
            Self::Valid | Self::NotFound => None,
        }
    }
}

/// A VRP, without its prefix, which is the key it is kept under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Payload {
    /// 0 authorises no AS (RFC 6483).
    pub(crate) asn: u32,
    pub(crate) max_length: u8,
}

/// All payloads.
#[derive(Default)]
pub(crate) struct Payloads {
    ipv4: PrefixMap<Ipv4Net, Vec<Payload>>,
    ipv6: PrefixMap<Ipv6Net, Vec<Payload>>,
}

impl Payloads {
    pub(crate) fn add(&mut self, prefix: IpNet, payload: Payload) {
        match prefix {
            IpNet::V4(prefix) => self.ipv4.entry(prefix).or_default().push(payload),
            IpNet::V6(prefix) => self.ipv6.entry(prefix).or_default().push(payload),
        }
    }

    /// Validates the announcement of `prefix` by `asn`.
    pub(crate) fn validity(&self, prefix: IpNet, asn: Asn) -> Validity {
        let length = prefix.prefix_len();
        match prefix {
            IpNet::V4(prefix) => judge(self.ipv4.cover_values(&prefix).flatten(), length, asn),
            IpNet::V6(prefix) => judge(self.ipv6.cover_values(&prefix).flatten(), length, asn),
        }
    }
}

fn judge<'a>(covering: impl Iterator<Item = &'a Payload>, length: u8, asn: Asn) -> Validity {
    let mut validity = Validity::NotFound;
    for payload in covering {
        let is_for_asn = payload.asn == asn.get();
        if is_for_asn && length <= payload.max_length {
            return Validity::Valid;
        }
        if is_for_asn {
            validity = Validity::Invalid(InvalidReason::Length);
        } else if validity == Validity::NotFound {
            validity = Validity::Invalid(InvalidReason::Asn);
        }
    }
    validity
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// RFC 6811, section 2, by checking each payload.
    fn naive(payloads: &[(IpNet, Payload)], prefix: IpNet, asn: Asn) -> Validity {
        let covered = || payloads.iter().filter(|(of, _)| of.contains(&prefix));
        let of_asn = || covered().filter(|(_, payload)| payload.asn == asn.get());
        let matches = |(_, payload): &(IpNet, Payload)| prefix.prefix_len() <= payload.max_length;
        if of_asn().any(matches) {
            Validity::Valid
        } else if of_asn().next().is_some() {
            Validity::Invalid(InvalidReason::Length)
        } else if covered().next().is_some() {
            Validity::Invalid(InvalidReason::Asn)
        } else {
            Validity::NotFound
        }
    }

    /// Prefixes close enough to each other that many are inside others.
    fn prefix() -> impl Strategy<Value = IpNet> {
        let ipv4 = (0_u32..32, 27_u8..=32).prop_map(|(bits, length)| {
            let address = 0x0100_0000_u32 + bits;
            IpNet::new(std::net::Ipv4Addr::from(address).into(), length).unwrap()
        });
        let ipv6 = (0_u128..8, 125_u8..=128).prop_map(|(bits, length)| {
            let address = (0x2001_u128 << 112) + bits;
            IpNet::new(std::net::Ipv6Addr::from(address).into(), length).unwrap()
        });
        prop_oneof![ipv4, ipv6].prop_map(|prefix| prefix.trunc())
    }

    proptest! {
        #[test]
        fn validity_is_what_looking_at_each_payload_finds(
            stated in prop::collection::vec((prefix(), 0_u32..4, 0_u8..4), 0..24),
            asked in prop::collection::vec((prefix(), 1_u32..4), 1..24),
        ) {
            let stated: Vec<(IpNet, Payload)> = stated
                .into_iter()
                .map(|(prefix, asn, more)| {
                    let max_length = (prefix.prefix_len() + more).min(prefix.max_prefix_len());
                    (prefix, Payload { asn, max_length })
                })
                .collect();
            let mut payloads = Payloads::default();
            for &(prefix, payload) in &stated {
                payloads.add(prefix, payload);
            }
            for (prefix, asn) in asked {
                let asn = Asn::new(asn).unwrap();
                let found = payloads.validity(prefix, asn);
                prop_assert_eq!(found, naive(&stated, prefix, asn), "{} {}", prefix, asn);
            }
        }
    }
}
