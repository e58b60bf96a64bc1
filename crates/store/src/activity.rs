//! When sessions took place.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use futures::FutureExt as _;
use ipcascade_core::asn::Asn;
use ipcascade_core::clock::Timestamp;
use ipcascade_core::country::CountryCode;
use ipcascade_core::store::{Activity, ActivityQuery, StoreResult};

use crate::engine::{Access, Engine, ReadActivity as _, StoredActivity};
use crate::listing::{Cell, Listing, Test};
use crate::schema::SESSION_SUMMARIES;

/// Counts the sessions that `query` selects by when they took place, their AS and their country.
///
/// # Errors
///
/// If the store fails.
pub async fn activity<E: Engine>(engine: &E, query: &ActivityQuery) -> StoreResult<Activity> {
    let mut listing = Listing::of(SESSION_SUMMARIES, None);
    listing.add_since("last_event_at", query.since);
    if let Some(until) = query.until {
        listing.add("last_event_at", Test::AtMost(Cell::Timestamp(until)));
    }
    if let Some(asn) = query.asn {
        listing.add("snapshot_asn", Test::Is(Cell::Number(asn.into())));
    }
    if let Some(country) = &query.country {
        listing.add("snapshot_country", Test::IsInAnyCase(country.to_string()));
    }
    let filters = &listing.filters;
    let read = async || {
        let mut counts = Counts::of(query);
        let mut tx = engine.begin(Access::Snapshot).await?;
        tx.activity(filters, query.unit, &mut |sessions| counts.add(sessions))
            .await?;
        Ok(counts.sum())
    };
    engine.run("count sessions", || read().boxed()).await
}

/// What has been counted.
struct Counts<'q> {
    parts: &'q [Timestamp],
    plausible: &'q RangeInclusive<Timestamp>,
    by_start: HashMap<Timestamp, u64>,
    without_time: u64,
    by_asn: HashMap<Option<Asn>, Vec<u64>>,
    by_country: HashMap<Option<CountryCode>, Vec<u64>>,
}

impl<'q> Counts<'q> {
    fn of(query: &'q ActivityQuery) -> Self {
        Self {
            parts: &query.parts,
            plausible: &query.plausible,
            by_start: HashMap::new(),
            without_time: 0,
            by_asn: HashMap::new(),
            by_country: HashMap::new(),
        }
    }

    fn add(&mut self, stored: &StoredActivity) {
        let start = stored.start.filter(|start| self.plausible.contains(start));
        let Some(start) = start else {
            self.without_time += stored.sessions;
            return;
        };
        *self.by_start.entry(start).or_default() += stored.sessions;
        let behind = self.parts.partition_point(|part| *part <= start);
        let (part, parts) = (behind.saturating_sub(1), self.parts.len().max(1));
        let asn = stored.asn.and_then(Asn::from_i64);
        // As the condition on a country compares it: blanks are not passed over.
        let country = stored.country.as_deref().filter(|text| text.len() == 2);
        let country = country.and_then(CountryCode::parse);
        for counts in [
            self.by_asn.entry(asn).or_default(),
            self.by_country.entry(country).or_default(),
        ] {
            counts.resize(parts, 0);
            if let Some(count) = counts.get_mut(part) {
                *count += stored.sessions;
            }
        }
    }

    fn sum(self) -> Activity {
        Activity {
            by_start: self.by_start.into_iter().collect(),
            without_time: self.without_time,
            by_asn: self.by_asn.into_iter().collect(),
            by_country: self.by_country.into_iter().collect(),
        }
    }
}
