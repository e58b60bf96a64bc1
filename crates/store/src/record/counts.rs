//! The changes of a batch to the counts of addresses and their ASes.

use std::collections::{BTreeMap, BTreeSet};

use crate::counting::{Moved, session_rows};
use crate::deltas::{AsnDeltas, Counting, Share};
use crate::engine::{Touched, Tx};
use crate::plan::{Change, PlannedAddress, PlannedSession};
use crate::session_count::SessionCount;

/// The changes of a batch to the counts. If the triggers count, no number of sessions changes here.
#[derive(Default)]
pub(super) struct CountChanges {
    /// The new session numbers of the addresses of the batch, in order; `None` keeps them.
    pub(super) own: Vec<Option<SessionCount>>,
    /// Those of other addresses.
    pub(super) others: Vec<Touched>,
    pub(super) deltas: AsnDeltas,
    /// How many sessions were stored before, for addresses that have any; all new ones were checked. `None` if they
    /// were not.
    stored_sessions: Option<BTreeMap<String, u64>>,
}

impl CountChanges {
    /// Whether sessions of an address may have been stored before.
    pub(super) fn may_have_sessions(&self, planned: &PlannedAddress<'_>) -> bool {
        let stored = self.stored_sessions.as_ref().filter(|_| planned.is_new());
        stored.is_none_or(|stored| stored.contains_key(&planned.key))
    }

    pub(super) async fn of<T: Tx>(
        tx: &mut T,
        addresses: &[PlannedAddress<'_>],
        sessions: &[PlannedSession],
        others: &BTreeMap<String, Share>,
    ) -> Result<Self, T::Error> {
        let mut counts = Self {
            own: vec![None; addresses.len()],
            ..Self::default()
        };
        if tx.counting() == Counting::ByOperation {
            counts
                .count_sessions(tx, addresses, sessions, others)
                .await?;
        }
        for (planned, &sessions) in addresses.iter().zip(&counts.own) {
            let before = planned.before;
            let known = before.map_or(SessionCount::of_rows(0), |before| before.sessions);
            let sessions = sessions.unwrap_or(known);
            let after = match (planned.change, before) {
                // Unreadable values are not overwritten.
                (Change::Nothing, Some(before)) => Share { sessions, ..before },
                (Change::Seen, Some(before)) => Share {
                    sessions,
                    first_seen: Some(planned.row.first_seen),
                    last_seen: Some(planned.row.last_seen),
                    ..before
                },
                _ => Share::of_row(&planned.row, sessions),
            };
            counts.deltas.replace(before, Some(after));
        }
        Ok(counts)
    }

    async fn count_sessions<T: Tx>(
        &mut self,
        tx: &mut T,
        addresses: &[PlannedAddress<'_>],
        sessions: &[PlannedSession],
        others: &BTreeMap<String, Share>,
    ) -> Result<(), T::Error> {
        let MovedSessions { own, elsewhere } = MovedSessions::of(addresses, sessions);
        // Stored sessions of a new row, or of one from before adoption, are counted now.
        let is_unseen = |share: &Share| share.sessions.rows.is_none();
        let new_may_have_sessions = !tx.sessions_have_addresses();
        let mut unseen: BTreeSet<String> = addresses
            .iter()
            .zip(&own)
            .filter(|(planned, moved)| match &planned.before {
                None => new_may_have_sessions,
                Some(share) => **moved != Moved::default() && is_unseen(share),
            })
            .map(|(planned, _)| planned.key.clone())
            .collect();
        let other = elsewhere
            .keys()
            .filter(|key| others.get(*key).is_some_and(is_unseen));
        unseen.extend(other.cloned());
        let session_rows = session_rows(tx, unseen).await?;
        let rows = |key: &str| session_rows.get(key).copied().unwrap_or_default();
        for ((planned, moved), count) in addresses.iter().zip(own).zip(&mut self.own) {
            let known = match planned.before {
                None => SessionCount::of_rows(rows(&planned.key)),
                Some(_) if moved == Moved::default() => continue,
                Some(share) => share.sessions,
            };
            *count = Some(moved.applied_to(known, rows(&planned.key)));
        }
        for (key, moved) in elsewhere {
            if let Some(share) = others.get(&key) {
                let sessions = moved.applied_to(share.sessions, rows(&key));
                let after = Share { sessions, ..*share };
                self.deltas.replace(Some(*share), Some(after));
                self.others.push(Touched {
                    key,
                    seen: None,
                    sessions: Some(sessions),
                });
            }
        }
        self.stored_sessions = new_may_have_sessions.then_some(session_rows);
        Ok(())
    }
}

/// How many stored sessions the addresses of a batch, and others, gain and lose.
struct MovedSessions {
    /// Of the addresses of the batch, in order.
    own: Vec<Moved>,
    /// Of other addresses, by key.
    elsewhere: BTreeMap<String, Moved>,
}

impl MovedSessions {
    fn of(addresses: &[PlannedAddress<'_>], sessions: &[PlannedSession]) -> Self {
        let mut own = vec![Moved::default(); addresses.len()];
        let mut elsewhere: BTreeMap<String, Moved> = BTreeMap::new();
        for session in sessions {
            let after = session.row.source_ip.map(|address| address.to_string());
            if session.before.as_ref() == Some(&after) {
                continue;
            }
            match (session.owner.and_then(|place| own.get_mut(place)), after) {
                (Some(moved), _) => moved.added += 1,
                (None, Some(key)) => elsewhere.entry(key).or_default().added += 1,
                (None, None) => {}
            }
            if let Some(key) = session.before.clone().flatten() {
                elsewhere.entry(key).or_default().removed += 1;
            }
        }
        for (planned, moved) in addresses.iter().zip(&mut own) {
            if let Some(other) = elsewhere.remove(&planned.key) {
                moved.added += other.added;
                moved.removed += other.removed;
            }
        }
        Self { own, elsewhere }
    }
}
