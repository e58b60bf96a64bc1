//! Many rows at once, which are decoded wherever there is time.

use std::fmt;

use crate::store::rows::AddressRow;

/// Rows of addresses as they were read. What takes the most time, decoding them, can be done on another thread.
pub struct AddressBlock(Box<dyn FnOnce() -> DecodedAddresses + Send>);

/// The rows of a block.
#[derive(Debug, Default)]
pub struct DecodedAddresses {
    /// Those that are in the list.
    pub rows: Vec<AddressRow>,
    /// How many rows have a key that is not an address.
    pub unreadable: u64,
}

impl AddressBlock {
    /// A block that `decode` decodes.
    pub fn new(decode: impl FnOnce() -> DecodedAddresses + Send + 'static) -> Self {
        Self(Box::new(decode))
    }

    /// Decodes the rows.
    pub fn decode(self) -> DecodedAddresses {
        (self.0)()
    }
}

impl fmt::Debug for AddressBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AddressBlock")
    }
}
