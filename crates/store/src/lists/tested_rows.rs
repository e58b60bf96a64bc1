//! Lists of which not every row passes a test. To sort all rows takes long and to find the first ones does not, so the first
//! page is looked for among the first rows.

use futures::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use ipcascade_core::store::StoreResult;

use crate::engine::Engine;
use crate::listing::{Listing, StoredRow};
use crate::lists::readable_rows::list;

/// How many rows are tested for a page.
const TESTED: u64 = 2000;

/// Longer lists are read as a whole.
const LONGEST_PAGE: u64 = 1000;

/// Rows of `listing`, which has no limit, that `decode` accepts, at most `limit`.
pub(super) fn tested<'e, E: Engine, T: Send + 'static>(
    engine: &'e E,
    action: &'static str,
    listing: Listing,
    limit: Option<u64>,
    decode: impl Fn(StoredRow) -> Option<Option<T>> + Clone + Send + Sync + 'static,
) -> BoxStream<'e, StoreResult<T>> {
    let Some(wanted) = limit.filter(|limit| *limit <= LONGEST_PAGE) else {
        return list(engine, action, listing, limit, decode);
    };
    let rows = async move {
        let first = Listing {
            limit: Some(TESTED),
            ..listing.clone()
        };
        let (mut read, mut page, mut are_readable) = (0_u64, Vec::new(), true);
        let mut rows = engine.rows(&first);
        while let Some(row) = rows.next().await {
            let row = row.map_err(|error| engine.explain(action, error))?;
            read += 1;
            match decode(row) {
                Some(row) => page.extend(row),
                None => are_readable = false,
            }
        }
        drop(rows);
        let is_page = read < TESTED || page.len() as u64 >= wanted;
        StoreResult::Ok(match is_page && are_readable {
            true => {
                let page = page.into_iter().map(Ok);
                stream::iter(page).take(super::most(limit)).boxed()
            }
            false => list(engine, action, listing, limit, decode),
        })
    };
    stream::once(rows).try_flatten().boxed()
}
