//! Zones whose name servers do not answer.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ipcascade_core::address::Address;
use ipcascade_dns::block;
use ipnet::IpNet;

/// After this many names without an answer, and none with one, the rest of a zone is not asked.
const ENOUGH: u32 = 3;
/// No more zones than this are remembered.
const MOST: usize = 65_536;

/// Blocks, each usually a zone, whose names have only failed in this run, with the number of failures.
#[derive(Debug, Default)]
pub(crate) struct LameZones(Mutex<HashMap<IpNet, u32>>);

impl LameZones {
    /// Whether the zone of `address` is lame.
    pub(crate) fn has(&self, address: Address) -> bool {
        self.zones()
            .get(&block(address.ip()))
            .is_some_and(|failures| *failures >= ENOUGH)
    }

    /// Records that the name servers of the zone of `address` did not answer.
    pub(crate) fn note_failure(&self, address: Address) {
        let mut zones = self.zones();
        if zones.len() >= MOST {
            zones.clear();
        }
        *zones.entry(block(address.ip())).or_default() += 1;
    }

    /// Records that they did.
    pub(crate) fn note_answer(&self, address: Address) {
        self.zones().remove(&block(address.ip()));
    }

    fn zones(&self) -> MutexGuard<'_, HashMap<IpNet, u32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_lame_when_some_failed_and_none_was_answered() {
        let zones = LameZones::default();
        let address = |text: &str| text.parse::<Address>().unwrap();
        for last in 1..=ENOUGH {
            assert!(!zones.has(address("198.41.0.9")));
            zones.note_failure(address(&format!("198.41.0.{last}")));
        }
        assert!(zones.has(address("198.41.0.9")));
        assert!(!zones.has(address("198.41.1.9")));
        zones.note_answer(address("198.41.0.200"));
        assert!(!zones.has(address("198.41.0.9")));
    }
}
