//! The identities of a session's events, so that each counts once however logs are cut and read.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The most events of a session that are told apart; of longer ones only the number is known.
const MOST: usize = 4096;
/// How many bits of an identity are kept: two of 4,096 events share them in one of 30 million sessions.
const BITS: u32 = 48;
/// The length of an identity as text.
const DIGITS: usize = BITS as usize / 6;

/// The distinct identities of events: hashes of 48 bits. Empty if they are not known, or too many.
///
/// As text each takes eight characters: base64url (RFC 4648) of its bytes, the most significant first, in ascending
/// order.
///
/// ```
/// use ipcascade_core::store::EventIds;
///
/// let ids: EventIds = [2, 1, 2].into_iter().collect();
/// assert_eq!(ids.to_string(), "AAAAAAABAAAAAAAC");
/// assert_eq!("AAAAAAABAAAAAAAC".parse(), Ok(ids));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct EventIds(Vec<u64>);

/// Text that is not a list of identities.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the ids of events")]
pub struct ParseEventIdsError;

impl EventIds {
    /// The number of identities.
    pub const fn len(&self) -> u64 {
        self.0.len() as u64
    }

    /// Whether it is empty.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The union of both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        if self == other {
            return self.clone();
        }
        self.0.iter().chain(&other.0).copied().collect()
    }

    /// Returns itself, unless there are too many to keep.
    #[must_use]
    pub fn if_few(self) -> Self {
        if self.0.len() > MOST {
            Self::default()
        } else {
            self
        }
    }
}

impl FromIterator<u64> for EventIds {
    fn from_iter<I: IntoIterator<Item = u64>>(ids: I) -> Self {
        let mut ids: Vec<u64> = ids.into_iter().map(|id| id & ((1 << BITS) - 1)).collect();
        ids.sort_unstable();
        ids.dedup();
        Self(ids)
    }
}

impl fmt::Display for EventIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Eight characters are six bytes, so that all of them can be written at once.
        let bytes = self.0.iter().flat_map(|id| {
            let [_, _, bytes @ ..] = id.to_be_bytes();
            bytes
        });
        let bytes: Vec<u8> = bytes.collect();
        f.write_str(&URL_SAFE_NO_PAD.encode(bytes))
    }
}

impl FromStr for EventIds {
    type Err = ParseEventIdsError;

    fn from_str(text: &str) -> Result<Self, ParseEventIdsError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok();
        let ids = bytes.filter(|_| text.len().is_multiple_of(DIGITS));
        let ids = ids.map(|bytes| {
            let (ids, _) = bytes.as_chunks();
            let id = |&[a, b, c, d, e, f]: &[u8; 6]| u64::from_be_bytes([0, 0, a, b, c, d, e, f]);
            ids.iter().map(id).collect::<Vec<_>>()
        });
        let ids = ids.filter(|ids| ids.is_sorted_by(|one, next| one < next));
        ids.map(Self).ok_or(ParseEventIdsError)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn text_is_read_as_it_was_written(ids: Vec<u64>) {
            let ids: EventIds = ids.into_iter().collect();
            prop_assert_eq!(ids.to_string().parse(), Ok(ids));
        }
    }

    #[test]
    fn other_text_is_not_taken_for_ids() {
        for text in [
            "A",
            "AAAAAAA",
            "AAAAAAACAAAAAAAB",
            "AAAAAAABAAAAAAAB",
            "AAAAAAA!",
            "[1, 2, 3]",
        ] {
            assert_eq!(text.parse::<EventIds>(), Err(ParseEventIdsError), "{text}");
        }
        assert_eq!("".parse(), Ok(EventIds::default()));
    }

    #[test]
    fn too_many_are_not_kept() {
        let few: EventIds = (0..MOST as u64).collect();
        assert_eq!(few.clone().if_few(), few);
        assert!((0..=MOST as u64).collect::<EventIds>().if_few().is_empty());
    }
}
