//! Lists of sessions.

use futures::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use ipcascade_core::store::{SessionQuery, SessionRow, StoreResult};

use crate::engine::Engine;
use crate::listing::{Cell, Listing, StoredRow, Test};
use crate::lists::few_rows::are_few;
use crate::lists::readable_rows::list;
use crate::lists::tested_rows::tested;
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
    let (limit, is_tested) = (query.limit, query.test.is_some());
    let rows = async move {
        listing.gathers = are_few(engine, "list sessions", &listing, limit).await?;
        StoreResult::Ok(match is_tested {
            true => tested(engine, "list sessions", listing, limit, decode),
            false => list(engine, "list sessions", listing, limit, decode),
        })
    };
    stream::once(rows).try_flatten().boxed()
}
