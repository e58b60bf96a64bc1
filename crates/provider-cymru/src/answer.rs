//! Team Cymru's answers, independent of the transport.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use ipcascade_core::asn::Asn;
use ipcascade_core::lookup::{FailureClass, LookupFailure};
use ipnet::IpNet;

/// No more origins of one prefix than this are kept.
const MOST_ORIGINS: usize = 64;

/// The registration of the prefix.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Registration {
    /// A two-letter code.
    pub(crate) country: Option<String>,
    /// `arin`, `ripencc`, …
    pub(crate) registry: Option<String>,
    /// A date, `YYYY-MM-DD`.
    pub(crate) allocated: Option<String>,
}

/// A prefix and all its origins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AnnouncedPrefix {
    /// The announced prefix.
    pub(crate) prefix: IpNet,
    /// The origins, with names where the answer had them. Ascending: DNS shuffles records, and an address must not
    /// change its AS with every answer.
    pub(crate) asns: BTreeMap<Asn, Option<Arc<str>>>,
    /// The registration of the prefix.
    pub(crate) registration: Registration,
}

impl AnnouncedPrefix {
    /// The AS that stands for all: the lowest number.
    pub(crate) fn asn(&self) -> Option<(Asn, Option<&Arc<str>>)> {
        let (asn, name) = self.asns.first_key_value()?;
        Some((*asn, name.as_ref()))
    }

    /// Without the highest numbers, if there are too many: which ones stay must not depend on the order.
    fn bounded(mut self) -> Self {
        while self.asns.len() > MOST_ORIGINS {
            self.asns.pop_last();
        }
        self
    }

    /// Whether the answer applies to `ip` too. A prefix that is more specific than the shared block may have neighbours
    /// within the block.
    pub(crate) fn covers(&self, ip: IpAddr) -> bool {
        self.prefix.contains(&ip)
    }
}

/// Why an answer is unusable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadAnswer {
    /// It does not have the expected fields.
    #[error("`{}` is not in the form of an answer of Team Cymru", .0.escape_debug())]
    Shape(String),
    /// It names an AS that cannot be an origin.
    #[error("{asn} is no origin: it is {reason}")]
    NeverOrigin {
        /// The AS.
        asn: Asn,
        /// Why.
        reason: &'static str,
    },
    /// It is for all addresses, and so says nothing about any.
    #[error("the answer is for the default route {0}")]
    DefaultRoute(IpNet),
    /// It is about something else.
    #[error("the answer is for {prefix}, which does not hold {asked}")]
    OtherPrefix {
        /// The address in question.
        asked: IpAddr,
        /// The prefix in the answer.
        prefix: IpNet,
    },
}

impl BadAnswer {
    /// A malformed answer, of which a bounded part is shown.
    pub(crate) fn shape(text: &str) -> Self {
        Self::Shape(text.chars().take(120).collect())
    }

    /// The problem as a permanent failure of the look-up of `ip`.
    pub(crate) fn into_failure(self, ip: IpAddr, from: &str) -> LookupFailure {
        let message = format!("asking {from} for the origin of {ip}: {self}");
        LookupFailure::new(FailureClass::Permanent, message)
    }
}

/// The answer for `ip` among `records`: the most specific prefix, with the origins of all records that name it. `None`
/// if no record names an origin.
///
/// # Errors
///
/// If there are records, but none of them is about `ip`.
pub(crate) fn most_specific(
    ip: IpAddr,
    records: impl IntoIterator<Item = AnnouncedPrefix>,
) -> Result<Option<AnnouncedPrefix>, BadAnswer> {
    let mut best: Option<AnnouncedPrefix> = None;
    let mut astray = None;
    for mut record in records {
        if record.prefix.prefix_len() == 0 {
            astray = Some(BadAnswer::DefaultRoute(record.prefix));
            continue;
        }
        record.asns.retain(|&asn, _| {
            let reason = asn.never_origin();
            astray = astray.take().or_else(|| {
                Some(BadAnswer::NeverOrigin {
                    asn,
                    reason: reason?,
                })
            });
            reason.is_none()
        });
        if !record.covers(ip) {
            astray = Some(BadAnswer::OtherPrefix {
                asked: ip,
                prefix: record.prefix,
            });
            continue;
        }
        if record.asns.is_empty() {
            continue;
        }
        match &mut best {
            Some(best) if best.prefix == record.prefix => join(best, record),
            Some(best) if best.prefix.prefix_len() > record.prefix.prefix_len() => {}
            _ => best = Some(record),
        }
    }
    match (best, astray) {
        (None, Some(complaint)) => Err(complaint),
        (best, _) => Ok(best.map(AnnouncedPrefix::bounded)),
    }
}

fn join(origin: &mut AnnouncedPrefix, other: AnnouncedPrefix) {
    for (asn, name) in other.asns {
        let known = origin.asns.entry(asn).or_default();
        if known.is_none() {
            *known = name;
        }
    }
    let (mine, theirs) = (&mut origin.registration, other.registration);
    mine.country = mine.country.take().or(theirs.country);
    mine.registry = mine.registry.take().or(theirs.registry);
    mine.allocated = mine.allocated.take().or(theirs.allocated);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::origin_record;

    fn choose(ip: &str, records: &[&str]) -> Result<Option<AnnouncedPrefix>, BadAnswer> {
        let records: Vec<AnnouncedPrefix> = records
            .iter()
            .filter_map(|text| origin_record(text).unwrap())
            .collect();
        most_specific(ip.parse().unwrap(), records)
    }

    fn numbers(origin: &AnnouncedPrefix) -> Vec<u32> {
        origin.asns.keys().map(|asn| asn.get()).collect()
    }

    #[test]
    fn the_most_specific_prefix_wins_in_any_order() {
        let wide = "3356 | 8.0.0.0/9 | US | arin | 1992-12-01";
        let narrow = "15169 | 8.8.8.0/24 | US | arin | 2023-12-28";
        for records in [[wide, narrow], [narrow, wide]] {
            let origin = choose("8.8.8.4", &records).unwrap().unwrap();
            assert_eq!(origin.prefix.to_string(), "8.8.8.0/24");
            assert_eq!(numbers(&origin), [15169]);
        }
    }

    #[test]
    fn all_origins_are_kept_and_the_lowest_stands_for_them_in_any_order() {
        let first = "36040 15169 | 8.8.8.0/24 | US | arin |";
        let second = "701 | 8.8.8.0/24 | US | arin | 2023-12-28";
        for records in [[first, second], [second, first]] {
            let origin = choose("8.8.8.4", &records).unwrap().unwrap();
            assert_eq!(numbers(&origin), [701, 15169, 36040]);
            assert_eq!(origin.asn().unwrap().0.get(), 701);
            assert_eq!(origin.registration.allocated.as_deref(), Some("2023-12-28"));
        }
    }

    #[test]
    fn what_cannot_be_an_origin_is_refused_with_the_reason() {
        for (record, reason) in [
            ("23456 | 8.8.8.0/24 | US | arin | 2023-12-28", "AS_TRANS"),
            ("64512 | 8.8.8.0/24 | US | arin | 2023-12-28", "private"),
            (
                "4294967295 | 8.8.8.0/24 | US | arin | 2023-12-28",
                "reserved",
            ),
            (
                "15169 | 0.0.0.0/0 | US | arin | 2023-12-28",
                "default route",
            ),
        ] {
            let error = choose("8.8.8.4", &[record]).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
        let beside = "23456 15169 | 8.8.8.0/24 | US | arin | 2023-12-28";
        let origin = choose("8.8.8.4", &[beside]).unwrap().unwrap();
        assert_eq!(numbers(&origin), [15169]);
    }

    #[test]
    fn an_answer_for_another_prefix_is_refused_and_does_not_spoil_a_good_one() {
        let other = "64500 | 8.8.4.0/24 | US | arin | 2023-12-28";
        let error = choose("8.8.8.4", &[other]).unwrap_err();
        assert!(error.to_string().contains("8.8.4.0/24"), "{error}");
        let good = "15169 | 8.8.8.0/24 | US | arin | 2023-12-28";
        let origin = choose("8.8.8.4", &[other, good]).unwrap().unwrap();
        assert_eq!(numbers(&origin), [15169]);
    }
}
