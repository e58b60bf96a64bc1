//! What is stored of many addresses, at a glance: how many, since when, by which fields, the most active ones.

use std::cmp::Reverse;
use std::sync::Arc;

use ipcascade_core::clock::Timestamp;
use ipcascade_core::policy::Policy;
use ipcascade_core::store::{AddressQuery, AddressRow, Store};

use crate::app::App;
use crate::commands::block_counts;
use crate::commands::block_counts::AddressTally;
use crate::commands::top::{Counts, TopTally};
use crate::records::Addresses;
use crate::records::field::RecordField;
use crate::report::CliError;

/// How many of the most active addresses are kept.
pub(crate) const TOP: usize = 10;

/// A count of addresses.
pub(crate) struct Contents<const N: usize> {
    pub(crate) all: Counts,
    /// When the first one was first seen, and the last one last.
    pub(crate) seen: Option<(Timestamp, Timestamp)>,
    /// By each of the fields.
    pub(crate) by: [TopTally<Addresses>; N],
    /// Those with the most sessions.
    pub(crate) top: Vec<AddressRow>,
}

impl<const N: usize> Contents<N> {
    /// Counts the addresses that `queries` select, by these fields.
    pub(crate) async fn count(
        app: &App<'_>,
        store: &dyn Store,
        queries: impl Iterator<Item = AddressQuery>,
        by: [RecordField; N],
        policy: &Arc<Policy>,
    ) -> Result<Self, CliError> {
        let new = || Self {
            all: Counts::default(),
            seen: None,
            by: by.map(|field| TopTally::by(field, Arc::clone(policy))),
            top: Vec::new(),
        };
        let progress = app.output().progress("counting");
        let (mut contents, mut unreadable) = (new(), 0);
        for query in queries {
            let counted = block_counts::count(store.address_blocks(&query), new, &progress).await?;
            contents.add_all(counted.tally);
            unreadable += counted.unreadable;
        }
        progress.finish();
        block_counts::report_unreadable(unreadable, app);
        Ok(contents)
    }

    /// Keeps an address if it is among the most active ones.
    fn offer(&mut self, row: &AddressRow) {
        let rank = |row: &AddressRow| (Reverse(row.session_count), row.address);
        let place = self.top.partition_point(|known| rank(known) < rank(row));
        if place < TOP {
            self.top.insert(place, row.clone());
            self.top.truncate(TOP);
        }
    }

    fn see(&mut self, first: Timestamp, last: Timestamp) {
        self.seen = Some(match self.seen {
            None => (first, last),
            Some((earliest, latest)) => (earliest.min(first), latest.max(last)),
        });
    }
}

impl<const N: usize> AddressTally for Contents<N> {
    fn add(&mut self, row: &AddressRow) {
        self.all.add(Counts {
            addresses: 1,
            sessions: row.session_count,
        });
        // Rows without a time are read with the beginning of 1970.
        if row.first_seen != Timestamp::UNIX_EPOCH && row.last_seen != Timestamp::UNIX_EPOCH {
            self.see(row.first_seen, row.last_seen);
        }
        for by in &mut self.by {
            by.add(row);
        }
        self.offer(row);
    }

    fn add_all(&mut self, other: Self) {
        self.all.add(other.all);
        if let Some((first, last)) = other.seen {
            self.see(first, last);
        }
        for (by, more) in self.by.iter_mut().zip(other.by) {
            by.add_all(more);
        }
        for row in &other.top {
            self.offer(row);
        }
    }
}
