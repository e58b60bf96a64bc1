//! Many rows of addresses at once.

use std::fmt;

use crate::stored_rows::StoredAddress;

/// Rows of addresses, which may be taken apart on another thread than the one that reads them.
pub struct RowBlock(Box<dyn FnOnce() -> Vec<StoredAddress> + Send>);

impl RowBlock {
    /// A block that `unpack` takes apart.
    pub fn new(unpack: impl FnOnce() -> Vec<StoredAddress> + Send + 'static) -> Self {
        Self(Box::new(unpack))
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
