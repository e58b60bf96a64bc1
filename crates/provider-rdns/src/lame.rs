//! Zones that nobody answers for.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ipcascade_core::address::Address;
use ipcascade_dns::block;
use ipnet::IpNet;

/// After how many names without an answer, and none with one, the rest of a zone is not asked for.
const ENOUGH: u32 = 3;
/// More zones than this are not remembered.
const MOST: usize = 65_536;

/// The blocks, each of which is usually a zone, of whose names nothing but failures has come in this run, by how many.
#[derive(Debug, Default)]
pub(crate) struct LameZones(Mutex<HashMap<IpNet, u32>>);

impl LameZones {
    /// Whether the zone of `address` is lame.
    pub(crate) fn has(&self, address: Address) -> bool {
        self.zones()
            .get(&block(address.ip()))
            .is_some_and(|failures| *failures >= ENOUGH)
    }

    /// The name servers of the zone of `address` did not answer.
    pub(crate) fn note_failure(&self, address: Address) {
        let mut zones = self.zones();
        if zones.len() >= MOST {
            zones.clear();
        }
        *zones.entry(block(address.ip())).or_default() += 1;
    }

    /// They did.
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
