//! The answers to a bulk question so far, over several sessions if needed; pure.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;

use ipcascade_core::lookup::{FailureClass, LookupFailure};

use crate::answer::{AnnouncedPrefix, most_specific};
use crate::parse::{BulkLine, bulk_line};
use crate::question::PrefixAnswer;

/// Lines of a query before its first address: `begin`, `verbose`.
const LINES_BEFORE: usize = 2;

/// The answer for an address so far.
#[derive(Debug, Default)]
struct BulkAnswer {
    origins: Vec<AnnouncedPrefix>,
    /// The session said that nothing is known.
    is_unknown: bool,
    /// A line about the address that is unusable.
    complaint: Option<String>,
}

impl BulkAnswer {
    /// Whether there is an answer.
    fn is_settled(&self) -> bool {
        !self.origins.is_empty() || self.is_unknown || self.complaint.is_some()
    }
}

/// The addresses in question, and the answer for each.
#[derive(Debug)]
pub(crate) struct BulkLookup {
    /// All addresses, in order.
    order: Vec<IpAddr>,
    /// Those without an answer.
    open: HashSet<IpAddr>,
    entries: HashMap<IpAddr, BulkAnswer>,
    /// The addresses of the current session, as sent.
    sent: Vec<IpAddr>,
    /// The last address with a line in the current session.
    last: Option<IpAddr>,
    /// Its lines may be incomplete: it is asked again, and new lines replace the old ones.
    unsure: Option<IpAddr>,
    /// A last line without its end, which may be truncated.
    unfinished: Option<(IpAddr, AnnouncedPrefix)>,
    complaint: Option<String>,
}

impl BulkLookup {
    /// Nothing is answered yet.
    pub(crate) fn new(addresses: impl IntoIterator<Item = IpAddr>) -> Self {
        let mut open = HashSet::new();
        let addresses = addresses.into_iter();
        let order: Vec<IpAddr> = addresses.filter(|ip| open.insert(*ip)).collect();
        Self {
            entries: order
                .iter()
                .map(|ip| (*ip, BulkAnswer::default()))
                .collect(),
            order,
            open,
            sent: Vec::new(),
            last: None,
            unsure: None,
            unfinished: None,
            complaint: None,
        }
    }

    /// How many addresses have no answer.
    pub(crate) fn open(&self) -> usize {
        self.open.len()
    }

    /// A message of the server that is not about an address.
    pub(crate) fn complaint(&self) -> Option<&str> {
        self.complaint.as_deref()
    }

    /// Returns the addresses to ask about now.
    pub(crate) fn begin_session(&mut self) -> Vec<IpAddr> {
        let open = self.order.iter().filter(|ip| self.open.contains(ip));
        self.sent = self.unsure.iter().chain(open).copied().collect();
        self.last = None;
        self.sent.clone()
    }

    /// Takes a complete line.
    pub(crate) fn take(&mut self, line: &str) {
        match bulk_line(line) {
            BulkLine::Other => {}
            BulkLine::Error(number, text) => self.take_error(number, text),
            BulkLine::About(ip, result) => {
                let is_again = self.unsure == Some(ip);
                let Some(entry) = self.entries.get_mut(&ip) else {
                    return;
                };
                if is_again {
                    *entry = BulkAnswer::default();
                    self.unsure = None;
                }
                match result {
                    Ok(Some(origin)) => entry.origins.push(origin),
                    Ok(None) => entry.is_unknown = true,
                    Err(error) => entry.complaint = Some(error.to_string()),
                }
                self.last = Some(ip);
                self.open.remove(&ip);
            }
        }
    }

    /// Takes a last line without its end: a fallback, if nothing better comes.
    pub(crate) fn take_unfinished(&mut self, line: &str) {
        if let BulkLine::About(ip, Ok(Some(origin))) = bulk_line(line)
            && self.entries.contains_key(&ip)
        {
            self.unfinished = Some((ip, origin));
        }
    }

    /// Prepares for another session after an interruption.
    pub(crate) fn resume(&mut self) {
        self.unsure = self.last.take();
    }

    /// The answer for `ip`; `missing` is the failure if it was not answered.
    pub(crate) fn reply(&self, ip: IpAddr, missing: &LookupFailure) -> PrefixAnswer {
        let Some(entry) = self.entries.get(&ip) else {
            return Err(missing.clone());
        };
        // A last line that may be cut off counts only where there is no other.
        let unfinished = self.unfinished.as_ref();
        let unfinished = unfinished.filter(|(about, _)| *about == ip && !entry.is_settled());
        if !entry.is_settled() && unfinished.is_none() {
            return Err(missing.clone());
        }
        let unfinished = unfinished.map(|(_, origin)| origin);
        let origins = entry.origins.iter().chain(unfinished);
        match most_specific(ip, origins.cloned()) {
            Ok(Some(origin)) => Ok(Some(Arc::new(origin))),
            Ok(None) => match &entry.complaint {
                Some(complaint) if !entry.is_unknown => {
                    let message = format!("asking whois for the origin of {ip}: {complaint}");
                    Err(LookupFailure::new(FailureClass::Permanent, message))
                }
                _ => Ok(None),
            },
            Err(error) if entry.is_settled() => Err(error.into_failure(ip, "whois")),
            Err(_) => Err(missing.clone()),
        }
    }

    fn take_error(&mut self, number: Option<usize>, text: String) {
        // Lines are counted from 1, including `begin`.
        let blamed = number
            .and_then(|number| number.checked_sub(LINES_BEFORE + 1))
            .and_then(|index| self.sent.get(index).copied());
        match blamed.and_then(|ip| self.entries.get_mut(&ip).map(|entry| (ip, entry))) {
            Some((ip, entry)) => {
                if !entry.is_settled() {
                    entry.complaint = Some(text);
                }
                self.open.remove(&ip);
            }
            None => self.complaint = Some(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "64501 | 5.0.1.1 | 5.0.1.0/24 | DE | ripencc | 2001-01-01 | ONE, DE";
    const SECOND: &str = "64502 | 5.0.2.1 | 5.0.2.0/24 | DE | ripencc | 2001-01-01 | TWO, DE";
    const ALSO_SECOND: &str =
        "64500 | 5.0.2.1 | 5.0.2.0/24 | DE | ripencc | 2001-01-01 | ALSO TWO, DE";

    fn ips() -> [IpAddr; 3] {
        ["5.0.1.1", "5.0.2.1", "5.0.3.1"].map(|text| text.parse().unwrap())
    }

    fn asn(bulk_lookup: &BulkLookup, ip: IpAddr) -> Option<u32> {
        let reply = bulk_lookup.reply(ip, &LookupFailure::transient("missing"));
        Some(reply.unwrap()?.asn()?.0.get())
    }

    #[test]
    fn after_a_cut_the_open_addresses_and_the_last_one_are_asked_again() {
        let [one, two, three] = ips();
        let mut bulk_lookup = BulkLookup::new(ips());
        assert_eq!(bulk_lookup.begin_session(), [one, two, three]);
        bulk_lookup.take(FIRST);
        bulk_lookup.take(SECOND);
        assert_eq!(bulk_lookup.open(), 1);
        bulk_lookup.resume();
        assert_eq!(bulk_lookup.begin_session(), [two, three]);
        assert_eq!(asn(&bulk_lookup, two), Some(64502), "the old answer stands");
        bulk_lookup.take(SECOND);
        bulk_lookup.take(ALSO_SECOND);
        assert_eq!(asn(&bulk_lookup, two), Some(64500));
        let reply = bulk_lookup.reply(two, &LookupFailure::transient("missing"));
        assert_eq!(
            reply.unwrap().unwrap().asns.len(),
            2,
            "lines are not doubled"
        );
    }

    #[test]
    fn an_error_line_settles_the_address_that_it_counts_to() {
        let [_, two, _] = ips();
        let mut bulk_lookup = BulkLookup::new(ips());
        bulk_lookup.begin_session();
        bulk_lookup.take("Error: no ASN or IP match on line 4.");
        assert_eq!(bulk_lookup.open(), 2);
        let error = bulk_lookup
            .reply(two, &LookupFailure::transient("missing"))
            .unwrap_err();
        assert_eq!(error.class, FailureClass::Permanent);
        assert!(error.message.contains("on line 4"), "{error}");
        bulk_lookup.take(SECOND);
        assert_eq!(
            asn(&bulk_lookup, two),
            Some(64502),
            "an answer beats a complaint"
        );
    }

    #[test]
    fn a_line_about_an_address_that_was_not_asked_for_is_passed_over() {
        let mut bulk_lookup = BulkLookup::new([ips()[2]]);
        bulk_lookup.begin_session();
        bulk_lookup.take(FIRST);
        bulk_lookup.take("Error: no ASN or IP match on line 99.");
        assert_eq!(bulk_lookup.open(), 1);
        assert_eq!(
            bulk_lookup.complaint(),
            Some("Error: no ASN or IP match on line 99.")
        );
    }

    #[test]
    fn a_line_without_its_end_serves_only_if_nothing_better_comes() {
        let [one, ..] = ips();
        let mut bulk_lookup = BulkLookup::new([one]);
        bulk_lookup.begin_session();
        bulk_lookup.take_unfinished(FIRST);
        assert_eq!(bulk_lookup.open(), 1);
        assert_eq!(asn(&bulk_lookup, one), Some(64501));
        bulk_lookup.take(&FIRST.replace("64501", "64509"));
        assert_eq!(asn(&bulk_lookup, one), Some(64509));
    }

    #[test]
    fn a_line_without_its_end_has_to_be_an_answer_too() {
        let [one, ..] = ips();
        let missing = LookupFailure::transient("missing");
        for line in [
            FIRST.replace("5.0.1.0/24", "5.0.9.0/24"),
            FIRST.replace("5.0.1.0/24", "0.0.0.0/0"),
            FIRST.replace("64501", "23456"),
        ] {
            let mut bulk_lookup = BulkLookup::new([one]);
            bulk_lookup.begin_session();
            bulk_lookup.take_unfinished(&line);
            let reply = bulk_lookup.reply(one, &missing);
            assert_eq!(reply.unwrap_err().message, missing.message, "{line}");
        }
    }
}
