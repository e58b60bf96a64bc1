//! The keys of sessions.
//!
//! A sensor's session ID is unique for that sensor, but not for ever: the key of a session is the bare ID, unless
//! another session (of another sensor or address) already has it; then the key is the ID with the sensor, with the
//! address, or with both.

use std::hash::Hasher as _;
use std::{fmt, iter};

use ipcascade_core::address::Address;
use ipcascade_core::store::SessionUpdate;
use siphasher::sip::SipHasher13;

/// The key of a session: at most [`SessionKey::LENGTH`] bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionKey(String);

impl SessionKey {
    /// The longest key that the column holds, in bytes.
    pub const LENGTH: usize = 64;

    /// The key for an ID, qualified or not. One that is too long for the column ends in a hash of the whole:
    /// SipHash-1-3 with key 0 of the text and a byte 0xff, which must never change, since keys are stored.
    pub fn new(id: String) -> Self {
        if id.len() <= Self::LENGTH {
            return Self(id);
        }
        let mut hasher = SipHasher13::new();
        hasher.write(id.as_bytes());
        hasher.write_u8(0xff);
        let mut end = Self::LENGTH - 17;
        while !id.is_char_boundary(end) {
            end -= 1;
        }
        Self(format!("{}~{:016x}", &id[..end], hasher.finish()))
    }

    fn qualified(id: &str, by: impl fmt::Display) -> Self {
        Self::new(format!("{id}@{by}"))
    }

    /// The key as it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }
}

/// The keys under which a session may be stored, the preferred one first. Each is built on demand: the first one is
/// nearly always free.
pub(super) fn candidates(
    update: &SessionUpdate,
    address: Address,
) -> impl Iterator<Item = SessionKey> {
    let id = update.id.as_str();
    let sensor = || update.sensor.as_deref().into_iter();
    let bare = iter::once_with(move || SessionKey::new(id.to_owned()));
    let of_sensor = sensor().map(move |sensor| SessionKey::qualified(id, sensor));
    let of_address = iter::once_with(move || SessionKey::qualified(id, address));
    let of_both =
        sensor().map(move |sensor| SessionKey::qualified(id, format_args!("{sensor}@{address}")));
    bare.chain(of_sensor).chain(of_address).chain(of_both)
}

/// As [`candidates`], without an address to distinguish sessions with one ID.
pub(super) fn unplaced_candidates(update: &SessionUpdate) -> impl Iterator<Item = SessionKey> {
    let id = update.id.as_str();
    let sensor = update.sensor.as_deref().into_iter();
    let of_sensor = sensor.map(move |sensor| SessionKey::qualified(id, sensor));
    iter::once(SessionKey::new(id.to_owned())).chain(of_sensor)
}

#[cfg(test)]
mod tests {
    use ipcascade_core::store::EventIds;

    use super::*;

    /// Databases contain the long keys that earlier versions made.
    #[test]
    fn long_keys_never_change() {
        let key = SessionKey::new("s".repeat(80));
        assert_eq!(
            key.as_str(),
            format!("{}~{}", "s".repeat(47), "210303e8e51fd222")
        );
    }

    #[test]
    fn keys_fit_the_column() {
        let long = SessionUpdate {
            id: "é".repeat(40),
            sensor: Some("s".repeat(90)),
            events: None,
            event_count: 1,
            event_ids: EventIds::default(),
        };
        let address = "198.41.0.4".parse().unwrap();
        for key in candidates(&long, address) {
            assert!(key.0.len() <= SessionKey::LENGTH, "{key:?}");
        }
    }
}
