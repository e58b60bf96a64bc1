//! Lists of sessions.

use futures::stream::BoxStream;
use ipcascade_core::store::{SessionQuery, SessionRow, StoreResult};

use crate::engine::Engine;
use crate::listing::{Cell, Listing, StoredRow, Test};
use crate::lists::readable_rows::list;
use crate::schema::SESSION_SUMMARIES;

/// Sessions.
pub fn sessions<'e, E: Engine>(
    engine: &'e E,
    query: &SessionQuery,
) -> BoxStream<'e, StoreResult<SessionRow>> {
    let mut listing = Listing::of(
        SESSION_SUMMARIES,
        query.limit.filter(|_| query.test.is_none()),
    );
    if let Some(address) = query.address {
        let source = Cell::Text(address.to_string());
        listing.add("source_ip", Test::Is(source));
    }
    if let Some(asn) = query.asn {
        listing.add("snapshot_asn", Test::Is(Cell::Number(asn.into())));
    }
    if let Some(id) = &query.id {
        listing.add("session_id", Test::Is(Cell::Text(id.clone())));
    }
    listing.add_since("last_event_at", query.since);
    listing.add_conditions(&query.conditions);
    listing.sort(query.order);
    let test = query.test.clone();
    let is_listed = move |row: &SessionRow| test.as_ref().is_none_or(|test| test.passes(row));
    let decode = move |row| match row {
        StoredRow::Session(row) => Some(Some(row.decode()).filter(&is_listed)),
        _ => Some(None),
    };
    list(engine, "list sessions", listing, query.limit, decode)
}
