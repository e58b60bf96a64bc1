//! The rows of one store, in ascending order of keys.

use std::collections::VecDeque;

use futures::TryStreamExt as _;
use futures::stream::BoxStream;

use crate::store::{Page, RecordOrder, StoreError, Transfer, UncopiedRow};
use crate::transfer::compare::comparable_rows::ComparableRecord;
use crate::transfer::transfer_record::canonical;

/// The rows of a store in ascending order of keys.
pub(super) struct SortedRows<'a, T> {
    pages: BoxStream<'a, Result<Page, StoreError>>,
    pub(super) ready: VecDeque<T>,
    /// Rows since the last check that cannot be compared.
    pub(super) left_out: Vec<UncopiedRow>,
    /// Rows so far, including those left out.
    pub(super) read: u64,
}

impl<'a, T: ComparableRecord> SortedRows<'a, T> {
    pub(super) fn new(store: &'a dyn Transfer, page_size: u32) -> Self {
        Self {
            pages: store.records(T::KIND, RecordOrder::ForComparing, page_size),
            ready: VecDeque::new(),
            left_out: Vec::new(),
            read: 0,
        }
    }

    /// Reads on until a row is ready, or none is left.
    pub(super) async fn fill(&mut self) -> Result<(), StoreError> {
        while self.ready.is_empty() {
            let Some(page) = self.pages.try_next().await? else {
                break;
            };
            self.read += page.records.len() as u64 + page.left_out.len() as u64;
            self.left_out.extend(page.left_out);
            self.ready.extend(T::of(canonical(page.records)));
        }
        Ok(())
    }
}
