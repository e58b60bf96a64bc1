//! The rows of a list that can be read and that pass its tests, however many are left out.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use ipcascade_core::store::StoreResult;

use crate::engine::Engine;
use crate::listing::{Listing, StoredRow};
use crate::lists::most;

/// How many more rows are read at first, to make up for those that are left out.
const SPARE: u64 = 64;

/// Rows that `decode` accepts, at most `limit`; it returns `None` for one that cannot be read. Only if more than [`SPARE`]
/// are left out, the list is read again from a later snapshot, without a limit.
pub(super) fn list<'e, E: Engine, T: Send + 'static>(
    engine: &'e E,
    action: &'static str,
    listing: Listing,
    limit: Option<u64>,
    decode: impl Fn(StoredRow) -> Option<Option<T>> + Clone + Send + Sync + 'static,
) -> BoxStream<'e, StoreResult<T>> {
    let listing = Listing {
        limit: listing.limit.map(|limit| limit.saturating_add(SPARE)),
        ..listing
    };
    let read = move |listing: &Listing| {
        let rows = engine.rows(listing);
        rows.map_err(move |error| engine.explain(action, error))
    };
    let (read_rows, kept_rows) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
    let unreadable = Arc::<AtomicU64>::default();
    let table = listing.table.name;
    let first = {
        let (read_rows, kept_rows) = (Arc::clone(&read_rows), Arc::clone(&kept_rows));
        let unreadable = Arc::clone(&unreadable);
        let decode = decode.clone();
        let rows = read(&listing).inspect(move |_| {
            read_rows.fetch_add(1, Ordering::Relaxed);
        });
        rows.try_filter_map(move |row| {
            let row = decode(row).unwrap_or_else(|| {
                unreadable.fetch_add(1, Ordering::Relaxed);
                None
            });
            kept_rows.fetch_add(row.is_some().into(), Ordering::Relaxed);
            std::future::ready(Ok(row))
        })
    };
    // Rows that are left out must not shorten the list: more rows are read.
    let rest = async move {
        let kept = kept_rows.load(Ordering::Relaxed);
        let was_cut = Some(read_rows.load(Ordering::Relaxed)) == listing.limit;
        if !was_cut || Some(kept) >= limit {
            return stream::empty().boxed();
        }
        let all = Listing {
            limit: None,
            ..listing
        };
        let rows = read(&all);
        let rows = rows.try_filter_map(move |row| std::future::ready(Ok(decode(row).flatten())));
        rows.skip(usize::try_from(kept).unwrap_or(usize::MAX))
            .boxed()
    };
    let warning = async move {
        unreadable_rows(table, unreadable.load(Ordering::Relaxed));
        stream::empty().boxed()
    };
    first
        .chain(stream::once(rest).flatten())
        .chain(stream::once(warning).flatten())
        .take(most(limit))
        .boxed()
}

/// Warns of rows that a list leaves out.
pub(super) fn unreadable_rows(table: &str, count: u64) {
    if count > 0 {
        tracing::warn!("rows of {table} whose key cannot be read, left out of the list: {count}");
    }
}
