//! Many rows of addresses at once.

use std::fmt;

use futures::stream::{BoxStream, StreamExt as _, TryStreamExt as _};

use crate::listing::StoredRow;
use crate::stored_rows::StoredAddress;

/// How many rows a block has.
const ROWS_OF_A_BLOCK: usize = 1000;

/// Rows of addresses, which may be taken apart on another thread than the one that reads them.
pub struct RowBlock(Box<dyn FnOnce() -> Vec<StoredAddress> + Send>);

impl RowBlock {
    /// A block that `unpack` takes apart.
    pub fn new(unpack: impl FnOnce() -> Vec<StoredAddress> + Send + 'static) -> Self {
        Self(Box::new(unpack))
    }

    /// The rows of a list of addresses, in blocks.
    pub fn in_blocks<E: Send + 'static>(
        rows: BoxStream<'_, Result<StoredRow, E>>,
    ) -> BoxStream<'_, Result<Self, E>> {
        let rows = rows.try_filter_map(async |row| match row {
            StoredRow::Address(row) => Ok(Some(row)),
            _ => Ok(None),
        });
        let blocks = rows.try_chunks(ROWS_OF_A_BLOCK);
        blocks
            .map_ok(|rows| Self::new(move || rows))
            .map_err(|error| error.1)
            .boxed()
    }

    /// The rows.
    pub fn rows(self) -> Vec<StoredAddress> {
        (self.0)()
    }
}

impl fmt::Debug for RowBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RowBlock")
    }
}
