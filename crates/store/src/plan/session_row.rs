//! A session row and the events that are added to it.

use ipcascade_core::address::Address;
use ipcascade_core::store::{EventIds, SessionRow, SessionUpdate};

pub(super) fn is_same(row: &SessionRow, update: &SessionUpdate, address: Address) -> bool {
    let same_sensor =
        row.sensor.is_none() || update.sensor.is_none() || row.sensor == update.sensor;
    same_sensor && row.source_ip.is_none_or(|source| source == address)
}

/// A row without any event.
pub(super) fn new_row(key: &str, source_ip: Option<Address>, update: &SessionUpdate) -> SessionRow {
    SessionRow {
        session_id: key.to_owned(),
        source_ip,
        sensor: update.sensor.clone(),
        first_event_at: update.events.map(|events| events.first),
        last_event_at: update.events.map(|events| events.last),
        event_count: 0,
        snapshot_asn: None,
        snapshot_country: None,
        enrichment_at: None,
        event_ids: EventIds::default(),
    }
}

/// The row with the events of `update`. Events that are told apart count once each, however often and in whatever order
/// they come.
///
/// If not all are told apart, events outside the known span are new and add to the count; those inside may be the same
/// ones read again, so the greater count holds. A session that is read again in full has all its identities from then
/// on.
pub(super) fn with_events(mut row: SessionRow, update: &SessionUpdate) -> SessionRow {
    let are_apart = update.events.is_some_and(|seen| {
        row.last_event_at.is_some_and(|last| seen.first > last)
            || row.first_event_at.is_some_and(|first| seen.last < first)
    });
    let is_told_apart = update.event_ids.len() == update.event_count;
    let are_known = is_told_apart && row.event_ids.len() == row.event_count;
    // What was counted before events were told apart is read again in full.
    let is_whole = is_told_apart
        && update.event_count >= row.event_count
        && update.events.is_some_and(|seen| {
            row.first_event_at.is_some_and(|first| seen.first <= first)
                && row.last_event_at.is_some_and(|last| seen.last >= last)
        });
    (row.event_count, row.event_ids) = if are_known {
        let ids = row.event_ids.union(&update.event_ids);
        (ids.len(), ids.if_few())
    } else if is_whole {
        (update.event_count, update.event_ids.clone())
    } else if are_apart {
        (row.event_count + update.event_count, EventIds::default())
    } else {
        (row.event_count.max(update.event_count), row.event_ids)
    };
    row.sensor = row.sensor.or_else(|| update.sensor.clone());
    if let Some(seen) = update.events {
        row.first_event_at = Some(
            row.first_event_at
                .map_or(seen.first, |first| first.min(seen.first)),
        );
        row.last_event_at = Some(
            row.last_event_at
                .map_or(seen.last, |last| last.max(seen.last)),
        );
    }
    row
}
